"""Files from a model hub: downloads are resumed, verified, and kept for offline use.

`huggingface_hub` talks to the hub: it supports mirrors (``HF_ENDPOINT``), tokens and the offline mode
(``HF_HUB_OFFLINE``). Unlike its own cache, an interrupted download resumes from its last byte even in a later
run, and every file is checked against the hash given by the hub.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dora_mlx_tts.errors import DownloadError

logger = logging.getLogger(__name__)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[\w=-][\w.=-]*")
_ASIDE = ".hub"  # folder for partial downloads and metadata, next to the files
_BLOCK = 1 << 20
_SPARE_BYTES = 64 << 20  # free space to leave on the disk


@dataclass(frozen=True)
class HubFile:
    """A file as the hub describes it.

    Attributes:
        name: Path in the repository.
        path: Where it is stored.
        size: Size in bytes.
        etag: The hub's identifier of its content: a SHA-256, or a git blob's SHA-1.
        url: Where to download it; empty if it is present.
    """

    name: str
    path: Path
    size: int
    etag: str
    url: str = ""

    @property
    def here(self) -> bool:
        """Whether it is present and complete."""
        return not self.url


class Hub:
    """One repository's files in a local folder.

    Args:
        repository: ``owner/name``.
        folder: Where to store its files.
        endpoint: The hub's address; None uses the default of `huggingface_hub`.
        revision: Branch, tag or commit.

    Raises:
        DownloadError: `huggingface_hub` is not installed.
    """

    def __init__(
        self, repository: str, folder: Path, *, endpoint: str | None = None, revision: str = "main"
    ) -> None:
        self._hub = _library()
        self._repository, self._endpoint, self._revision = repository, endpoint, revision
        self.folder = folder / repository.replace("/", "--")

    def plan(self, names: Sequence[str]) -> list[HubFile]:
        """Find out which of these files are present and which must be downloaded.

        Raises:
            DownloadError: A file is not present, and the hub does not have it or cannot be reached.
        """
        return [self._describe(name) for name in names]

    def fetch(self, file: HubFile) -> Path:
        """Download a file, resuming where it was interrupted, and verify it.

        Raises:
            DownloadError: The connection broke too often, the content has a wrong hash, or the disk is full. A
                partial download is kept, unless its content is wrong.
        """
        if file.here:
            return file.path
        part = self._aside(file.name, f"{file.etag}.part")
        with self._errors(file.name):
            part.parent.mkdir(parents=True, exist_ok=True)
            file.path.parent.mkdir(parents=True, exist_ok=True)
            self._forget_other_parts(part, file.name)
            with part.open("ab") as target:
                self._hub.file_download.http_get(
                    file.url,
                    target,
                    resume_size=_resumed(target, file.size),
                    headers=self._hub.utils.build_hf_headers(),
                    expected_size=file.size,
                    displayed_filename=file.name,
                )
            _check(part, file)
            part.replace(file.path)
            note = {"etag": file.etag, "size": file.size}
            self._note(file.name).write_text(json.dumps(note), encoding="utf-8")
        return file.path

    def require_room(self, files: Sequence[HubFile]) -> None:
        """Refuse a download that the disk cannot hold.

        Raises:
            DownloadError: There is too little free space.
        """
        needed = missing_bytes(files)
        self.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder).free
        if needed and needed + _SPARE_BYTES > free:
            raise DownloadError(
                f"{self.folder}: {needed / 1e9:.2f} GB must be downloaded, {free / 1e9:.2f} GB are free"
            )

    def _describe(self, name: str) -> HubFile:
        path = self._place(name)
        kept = self._kept(name, path)
        if self._hub.constants.HF_HUB_OFFLINE:
            if kept is None:
                raise DownloadError(
                    f"{name}: is not in {self.folder}, and HF_HUB_OFFLINE forbids downloading it"
                )
            return kept
        try:
            with self._errors(name):
                return self._ask(name, path, kept)
        except DownloadError as error:
            if kept is None or not isinstance(error.__cause__, ConnectionError | TimeoutError):
                raise
            logger.warning("%s; using the local copy", error)
            return kept

    def _ask(self, name: str, path: Path, kept: HubFile | None) -> HubFile:
        url = self._hub.hf_hub_url(
            self._repository, name, revision=self._revision, endpoint=self._endpoint
        )
        found = self._hub.get_hf_file_metadata(url, endpoint=self._endpoint)
        if found.size is None or not found.etag:
            raise DownloadError(f"{url}: the hub gives neither size nor hash")
        etag = str(found.etag)
        if not _NAME.fullmatch(etag):
            raise DownloadError(f"{url}: the hub gives an unusable hash: {etag[:80]!r}")
        if kept is not None and (kept.etag, kept.size) == (etag, found.size):
            return kept
        return HubFile(name, path, found.size, etag, found.location)

    def _kept(self, name: str, path: Path) -> HubFile | None:
        try:
            note = json.loads(self._note(name).read_text(encoding="utf-8"))
            size = path.stat().st_size
            if note["size"] == size:
                return HubFile(name, path, size, str(note["etag"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass  # missing or incomplete: it is downloaded again
        return None

    def _place(self, name: str) -> Path:
        parts = name.split("/")
        if not all(_NAME.fullmatch(part) and part != _ASIDE for part in parts):
            raise DownloadError(f"{name!r}: not allowed as a file of a repository")
        return self.folder.joinpath(*parts)

    def _note(self, name: str) -> Path:
        return self._aside(name, "json")

    def _aside(self, name: str, suffix: str) -> Path:
        return self.folder / _ASIDE / f"{name.replace('/', '--')}.{suffix}"

    def _forget_other_parts(self, part: Path, name: str) -> None:
        """Delete partial downloads of versions that the hub has since replaced."""
        prefix = f"{name.replace('/', '--')}."
        for other in part.parent.iterdir():
            if other.name.startswith(prefix) and other.suffix == ".part" and other != part:
                other.unlink()

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        """Turn the library's errors into this package's."""
        try:
            yield
        except self._hub.errors.HfHubHTTPError as error:
            status = getattr(error.response, "status_code", "")
            raise DownloadError(
                f"{self._repository}/{name}: the hub answers {status}: {_line(error)}"
            ) from error
        except self._hub.errors.HTTPError as error:
            cause = ConnectionError(str(error))
            raise DownloadError(f"{name}: the hub cannot be reached: {_line(error)}") from cause
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise DownloadError(
                    f"{self.folder}: the disk is full; the partial download is kept, so make room and run this again"
                ) from error
            raise DownloadError(f"{name}: {_line(error)}") from error
        except ValueError as error:
            raise DownloadError(f"{name}: {_line(error)}") from error


def missing_bytes(files: Sequence[HubFile]) -> int:
    """Number of bytes still to download."""
    return sum(file.size for file in files if not file.here)


def _resumed(target: Any, size: int) -> int:  # noqa: ANN401  a file object
    """Number of bytes present; 0 if there are more than expected."""
    have: int = target.tell()
    if have > size:
        target.truncate(0)
        target.seek(0)
        return 0
    return have


def _check(part: Path, file: HubFile) -> None:
    """Check a file against the hash given by the hub."""
    size = part.stat().st_size
    digest = _digest(part, file.etag, size)
    if digest is None:
        logger.warning(
            "%s: its hash %r is of an unknown kind and was not checked", file.name, file.etag
        )
    elif digest != file.etag or size != file.size:
        part.unlink()
        raise DownloadError(
            f"{file.name}: the download has the wrong hash ({digest} instead of"
            f" {file.etag}) and was deleted; try again, or use another mirror"
        )


def _digest(path: Path, etag: str, size: int) -> str | None:
    if _SHA256.fullmatch(etag):
        digest = hashlib.sha256()
    elif _SHA1.fullmatch(etag):
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    else:
        return None
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _library() -> Any:  # noqa: ANN401  an optional module
    try:
        import huggingface_hub  # noqa: PLC0415  an extra
        import huggingface_hub.constants  # noqa: PLC0415
        import huggingface_hub.errors  # noqa: PLC0415
        import huggingface_hub.file_download  # noqa: PLC0415
        import huggingface_hub.utils  # noqa: PLC0415
    except ImportError as error:
        raise DownloadError(
            "downloads need huggingface_hub: pip install 'dora-mlx-tts[hub]'"
        ) from error
    return huggingface_hub
