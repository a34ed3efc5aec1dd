"""A model hub of one repository on this machine, which can break off, lie, and be missing."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 1000  # bytes from which a file is named by its SHA-256, as the hub does with large ones


@dataclass
class FakeHub:
    """Files by path, and what is wrong with them.

    Attributes:
        files: path -> content.
        breaks: path -> bytes after which a transfer breaks off, one entry a request.
        replaced: path -> content that is sent in place of the one that is announced.
        requests: method, path and range of each request.
    """

    files: Mapping[str, bytes]
    breaks: dict[str, list[int]] = field(default_factory=dict)
    replaced: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    repository: str = "lj1995/GPT-SoVITS"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def sent(self, method: str) -> list[tuple[str, str | None]]:
        """Path and range of the requests of one kind."""
        return [(path, span) for kind, path, span in self.requests if kind == method]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_HEAD(self) -> None:
                hub._answer(self, body=False)

            def do_GET(self) -> None:
                hub._answer(self, body=True)

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler, *, body: bool) -> None:
        path = request.path.removeprefix(f"/{self.repository}/resolve/main/")
        span = request.headers.get("Range")
        self.requests.append((request.command, path, span))
        content = self.files.get(path)
        if content is None:
            request.send_response(404)
            request.send_header("X-Error-Code", "EntryNotFound")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        etag = content_name(content)
        content = self.replaced.get(path, content) if body else content
        start = int(span.removeprefix("bytes=").split("-")[0]) if span and body else 0
        request.send_response(206 if start else 200)
        request.send_header("ETag", f'"{etag}"')
        request.send_header("X-Repo-Commit", COMMIT)
        request.send_header("Accept-Ranges", "bytes")
        request.send_header("Content-Length", str(len(content) - start))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        if body:
            limits = self.breaks.get(path, [])
            end = start + limits.pop(0) if limits else len(content)
            request.wfile.write(content[start:end])
            request.close_connection = True


def content_name(content: bytes) -> str:
    """How the hub names a content: SHA-256 of large files, git's SHA-1 of small ones."""
    if len(content) >= LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
