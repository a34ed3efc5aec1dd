"""Audio files in and out. Files come from users, so every way of being wrong has its message."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from dora_mlx_tts.audio.finish import to_int16
from dora_mlx_tts.errors import AudioError
from dora_mlx_tts.messages import must_be, unknown

MAX_FILE_BYTES = 256 << 20
MAX_VALUES = 1 << 27  # samples times channels: half a gigabyte of float32
MAX_SECONDS = 600.0

FORMATS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
"""File suffix -> container and encoding that `write_audio` chooses."""

_BLOCK = 1 << 16  # frames; libsndfile's Vorbis encoder overflows its stack on very long blocks
_UNKNOWN_SIZE = 0x7FFFF000  # sizes from here on are what programs write that cannot seek back
_MISSING_SHARE = 0.01  # of a WAV file's bytes that may be missing: a last block, no more


@dataclass(frozen=True, slots=True)
class Recording:
    """Decoded audio.

    Attributes:
        samples: float32 [N, C].
        rate: samples a second.
        source: where it came from, for messages.
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
    """Decode WAV, FLAC, OGG, MP3 or whatever else libsndfile knows.

    Raises:
        AudioError: no such file, not audio, empty, cut off, too long, or with NaN in it.
    """
    try:
        if not path.is_file():
            raise AudioError(f"{path}: there is no such file")
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
    """As `read_audio`, from the bytes of a file; `source` is named in messages.

    Raises:
        AudioError: not audio, empty, cut off, too long, or with NaN in it.
    """
    if not data:
        raise AudioError(f"{source}: the file is empty")
    _refuse_cut_off(data, source)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            samples = _read_frames(file, source, max_seconds)
            rate = int(file.samplerate)
    except (soundfile.SoundFileError, ValueError, MemoryError) as error:
        kinds = ", ".join(suffix[1:].upper() for suffix in FORMATS)
        raise AudioError(
            f"{source}: not audio that can be decoded ({error}); use {kinds} or MP3"
        ) from error
    return checked(samples, rate, source)


def checked(samples: NDArray[np.float32], rate: int, source: str) -> Recording:
    """A recording of samples [N] or [N, C] that came from elsewhere.

    Raises:
        AudioError: no samples, another number of dimensions, NaN, or an impossible rate.
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
    """Write [N] or [N, C] as WAV, FLAC or OGG by the suffix; what exceeds full scale is clipped.

    Raises:
        AudioError: another suffix, samples that are not numbers, or a file that cannot be written.
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
    """The bytes of an audio file, `suffix` being a key of `FORMATS`.

    Raises:
        AudioError: samples that are not numbers, or a rate that the format does not know.
    """
    container, encoding = FORMATS[suffix]
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
            f"{container} cannot hold {channels} channels at {rate} Hz: {error}"
        ) from error
    return buffer.getvalue()


def write_pcm(stream: BinaryIO, samples: NDArray[np.float32]) -> None:
    """Append samples to a stream as raw 16-bit little-endian integers.

    Raises:
        AudioError: a sample is NaN or infinite.
    """
    stream.write(to_int16(samples).astype("<i2").tobytes())


def _read_frames(file: soundfile.SoundFile, source: str, max_seconds: float) -> NDArray[np.float32]:
    """Read block by block: the number of frames in the header may be wrong, or wrong on purpose."""
    limit = min(int(max_seconds * file.samplerate), MAX_VALUES // file.channels)
    blocks, count = [], 0
    while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
        count += len(block)
        if count > limit:
            raise AudioError(
                f"{source}: longer than the {limit / file.samplerate:.0f} s that are read"
            )
        blocks.append(block)
    expected = int(file.frames)
    if count < expected < _UNKNOWN_SIZE:
        raise AudioError(f"{source}: cut off: {count} of {expected} samples can be decoded")
    return np.concatenate(blocks) if blocks else np.zeros((0, 1), dtype=np.float32)


def _refuse_cut_off(data: bytes, source: str) -> None:
    """Compare a WAV file's length with its header, which libsndfile silently corrects."""
    for name, start, size in _riff_chunks(data):
        if name != b"data" or size >= _UNKNOWN_SIZE:
            continue
        present = len(data) - start
        if size - present > size * _MISSING_SHARE:
            raise AudioError(
                f"{source}: cut off: its header promises {size} bytes of audio, {present} are there"
            )


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and declared size of each chunk of a RIFF WAVE file; nothing for others."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, at + 8, size
        at += 8 + size + size % 2
