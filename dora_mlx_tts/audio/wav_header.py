"""Headers of WAV files: checked when read, repaired if a program could not seek back, written for pipes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from dora_mlx_tts.errors import AudioError

UNKNOWN_SIZE: Final = 0x7FFFF000
"""Sizes from here on are placeholders of programs that cannot seek back."""
_MISSING_SHARE: Final = 0.01  # share of a file's bytes that may be missing: one last block
_STREAMED: Final = 0xFFFFFFFF


def mended(data: bytes) -> bytes:
    """Repair a header with length 0, as left by a program that was stopped or wrote to a pipe."""
    for name, start, size in _chunks(data):
        rest = len(data) - start
        if name == b"data" and size == 0 and rest and not _is_chunk(data, start):
            fixed = bytearray(data)
            struct.pack_into("<I", fixed, start - 4, min(rest, _STREAMED))
            struct.pack_into("<I", fixed, 4, min(len(data) - 8, _STREAMED))
            return bytes(fixed)
    return data


def refuse_cut_off(data: bytes, source: str) -> None:
    """Check a file's length against its header, which libsndfile silently corrects.

    Raises:
        AudioError: much of the audio announced in the header is missing.
    """
    for name, start, size in _chunks(data):
        if name != b"data" or size >= UNKNOWN_SIZE:
            continue
        present = len(data) - start
        if size - present > size * _MISSING_SHARE:
            raise AudioError(
                f"{source}: cut off: its header announces {size} bytes of audio, but has {present}"
            )


def streamed(rate: int, channels: int = 1) -> bytes:
    """The header for 16-bit samples of unknown number."""
    block = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, 16)
    return (
        b"RIFF" + struct.pack("<I", _STREAMED) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
        + b"data" + struct.pack("<I", _STREAMED)
    )  # fmt: skip


def _is_chunk(data: bytes, at: int) -> bool:
    """Whether another chunk begins here instead of samples."""
    if at + 8 > len(data):
        return False
    name, size = struct.unpack_from("<4sI", data, at)
    return bool(name.isalnum()) and at + 8 + size <= len(data)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and declared size of each chunk of a RIFF WAVE file; nothing for others."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, at + 8, size
        at += 8 + size + size % 2
