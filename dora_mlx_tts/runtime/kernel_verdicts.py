"""Results of trials of this package's own GPU kernels, kept on disk for the next start.

A verdict only applies to the combination it was made with: device, MLX, this package, the kernel's source and
the sizes it was compiled for. A file that is damaged or made with anything else is ignored, so the kernel is
tried again.
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
"""Name of the folder within the cache folder."""
_VERSION = 1
_MOST_BYTES = 2**16
_MOST_FILES = 1000
_CRASHES = 2
"""Number of trials that may end with the process before a kernel is given up."""

Key = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a kernel may be used, and why.

    Attributes:
        is_used: whether it is equal to the plain version, and faster.
        reason: the reason, for logs and reports.
        difference: relative difference of its logits from the plain version's; None if not measured.
        kernel_ms: milliseconds per token; None if not measured.
        plain_ms: the plain version's milliseconds per token.
    """

    is_used: bool
    reason: str
    difference: float | None = None
    kernel_ms: float | None = None
    plain_ms: float | None = None


def platform_key() -> dict[str, str]:
    """The part of a key that says where a trial ran: GPU, system, MLX and this package."""
    from importlib import metadata  # noqa: PLC0415  takes milliseconds, only needed for GPUs

    import mlx.core as mx  # noqa: PLC0415  commands that do not need MLX start without it

    about = mx.device_info()
    names = (str(about[name]) for name in ("device_name", "architecture") if name in about)
    return {
        "device": " ".join(names) or "unknown",
        "system": f"{platform.system()} {platform.mac_ver()[0]}".strip(),
        "mlx": metadata.version("mlx"),
        "package": metadata.version("dora-mlx-tts"),
    }


class VerdictStore:
    """Verdicts as files in a folder; without one, they last as long as the store.

    If the folder cannot be written, each start repeats the trial.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, Verdict] = {}

    def get(self, key: Key) -> Verdict | None:
        """The verdict for exactly this key, or None if the kernel must be tried."""
        name = _name(key)
        if name not in self._known:
            found = self._read(name)
            if found is None or found[0] != dict(key):
                return None
            self._known[name] = found[1]
        return self._known[name]

    def put(self, key: Key, verdict: Verdict, *, lasting: bool = True) -> None:
        """Keep a verdict; one that is not `lasting` is kept only in memory."""
        self._known[_name(key)] = verdict
        if lasting:
            self._write(key, {"verdict": asdict(verdict)})
        else:
            self.abandon(key)

    def begin(self, key: Key) -> Verdict | None:
        """Note that a trial begins; returns a verdict instead if earlier trials ended their process.

        `put` or `abandon` ends it. Two trials without an end are enough to give up a kernel.
        """
        content = self._content(_name(key)) or {}
        begun, process = content.get("begun"), content.get("process")
        if content.get("key") != dict(key) or not isinstance(begun, int):
            begun = 0
        elif isinstance(process, int) and process != os.getpid() and _is_alive(process):
            return None  # another process is trying it right now
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
        """Every valid verdict in the folder that was made on this platform, with its key."""
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
        assert self._folder is not None  # noqa: S101  checked by callers
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
        """A file's content, if its hash is correct."""
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
    except OSError:  # it belongs to another user
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
