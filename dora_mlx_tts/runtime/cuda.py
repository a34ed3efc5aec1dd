"""CUDA settings that MLX needs, and GPU properties that it does not report."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_MULTIPROCESSORS = 16  # CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
_MAJOR = 75  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR


_PLANS = {
    "MLX_CUDA_CONV_CACHE_SIZE": "4096",
    "MLX_CUDA_SDPA_CACHE_SIZE": "1024",
    "MLX_CUDA_GRAPH_CACHE_SIZE": "1024",
    "MLX_ENABLE_CACHE_THRASHING_CHECK": "0",
}


def keep_plans() -> None:
    """Let MLX keep the convolution plans of a few sentences; call it before MLX's first work on a GPU.

    MLX plans a convolution for each new input length, keeps 128 plans, and raises an error after making 256; a
    sentence of the full-size network has about a hundred lengths. Plans of attention and of whole graphs are
    counted in the same way. Existing environment variables are respected.
    """
    for name, value in _PLANS.items():
        os.environ.setdefault(name, value)


def keep_kernels(folder: Path, version: str) -> bool:
    """Let MLX keep compiled kernels in a folder, before its first work on a GPU; returns whether it had any.

    By default it keeps kernels in the folder for temporary files, so each new container compiles all of them
    again, which took 14.6 s for the starter voice. Existing environment variables are respected.

    Args:
        folder: created by MLX.
        version: MLX's version.
    """
    kept = Path(os.environ.setdefault("MLX_PTX_CACHE_DIR", str(folder / version)))
    return kept.is_dir() and any(kept.iterdir())


def multiprocessors(oldest: int = 8) -> int:
    """Multiprocessors of the first GPU; 0 if the driver does not report them or the GPU is too old.

    Args:
        oldest: minimum major compute capability.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count, major, gpu = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    asked = (
        driver.cuInit(0)
        or driver.cuDeviceGet(ctypes.byref(gpu), 0)
        or driver.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, gpu)
        or driver.cuDeviceGetAttribute(ctypes.byref(count), _MULTIPROCESSORS, gpu)
    )
    return 0 if asked or major.value < oldest else count.value
