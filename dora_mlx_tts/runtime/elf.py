"""Finds where a loaded shared library keeps the addresses of the functions it calls.

A library calls an external function through a slot that the dynamic loader fills (the procedure linkage table
of the ELF format). Knowing the slot's address lets `blas` redirect it. Only the necessary parts are read:
64-bit little-endian ELF, program headers and the dynamic section.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HEADER_BYTES = 64
_LOAD, _DYNAMIC = 1, 2
_STRTAB, _SYMTAB, _PLTRELSZ, _JMPREL = 5, 6, 2, 23
_PROCESS_MAPS = Path("/proc/self/maps")


@dataclass(frozen=True, slots=True)
class LoadedLibrary:
    """A library mapped into this process."""

    path: Path
    base: int


@dataclass(frozen=True, slots=True)
class _Segment:
    address: int
    offset: int
    size: int


def loaded_library(name: str) -> LoadedLibrary | None:
    """The mapped library whose file is called `name`, or None."""
    for line in _PROCESS_MAPS.read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5].rsplit("/", 1)[-1] == name:  # noqa: PLR2004  number of columns
            return LoadedLibrary(Path(fields[5]), int(fields[0].split("-")[0], 16))
    return None


def is_writable(address: int) -> bool:
    """Whether the page that contains `address` is writable."""
    for line in _PROCESS_MAPS.read_text().splitlines():
        interval, mode = line.split(maxsplit=2)[:2]
        start, end = (int(part, 16) for part in interval.split("-"))
        if start <= address < end:
            return "w" in mode
    return False


def call_slots(path: Path) -> Mapping[str, int]:
    """Name of each function called through a slot -> the slot's address relative to the base.

    Raises:
        ValueError: the file is not a 64-bit little-endian ELF library with such a table.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != b"\x7fELF\x02\x01" or len(data) < _HEADER_BYTES:
            raise ValueError(f"{path}: not a 64-bit little-endian ELF file")
        segments, dynamic = _program_headers(data)
        if dynamic is None:
            raise ValueError(f"{path}: no dynamic section")
        tags = _dynamic_tags(data, dynamic)
        try:
            table, size = _offset(segments, tags[_JMPREL]), tags[_PLTRELSZ]
            symbols, strings = _offset(segments, tags[_SYMTAB]), _offset(segments, tags[_STRTAB])
        except KeyError as missing:
            raise ValueError(f"{path}: dynamic tag {missing} is missing") from missing
        return dict(_slots(data, (table, size), symbols, strings))


def _program_headers(data: mmap.mmap) -> tuple[list[_Segment], _Segment | None]:
    start, (size, count) = (
        struct.unpack_from("<Q", data, 32)[0],
        struct.unpack_from("<HH", data, 54),
    )
    loads: list[_Segment] = []
    dynamic = None
    for at in (start + index * size for index in range(count)):
        kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", data, at)
        if kind == _LOAD:
            loads.append(_Segment(address, offset, length))
        elif kind == _DYNAMIC:
            dynamic = _Segment(address, offset, length)
    return loads, dynamic


def _dynamic_tags(data: mmap.mmap, dynamic: _Segment) -> dict[int, int]:
    return dict(
        struct.unpack_from("<QQ", data, at)
        for at in range(dynamic.offset, dynamic.offset + dynamic.size, 16)
    )


def _offset(segments: list[_Segment], address: int) -> int:
    for segment in segments:
        if segment.address <= address < segment.address + segment.size:
            return segment.offset + address - segment.address
    raise ValueError(f"address {address:#x} lies in no segment of the file")


def _slots(
    data: mmap.mmap, table: tuple[int, int], symbols: int, strings: int
) -> list[tuple[str, int]]:
    start, size = table
    found = []
    for at in range(start, start + size, 24):
        slot, info, _ = struct.unpack_from("<QQq", data, at)
        name = strings + struct.unpack_from("<I", data, symbols + 24 * (info >> 32))[0]
        found.append((data[name : data.find(b"\0", name)].decode("ascii", "replace"), slot))
    return found
