"""What trials of this package's own GPU kernels found, kept on disk for the next start.

A verdict counts only for what it was made with: device, MLX, this package, the kernel's source and the
sizes it was compiled for. A file that is damaged, or was made with anything else, counts as no verdict,
so the kernel is tried again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dora_mlx_tts.runtime.whole_file import read_json, write_whole

logger = logging.getLogger(__name__)

FOLDER = "kernels"
"""Of the cache folder."""
_VERSION = 1
_MOST_BYTES = 2**16
_MOST_FILES = 1000
_CRASHES = 2
"""Trials that may end with the process before a kernel is given up."""

Key = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a kernel may be used, and why.

    Attributes:
        is_used: it is equal to its plain twin, and faster.
        reason: in words, for logs and reports.
        difference: relative difference of its logits from the twin's; None where none was measured.
        kernel_ms: milliseconds per token; None where none were measured.
        plain_ms: the twin's.
    """

    is_used: bool
    reason: str
    difference: float | None = None
    kernel_ms: float | None = None
    plain_ms: float | None = None


def platform_key() -> dict[str, str]:
    """The part of a key that says where a trial ran: GPU, system, MLX and this package."""
    from importlib import metadata  # noqa: PLC0415  takes milliseconds, for GPUs only

    import mlx.core as mx  # noqa: PLC0415  commands that need no MLX start without it

    about = mx.device_info()
    names = (str(about[name]) for name in ("device_name", "architecture") if name in about)
    return {
        "device": " ".join(names) or "unknown",
        "system": f"{platform.system()} {platform.mac_ver()[0]}".strip(),
        "mlx": metadata.version("mlx"),
        "package": metadata.version("dora-mlx-tts"),
    }


class VerdictStore:
    """Verdicts as files of a folder; None keeps them as long as the store lives.

    A folder that cannot be written costs a trial per start, nothing else.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, Verdict] = {}

    def get(self, key: Key) -> Verdict | None:
        """The verdict for exactly this key, or None: the kernel has to be tried."""
        name = _name(key)
        if name not in self._known:
            found = self._read(name)
            if found is None or found[0] != dict(key):
                return None
            self._known[name] = found[1]
        return self._known[name]

    def put(self, key: Key, verdict: Verdict, *, lasting: bool = True) -> None:
        """Keep a verdict; one that is not `lasting` only as long as the store."""
        self._known[_name(key)] = verdict
        if lasting:
            self._write(key, {"verdict": asdict(verdict)})
        else:
            self.abandon(key)

    def begin(self, key: Key) -> Verdict | None:
        """Note that a trial begins; a verdict instead where earlier ones took their process down with them.

        `put` or `abandon` ends it. Two trials that neither ended are enough to give a kernel up.
        """
        content = self._content(_name(key)) or {}
        begun, process = content.get("begun"), content.get("process")
        if content.get("key") != dict(key) or not isinstance(begun, int):
            begun = 0
        elif isinstance(process, int) and process != os.getpid() and _is_alive(process):
            return None  # another process is just trying it
        if begun >= _CRASHES:
            verdict = Verdict(False, f"the process ended during each of {begun} trials")
            self.put(key, verdict)
            return verdict
        self._write(key, {"begun": begun + 1, "process": os.getpid()})
        return None

    def abandon(self, key: Key) -> None:
        """Forget that a trial began."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._path(_name(key)).unlink(missing_ok=True)

    def of(self, platform_: Key) -> Iterator[tuple[dict[str, str], Verdict]]:
        """Every sound verdict in the folder that was found on this platform, with its key."""
        if self._folder is None:
            return
        for path in sorted(self._folder.glob("*.json"))[:_MOST_FILES]:
            found = self._read(path.stem)
            if (
                found is not None
                and _name(found[0]) == path.stem
                and platform_.items() <= found[0].items()
            ):
                yield found

    def _path(self, name: str) -> Path:
        assert self._folder is not None  # noqa: S101  callers looked
        return self._folder / f"{name}.json"

    def _read(self, name: str) -> tuple[dict[str, str], Verdict] | None:
        content = self._content(name)
        if content is None or not isinstance(content.get("verdict"), dict):
            return None
        try:
            verdict = Verdict(**content["verdict"])
        except TypeError:
            return None
        return (content["key"], verdict) if _is_sound(verdict) else None

    def _content(self, name: str) -> dict[str, Any] | None:
        """A file's content, if its hash is right."""
        if self._folder is None:
            return None
        content = read_json(self._path(name), _MOST_BYTES)
        if not isinstance(content, dict) or content.get("version") != _VERSION:
            return None
        told = content.pop("sha256", None)
        key = content.get("key")
        if told != _hash(content) or not isinstance(key, dict):
            return None
        return content

    def _write(self, key: Key, what: dict[str, Any]) -> None:
        if self._folder is None:
            return
        content = {"version": _VERSION, "key": dict(key), **what}
        text = json.dumps({**content, "sha256": _hash(content)}, indent=1)
        try:
            write_whole(self._path(_name(key)), text.encode())
        except OSError as error:
            logger.debug("kernels are tried again at the next start: %s", error)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return True


def _is_sound(verdict: Verdict) -> bool:
    numbers = (verdict.difference, verdict.kernel_ms, verdict.plain_ms)
    return (
        isinstance(verdict.is_used, bool)
        and isinstance(verdict.reason, str)
        and all(number is None or isinstance(number, int | float) for number in numbers)
    )


def _name(key: Key) -> str:
    return hashlib.sha256(json.dumps(dict(key), sort_keys=True).encode()).hexdigest()[:32]


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
