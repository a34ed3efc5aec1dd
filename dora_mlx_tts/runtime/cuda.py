"""What MLX does not say about a CUDA GPU."""

from __future__ import annotations

import ctypes

_MULTIPROCESSORS = 16  # CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
_MAJOR = 75  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR


def multiprocessors(oldest: int = 8) -> int:
    """Multiprocessors of the first GPU; 0 where the driver cannot tell or the GPU is older than asked.

    Args:
        oldest: least major compute capability.
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
