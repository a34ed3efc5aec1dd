"""Reads and writes audio files. Files come from users, so every fault gets its own message."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from dora_mlx_tts.audio.finish import to_int16
from dora_mlx_tts.audio.resample import resample
from dora_mlx_tts.audio.wav_header import UNKNOWN_SIZE, mended, refuse_cut_off
from dora_mlx_tts.errors import AudioError
from dora_mlx_tts.messages import must_be, unknown

MAX_FILE_BYTES = 256 << 20
MAX_VALUES = 1 << 27  # samples times channels: half a gigabyte of float32
MAX_SECONDS = 600.0

FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".opus": ("OGG", "OPUS"),
}
"""File suffix -> container and encoding that `write_audio` uses."""

_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_NOT_AUDIO = (
    (4, b"ftyp", "MPEG-4 audio (m4a, mp4), which is not read; convert it: ffmpeg -i IN OUT.wav"),
    (0, b"\x1aE\xdf\xa3", "Matroska or WebM, which is not read; convert it: ffmpeg -i IN OUT.wav"),
    (0, b"version https://git-lfs", "a pointer of Git LFS, not the file itself: git lfs pull"),
    (0, b"<", "a web page or XML; download the file itself"),
)
"""Position, the bytes there, and what a file with these bytes is."""

_BLOCK = 1 << 16  # frames; libsndfile's Vorbis encoder overflows its stack on very long blocks


@dataclass(frozen=True, slots=True)
class Recording:
    """Decoded audio.

    Attributes:
        samples: float32 [N, C].
        rate: samples per second.
        source: its origin, for messages.
    """

    samples: NDArray[np.float32]
    rate: int
    source: str

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[1])

    def mono(self) -> NDArray[np.float32]:
        """Mean of the channels, [N]."""
        return np.asarray(self.samples.mean(axis=1), dtype=np.float32)


def read_audio(path: Path, *, max_seconds: float = MAX_SECONDS) -> Recording:
    """Decode WAV, FLAC, OGG, MP3 or any other format that libsndfile supports.

    Raises:
        AudioError: the file is missing, not audio, empty, cut off, too long, or contains NaN.
    """
    try:
        if not path.is_file():
            problem = "must be a file" if path.exists() else "no such file"
            raise AudioError(f"{path}: {problem}")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise AudioError(
                f"{path} must have at most {MAX_FILE_BYTES >> 20} MiB, got {size >> 20}"
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise AudioError(f"{path}: cannot be read: {error}") from error
    return decode_audio(data, str(path), max_seconds=max_seconds)


def decode_audio(data: bytes, source: str, *, max_seconds: float = MAX_SECONDS) -> Recording:
    """Like `read_audio`, but from the bytes of a file; `source` names it in messages.

    Raises:
        AudioError: the data is not audio, empty, cut off, too long, or contains NaN.
    """
    if not data:
        raise AudioError(f"{source}: the file is empty")
    refuse_cut_off(data, source)
    data = mended(data)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            samples = _read_frames(file, source, max_seconds)
            rate = int(file.samplerate)
    except (soundfile.SoundFileError, ValueError, MemoryError) as error:
        raise AudioError(f"{source}: {_described(data, error)}") from error
    return checked(samples, rate, source)


def _described(data: bytes, error: Exception) -> str:
    """Describe bytes that libsndfile cannot decode."""
    for start, mark, what in _NOT_AUDIO:
        if data[start:].lstrip()[: len(mark)] == mark:
            return f"is {what}"
    kinds = ", ".join(suffix[1:].upper() for suffix in FORMATS)
    return f"not audio that can be decoded ({_reason(error)}); use {kinds}"


def _reason(error: Exception) -> str:
    """The message of libsndfile, without the address of the object it was given."""
    return str(getattr(error, "error_string", error)).rstrip(".")


def checked(samples: NDArray[np.float32], rate: int, source: str) -> Recording:
    """Check samples [N] or [N, C] from elsewhere and return them as a recording.

    Raises:
        AudioError: there are no samples, too many dimensions, NaN, or an impossible rate.
    """
    if samples.ndim not in (1, 2):
        raise AudioError(must_be(f"{source}: shape of samples", "[N] or [N, C]", samples.shape))
    if not samples.size:
        raise AudioError(f"{source}: holds no samples")
    if rate <= 0:
        raise AudioError(must_be(f"{source}: sample rate", "above 0", rate))
    values = np.asarray(samples, dtype=np.float32)
    if not np.isfinite(values).all():
        bad = int(np.count_nonzero(~np.isfinite(values)))
        raise AudioError(f"{source}: {bad} of {values.size} samples are NaN or infinite")
    return Recording(values[:, None] if values.ndim == 1 else values, rate, source)


def write_audio(path: Path, samples: NDArray[np.float32], rate: int) -> None:
    """Write [N] or [N, C] in the format of the suffix (`FORMATS`); values beyond full scale are clipped.

    Raises:
        AudioError: the suffix is unknown, samples are not finite, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise AudioError(f"{path}: {unknown('suffix', suffix, FORMATS)}")
    data = encode_file(samples, rate, suffix)
    try:
        path.write_bytes(data)
    except (OSError, ValueError) as error:
        raise AudioError(f"{path}: cannot be written: {error}") from error


def encode_file(samples: NDArray[np.float32], rate: int, suffix: str) -> bytes:
    """Encode an audio file to bytes; `suffix` is a key of `FORMATS`. Opus only allows certain rates.

    Raises:
        AudioError: samples are not finite, or the format does not support the rate.
    """
    container, encoding = FORMATS[suffix]
    if encoding == "OPUS" and rate not in _OPUS_RATES:
        samples, rate = _at_rate(samples, rate, _OPUS_RATES[-1]), _OPUS_RATES[-1]
    steps = to_int16(samples)
    channels = 1 if steps.ndim == 1 else steps.shape[1]
    buffer = io.BytesIO()
    try:
        with soundfile.SoundFile(
            buffer, "w", rate, channels, subtype=encoding, format=container
        ) as file:
            for start in range(0, len(steps), _BLOCK):
                file.write(steps[start : start + _BLOCK])
    except (soundfile.SoundFileError, ValueError, TypeError) as error:
        raise AudioError(
            f"{suffix[1:].upper()} cannot hold {channels} channels at {rate} Hz: {_reason(error)}"
        ) from error
    return buffer.getvalue()


def _at_rate(samples: NDArray[np.float32], old: int, new: int) -> NDArray[np.float32]:
    if samples.ndim == 1:
        return resample(samples, old, new)
    return np.stack([resample(channel, old, new) for channel in samples.T], axis=1)


def write_pcm(stream: BinaryIO, samples: NDArray[np.float32]) -> None:
    """Append samples to a stream as raw 16-bit little-endian integers.

    Raises:
        AudioError: a sample is NaN or infinite.
    """
    stream.write(to_int16(samples).astype("<i2").tobytes())


def _read_frames(file: soundfile.SoundFile, source: str, max_seconds: float) -> NDArray[np.float32]:
    """Read block by block: the number of frames in the header may be wrong, even on purpose."""
    limit = min(int(max_seconds * file.samplerate), MAX_VALUES // file.channels)
    blocks, count = [], 0
    while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
        count += len(block)
        if count > limit:
            raise AudioError(
                f"{source}: longer than the {limit / file.samplerate:.0f} s that may be read"
            )
        blocks.append(block)
    expected = int(file.frames)
    if count < expected < UNKNOWN_SIZE:
        raise AudioError(f"{source}: cut off: {count} of {expected} samples can be decoded")
    return np.concatenate(blocks) if blocks else np.zeros((0, 1), dtype=np.float32)
