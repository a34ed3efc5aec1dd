"""Encodes speech into a file format as a stream of bytes, while it is synthesized."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from dora_mlx_tts.audio.finish import to_int16
from dora_mlx_tts.errors import AudioError
from dora_mlx_tts.messages import unknown

_UNKNOWN_SIZE: Final = 0xFFFFFFFF
_BLOCK: Final = 1 << 14  # frames; libsndfile's encoders hold a block on the stack
_MP3_RATES: Final = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


@dataclass(frozen=True, slots=True)
class Format:
    """A format that clients may request.

    Attributes:
        media_type: its media type in HTTP.
        container: its name in libsndfile; empty if no encoder is needed.
        encoding: sample encoding in libsndfile.
        rates: allowed sample rates; empty for any. For a voice with another rate, the last one is used.
    """

    media_type: str
    container: str = ""
    encoding: str = ""
    rates: tuple[int, ...] = ()


FORMATS: Final = {
    "mp3": Format("audio/mpeg", "MP3", "MPEG_LAYER_III", _MP3_RATES),
    "opus": Format("audio/ogg", "OGG", "OPUS", (48000,)),
    "flac": Format("audio/flac", "FLAC", "PCM_16"),
    "wav": Format("audio/wav"),
    "pcm": Format("audio/pcm", rates=(24000,)),  # as defined by OpenAI
}


class AudioEncoder:
    """Samples in, bytes out; concatenated, the bytes form one file.

    Args:
        name: a key of `FORMATS`.
        rate: sample rate of the input.

    Attributes:
        rate: sample rate of the file.

    Raises:
        AudioError: the format is unknown.
    """

    def __init__(self, name: str, rate: int) -> None:
        if name not in FORMATS:
            raise AudioError(unknown("response_format", name, FORMATS))
        kind = FORMATS[name]
        self.rate = rate if rate in kind.rates or not kind.rates else kind.rates[-1]
        self._resampler = (
            None
            if self.rate == rate
            else soxr.ResampleStream(rate, self.rate, 1, dtype="float32", quality="HQ")
        )
        self._header = _wav_header(self.rate) if name == "wav" else b""
        self._sink = _Sink()
        self._file = _open(self._sink, kind, self.rate) if kind.container else None

    def encode(self, samples: NDArray[np.float32]) -> bytes:
        """Add samples; returns the bytes that are final by now, possibly none.

        Raises:
            AudioError: a sample is NaN or infinite.
        """
        return self._write(samples, last=False)

    def finish(self) -> bytes:
        """The rest."""
        rest = self._write(np.zeros(0, np.float32), last=True)
        if self._file is not None:
            self._file.close()
        return rest + self._sink.take()

    def _write(self, samples: NDArray[np.float32], *, last: bool) -> bytes:
        if self._resampler is not None:
            samples = np.asarray(self._resampler.resample_chunk(samples, last=last), np.float32)
        steps = to_int16(samples)
        if self._file is None:
            header, self._header = self._header, b""
            return header + steps.astype("<i2").tobytes()
        for start in range(0, len(steps), _BLOCK):
            self._file.write(steps[start : start + _BLOCK])
        return self._sink.take()


class _Sink:
    """A file that only grows: encoders go back to complete their header, which a stream cannot."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._at = self._end = 0

    def take(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken

    def write(self, data: bytes) -> int:
        new = bytes(data)[max(0, self._end - self._at) :]
        self._bytes += new
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, _size: int = -1) -> bytes:
        return b""

    def flush(self) -> None:
        """Do nothing: everything is in memory."""


def _open(sink: _Sink, kind: Format, rate: int) -> soundfile.SoundFile:
    # A constant bit rate: players derive the length of a stream from its first frames.
    steady = (
        {"bitrate_mode": "CONSTANT", "compression_level": 0.5} if kind.container == "MP3" else {}
    )
    return soundfile.SoundFile(
        sink, "w", rate, 1, subtype=kind.encoding, format=kind.container, **steady
    )


def _wav_header(rate: int) -> bytes:
    """A header for 16-bit mono audio of unknown length."""
    about = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return b"".join(
        [
            struct.pack("<4sI4s", b"RIFF", _UNKNOWN_SIZE, b"WAVE"),
            about,
            struct.pack("<4sI", b"data", _UNKNOWN_SIZE),
        ]
    )
