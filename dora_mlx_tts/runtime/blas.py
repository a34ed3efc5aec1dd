"""A fast BLAS for MLX on the Linux CPU.

MLX's Linux wheels bundle the reference BLAS, 15 to 50 times slower than OpenBLAS. MLX calls it through three
slots of its library; `accelerate` points them to an OpenBLAS found on the machine, after checking that its
products are correct, and reverts if MLX's are then wrong. Only MLX's own calls are affected.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import threadpoolctl

from dora_mlx_tts.runtime import elf

logger = logging.getLogger(__name__)

_FUNCTIONS = ("cblas_sgemm", "cblas_dgemm", "cblas_cgemm")
_SHAPES = ((1, 7, 5), (3, 33, 17), (37, 19, 70))  # rows, columns, depth of the trial products
_ROW_MAJOR, _NO_TRANSPOSE, _TRANSPOSE = 101, 111, 112


@dataclass(frozen=True, slots=True)
class BlasStatus:
    """The library with which MLX multiplies matrices.

    Attributes:
        library: path of the installed library, or None for MLX's own.
        kernel: the processor family of its kernels ("Haswell", "SkylakeX"), if reported.
        reason: the explanation, for people.
    """

    library: str | None
    kernel: str | None
    reason: str


def accelerate(choice: str = "auto", threads: int = 1) -> BlasStatus:
    """Give MLX a fast BLAS and limit the threads of all BLAS libraries in this process, including numpy's.

    Safe to call more than once.

    Args:
        choice: "auto" looks for the `scipy-openblas32` package, then the system's OpenBLAS; "off"
            leaves MLX unchanged; anything else is the path of a library with the cblas interface.
        threads: threads per product. More than one is slower than one as soon as another process is busy (a
            token took 147 ms instead of 4), and a dataflow always has other processes.
    """
    if sys.platform != "linux":
        return BlasStatus(None, None, "not needed: MLX uses the system's own BLAS")
    status = _redirected(choice)
    threadpoolctl.threadpool_limits(threads, user_api="blas")
    return status


def _redirected(choice: str) -> BlasStatus:
    if choice == "off":
        return BlasStatus(None, None, "switched off")
    try:
        addresses = _mlx_slots()
    except (OSError, ValueError) as error:
        return BlasStatus(None, None, f"MLX's library is not as expected: {error}")
    return _first_sound(choice, addresses)


def _mlx_slots() -> dict[str, int]:
    """Addresses of the slots through which MLX calls its BLAS."""
    import mlx.core  # noqa: F401, PLC0415  loads the library whose slots are needed

    library = elf.loaded_library("libmlx.so")
    if library is None:
        raise ValueError("no file named libmlx.so is loaded")
    slots = elf.call_slots(library.path)
    addresses = {name: library.base + slots[name] for name in _FUNCTIONS if name in slots}
    if "cblas_sgemm" not in addresses:
        raise ValueError(f"{library.path} does not call cblas_sgemm")
    if not all(map(elf.is_writable, addresses.values())):
        raise ValueError(f"{library.path} is mapped read-only")
    return addresses


def _first_sound(choice: str, addresses: Mapping[str, int]) -> BlasStatus:
    reasons = []
    for path in _candidates(choice):
        try:
            library = _Library.load(path)
        except (OSError, AttributeError) as error:
            reasons.append(f"{path}: {error}")
            continue
        if not library.multiplies_right():
            reasons.append(f"{path}: wrong products")
            continue
        if not _redirect(library, addresses):
            reasons.append(f"{path}: wrong products through MLX, undone")
            continue
        logger.debug("MLX multiplies with %s (%s)", path, library.kernel)
        return BlasStatus(str(path), library.kernel, "in place")
    hint = "none found; pip install scipy-openblas32" if not reasons else "; ".join(reasons)
    logger.warning("MLX keeps its slow built-in BLAS (%s)", hint)
    return BlasStatus(None, None, hint)


def _candidates(choice: str) -> Iterator[str]:
    if choice != "auto":
        yield choice
        return
    spec = importlib.util.find_spec("scipy_openblas32")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield from map(str, sorted(Path(folder, "lib").glob("libscipy_openblas*.so")))
    yield "libopenblas.so.0"


@dataclass(frozen=True, slots=True)
class _Library:
    """A library with the cblas interface; all its names begin with `prefix`."""

    handle: ctypes.CDLL
    prefix: str

    @classmethod
    def load(cls, path: str) -> _Library:
        handle = ctypes.CDLL(path, mode=ctypes.RTLD_LOCAL)
        prefix = "scipy_" if hasattr(handle, "scipy_cblas_sgemm") else ""
        _ = handle[f"{prefix}cblas_sgemm"]  # AttributeError if it is missing
        return cls(handle, prefix)

    @property
    def kernel(self) -> str | None:
        try:
            function = self.handle[f"{self.prefix}openblas_get_corename"]
        except AttributeError:
            return None
        function.restype = ctypes.c_char_p
        name: bytes = function()
        return name.decode("ascii", "replace")

    def address(self, name: str) -> int | None:
        try:
            return ctypes.cast(self.handle[self.prefix + name], ctypes.c_void_p).value
        except AttributeError:
            return None

    def multiplies_right(self) -> bool:
        """Check float32 products against exact integer ones (some old kernels are known to be wrong)."""
        return all(self._product_is_right(*shape) for shape in _SHAPES)

    def _product_is_right(self, rows: int, columns: int, depth: int) -> bool:
        a, b, want = _trial(rows, columns, depth)
        got = (ctypes.c_float * (rows * columns))()
        integer, real = ctypes.c_int, ctypes.c_float
        function = self.handle[f"{self.prefix}cblas_sgemm"]
        function.restype = None
        function(
            integer(_ROW_MAJOR),
            integer(_NO_TRANSPOSE),
            integer(_TRANSPOSE),
            *(integer(n) for n in (rows, columns, depth)),
            real(1),
            (real * len(a))(*a),
            integer(depth),
            (real * len(b))(*b),
            integer(depth),
            real(0),
            got,
            integer(columns),
        )
        return list(got) == want


@lru_cache(maxsize=len(_SHAPES))  # for the library's products, then for MLX's
def _trial(rows: int, columns: int, depth: int) -> tuple[list[int], list[int], list[int]]:
    """Matrices A [rows, depth] and B [columns, depth] of small integers, and A times B transposed."""
    a = [7 * i % 5 - 2 for i in range(rows * depth)]
    b = [5 * i % 7 - 3 for i in range(columns * depth)]
    product = [
        sum(a[r * depth + k] * b[c * depth + k] for k in range(depth))
        for r in range(rows)
        for c in range(columns)
    ]
    return a, b, product


def _redirect(library: _Library, addresses: Mapping[str, int]) -> bool:
    """Point MLX's slots to `library`; undo it and return False if MLX then multiplies wrongly."""
    before = {}
    for name, slot in addresses.items():
        target = library.address(name)
        if target is not None:
            cell = ctypes.c_void_p.from_address(slot)
            before[slot] = cell.value
            cell.value = target
    if _mlx_multiplies_right():
        return True
    for slot, value in before.items():
        ctypes.c_void_p.from_address(slot).value = value
    return False


def _mlx_multiplies_right() -> bool:
    import mlx.core as mx  # noqa: PLC0415  only where it is needed

    for rows, columns, depth in _SHAPES:
        a, b, want = _trial(rows, columns, depth)
        left = mx.array(a, dtype=mx.float32).reshape(rows, depth)
        right = mx.array(b, dtype=mx.float32).reshape(columns, depth)
        got = mx.matmul(left, right.T, stream=mx.cpu)
        if got.flatten().tolist() != want:
            return False
    return True
