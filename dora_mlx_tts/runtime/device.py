"""Which MLX device runs, and which formulation of the operations suits it."""

from __future__ import annotations

import enum
import os
import sys
from dataclasses import dataclass
from typing import Literal

from dora_mlx_tts.errors import BackendError, SettingError

DeviceName = Literal["auto", "cpu", "gpu"]


class Formulation(enum.Enum):
    """How operations are written for a device.

    NATIVE uses MLX's own kernels (Metal, CUDA). CPU avoids those that are slow on the Linux CPU
    backend: dilated and transposed convolutions, and everything that needs `exp`.
    """

    NATIVE = "native"
    CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Device:
    """A chosen MLX device.

    Attributes:
        kind: "cpu" or "gpu".
        formulation: the way its operations are written.
        description: for people: "CPU (Linux)", "Metal", "CUDA".
    """

    kind: Literal["cpu", "gpu"]
    formulation: Formulation
    description: str


def select(name: DeviceName = "auto") -> Device:
    """Make `name` MLX's default device and say what it is.

    "auto" takes the GPU where MLX has one.

    Raises:
        SettingError: `name` is not a device.
        BackendError: MLX cannot be imported, or has no GPU and one was asked for.
    """
    if name not in ("auto", "cpu", "gpu"):
        raise SettingError(f"device {name!r} is unknown; allowed: auto, cpu, gpu")
    try:
        import mlx.core as mx  # noqa: PLC0415  importing MLX costs 0.1 s and may fail: only when asked
    except ImportError as error:
        raise BackendError(
            f"MLX cannot be imported ({error}); on Linux install one of the extras:"
            " pip install 'dora-mlx-tts[cpu]', [cuda12] or [cuda13]"
        ) from error
    has_gpu = mx.is_available(mx.gpu)
    if name == "gpu" and not has_gpu:
        raise BackendError("device 'gpu' was asked for, but this build of MLX has none; use cpu")
    if name == "cpu" or not has_gpu:
        mx.set_default_device(mx.cpu)
        if sys.platform == "linux":
            # On the Linux CPU mx.compile runs the system's C++ compiler at run time, about 0.9 s a
            # kernel, into a shared folder under a predictable name; it gains nothing we need.
            mx.disable_compile()
            return Device("cpu", Formulation.CPU, "CPU (Linux)")
        return Device("cpu", Formulation.NATIVE, "CPU (macOS)")
    mx.set_default_device(mx.gpu)
    return Device("gpu", Formulation.NATIVE, "Metal" if mx.metal.is_available() else "CUDA")


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
