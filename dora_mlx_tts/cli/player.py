"""The loudspeaker: sounddevice where it is installed, else a player of the system."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from dora_mlx_tts.audio.finish import to_int16
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import AudioError

_PLAYERS: Final[Mapping[str, Callable[[int], list[str]]]] = {
    "pw-cat": lambda rate: ["-p", "--format=s16", f"--rate={rate}", "--channels=1", "-"],
    "paplay": lambda rate: ["--raw", "--format=s16le", f"--rate={rate}", "--channels=1"],
    "aplay": lambda rate: ["-q", "-t", "raw", "-f", "S16_LE", "-r", str(rate), "-c", "1", "-"],
    "play": lambda rate: ["-q", "-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", str(rate), "-"],
    "ffplay": lambda rate: ["-nodisp", "-autoexit", "-loglevel", "error", "-f", "s16le", "-ar", str(rate), "-i", "-"],
}  # fmt: skip
"""Programs that play raw 16-bit samples from standard input."""


class Player(Protocol):
    """Something that plays samples as they come."""

    def play(self, samples: Samples, rate: int) -> None:
        """Play these behind the ones before."""

    def close(self) -> None:
        """Wait until everything was heard."""


def find_player() -> Player:
    """A player that is here.

    Raises:
        AudioError: there is none.
    """
    try:
        import sounddevice  # noqa: PLC0415  an extra
    except (ImportError, OSError):  # OSError: without the system's PortAudio
        pass
    else:
        return _SoundDevice(sounddevice)
    for name in _PLAYERS:
        path = shutil.which(name)
        if path is not None:
            return _Program(path, _PLAYERS[name])
    raise AudioError(
        f"no player found (looked for {', '.join(_PLAYERS)}): pip install 'dora-mlx-tts[play]', or write a"
        " file with -o"
    )


class _Program:
    """A program that plays what is written to it."""

    def __init__(self, path: str, arguments: Callable[[int], list[str]]) -> None:
        self._path, self._arguments = path, arguments
        self._process: subprocess.Popen[bytes] | None = None

    def play(self, samples: Samples, rate: int) -> None:
        if self._process is None:
            command = [self._path, *self._arguments(rate)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603  the user's own player
        assert self._process.stdin is not None  # noqa: S101  for the type checker: it is a pipe
        try:
            self._process.stdin.write(to_int16(samples).astype("<i2").tobytes())
            self._process.stdin.flush()
        except BrokenPipeError:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.wait()
            raise self._failed() from None

    def close(self) -> None:
        if self._process is None:
            return
        assert self._process.stdin is not None  # noqa: S101  as above
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if self._process.wait() != 0:
            raise self._failed()

    def _failed(self) -> AudioError:
        return AudioError(f"{self._path} cannot play; its output is above")


class _SoundDevice:
    """PortAudio's default output."""

    def __init__(self, module: Any) -> None:  # noqa: ANN401  untyped
        self._module = module
        self._stream: Any = None

    def play(self, samples: Samples, rate: int) -> None:
        try:
            if self._stream is None:
                self._stream = self._module.RawOutputStream(rate, channels=1, dtype="int16")
                self._stream.start()
            self._stream.write(to_int16(samples).tobytes())
        except self._module.PortAudioError as error:
            raise AudioError(f"the sound card cannot play: {error}") from error

    def close(self) -> None:
        if self._stream is not None:
            self._stream.stop()
            self._stream.close()
