"""The zip container of a PyTorch checkpoint, read without unpacking.

Entries of such an archive are stored uncompressed, so every storage is a byte range of the file. Some
GPT-SoVITS files have two ASCII digits (a version) in place of the first two bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from dora_mlx_tts.errors import UnsafeFileError, WeightsError
from dora_mlx_tts.messages import must_be

MAX_PICKLE_BYTES = 16 * 2**20
MAX_DIRECTORY_BYTES = 8 * 2**20
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Archive:
    """An archive with a checked directory.

    Attributes:
        path: The file.
        header: The two digits at the start, or None for a plain archive.
        stem: Folder of the entries inside the archive.
        entries: Name below the stem -> (position in the file, bytes).
        big_endian: Byte order of the storages.
        pickle: The pickle that describes the tensors.
    """

    path: Path
    header: bytes | None
    stem: str
    entries: dict[str, tuple[int, int]]
    big_endian: bool
    pickle: bytes


class _BoundedFile(io.BufferedReader):
    """A file that refuses any single read larger than the limit for directories."""

    def read(self, size: int | None = -1, /) -> bytes:
        limit = MAX_DIRECTORY_BYTES + 1
        data = super().read(limit if size is None or size < 0 else min(size, limit))
        if len(data) > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its directory is over {MAX_DIRECTORY_BYTES} bytes")
        return data


def open_archive(path: Path) -> Archive:
    """Check a checkpoint's container and find its parts.

    Raises:
        UnsafeFileError: Entries are compressed, encrypted, overlap, or have names that lead out of the archive.
        WeightsError: The file is missing, not such an archive, or damaged.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such file")
    try:
        with _BoundedFile(io.FileIO(path, "rb")) as file:
            return _read_archive(path, file)
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError) as error:
        raise WeightsError(f"{path}: damaged or truncated archive: {error}") from error
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error}") from error


def _read_archive(path: Path, file: _BoundedFile) -> Archive:
    header = _header(path, file.read(_FIRST_BYTES))
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
    _check_entries(path, infos, path.stat().st_size)
    stem = _stem(path, infos)
    entries = {
        info.filename[len(stem) :]: (_data_position(path, file, info), info.file_size)
        for info in infos
        if info.filename.startswith(stem)
    }
    order = _content(file, entries, "byteorder", 16) or b"little"
    if order not in {b"little", b"big"}:
        raise WeightsError(must_be(f"{path}: byteorder", "'little' or 'big'", order))
    if entries["data.pkl"][1] > MAX_PICKLE_BYTES:
        raise UnsafeFileError(f"{path}: its pickle is over {MAX_PICKLE_BYTES} bytes")
    pickle = _content(file, entries, "data.pkl", MAX_PICKLE_BYTES)
    return Archive(path, header, stem, entries, order == b"big", pickle)


_FIRST_BYTES = 64
_OTHERS = (
    (0, b"version https://git-lfs", "a pointer of Git LFS: git lfs pull"),
    (0, b"<", "a web page; download the file itself"),
    (
        8,
        b"{",
        "a safetensors file; give the .ckpt or .pth file, or the folder of a model",
    ),
    (0, b"GGUF", "a GGUF file of llama.cpp"),
    (0, b"\x80\x02", "a file of PyTorch older than 1.6; load it there and save it again"),
    (0, b"\x1f\x8b", "compressed with gzip; unpack it first"),
    (0, b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (0, b"Rar!", "a RAR archive; unpack it first"),
)
"""Position, the bytes there, and what a file with these bytes is."""


def _header(path: Path, first: bytes) -> bytes | None:
    if first[:4] == b"PK\x03\x04":
        return None
    if first[2:4] == b"\x03\x04" and first[:2].isdigit():
        return first[:2]
    what = next((what for start, mark, what in _OTHERS if first[start:].startswith(mark)), None)
    reason = f" but {what}" if what else " (a zip archive, plain or with two digits in front)"
    raise WeightsError(f"{path}: not a PyTorch checkpoint{reason}")


def _check_entries(path: Path, infos: list[zipfile.ZipInfo], size: int) -> None:
    for info in infos:
        parts = info.filename.split("/")
        if ".." in parts or info.filename.startswith("/") or "\\" in info.filename:
            raise UnsafeFileError(f"{path}: entry {info.filename!r} climbs out of the archive")
        stored = info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
        if not stored or info.flag_bits & _ENCRYPTED:
            raise UnsafeFileError(
                f"{path}: entry {info.filename!r} is compressed or encrypted; a PyTorch checkpoint"
                " stores its entries uncompressed"
            )
    names = {info.filename for info in infos}
    if len(names) != len(infos) or sum(info.file_size for info in infos) > size:
        raise UnsafeFileError(f"{path}: entries overlap or share a name")


def _stem(path: Path, infos: list[zipfile.ZipInfo]) -> str:
    stems = [info.filename[: -len("data.pkl")] for info in infos if _is_pickle(info.filename)]
    if len(stems) != 1:
        raise WeightsError(f"{path}: has {len(stems)} entries */data.pkl; exactly one is expected")
    return stems[0]


def _is_pickle(name: str) -> bool:
    return name.endswith("/data.pkl")


def _data_position(path: Path, file: _BoundedFile, info: zipfile.ZipInfo) -> int:
    """Position of an entry's bytes, after its local header (whose name may differ in length)."""
    file.seek(info.header_offset)
    signature, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    expected = b"PK\x03\x04" if info.header_offset else None
    if expected is not None and signature != expected:
        raise WeightsError(f"{path}: entry {info.filename!r} has no header of its own")
    position: int = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    if position + info.file_size > path.stat().st_size:
        raise WeightsError(f"{path}: truncated inside entry {info.filename!r}")
    return position


def _content(
    file: _BoundedFile, entries: dict[str, tuple[int, int]], name: str, limit: int
) -> bytes:
    position, size = entries.get(name, (0, 0))
    file.seek(position)
    return b"".join(
        file.read(min(MAX_DIRECTORY_BYTES, left))
        for left in range(min(size, limit), 0, -MAX_DIRECTORY_BYTES)
    )
