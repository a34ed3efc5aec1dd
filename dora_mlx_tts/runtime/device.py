"""Which MLX device to use, and which backend of this package's operations suits it."""

from __future__ import annotations

import enum
import logging
import os
import sys
from dataclasses import dataclass, replace
from typing import Literal

from dora_mlx_tts.config.precision import Precision
from dora_mlx_tts.errors import BackendError, SettingError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.runtime import cuda, openvino, packages
from dora_mlx_tts.runtime.openvino import GeneratorChoice

logger = logging.getLogger(__name__)

DeviceName = Literal["auto", "cpu", "gpu"]
KernelUse = Literal["auto", "on", "off"]


class Backend(enum.Enum):
    """How operations are computed on a device.

    NATIVE uses MLX's own kernels (Metal, CUDA). CUDA_MATMUL differs in convolutions and in the attention of a
    prefill, which it computes as matrix products: on CUDA, MLX leaves them to cuDNN, which plans for each new
    input length, and every sentence has different lengths. CPU avoids kernels that are slow on the Linux CPU
    backend: dilated and transposed convolutions, and everything that needs `exp`.
    """

    NATIVE = "native"
    CUDA_MATMUL = "cuda_matmul"
    CPU = "cpu"


METAL = "Metal"


@dataclass(frozen=True, slots=True)
class Device:
    """A chosen MLX device.

    Attributes:
        kind: "cpu" or "gpu".
        backend: how its operations are computed.
        description: name for people: "CPU (Linux)", "Metal", "CUDA".
        multiprocessors: of a CUDA GPU that can run this package's own kernels; otherwise 0.
        kernels: whether to use own kernels: after a trial shows them equal and faster (auto), untested (on), or
            never (off).
        openvino: whether OpenVINO runs the generator.
        int8: whether OpenVINO runs the text-to-semantic network, with 8-bit weights.
    """

    kind: Literal["cpu", "gpu"]
    backend: Backend
    description: str
    multiprocessors: int = 0
    kernels: KernelUse = "off"
    openvino: bool = False
    int8: bool = False

    @property
    def is_metal(self) -> bool:
        """Whether it is an Apple GPU."""
        return self.description == METAL


CPU = Device(
    "cpu",
    Backend.CPU if sys.platform == "linux" else Backend.NATIVE,
    f"CPU ({'Linux' if sys.platform == 'linux' else 'macOS'})",
)
"""MLX's CPU device on this machine."""


def select(
    name: DeviceName = "auto",
    *,
    kernels: KernelUse = "auto",
    products: bool = False,
    generator: GeneratorChoice = "mlx",
    precision: Precision = "auto",
) -> Device:
    """Make `name` MLX's default device and describe it.

    "auto" uses the GPU if MLX has one. `products` selects `CUDA_MATMUL` on CUDA; `generator` and
    `precision` only apply to the Linux CPU.

    Raises:
        SettingError: `name` is not a device, or OpenVINO is demanded and not installed.
        BackendError: MLX cannot be imported, or a GPU was requested and MLX has none.
    """
    if name not in ("auto", "cpu", "gpu"):
        raise SettingError(unknown("device", name, ("auto", "cpu", "gpu")))
    try:
        import mlx.core as mx  # noqa: PLC0415  importing MLX takes 0.1 s and may fail: only when needed
    except ImportError as error:
        raise packages.explained(error) from error
    cuda.keep_plans()
    has_gpu = mx.is_available(mx.gpu)
    if name == "gpu" and not has_gpu:
        raise BackendError("device must be cpu with this build of MLX, which has no GPU, got 'gpu'")
    if name == "cpu" or not has_gpu:
        mx.set_default_device(mx.cpu)
        if sys.platform == "linux":
            # On the Linux CPU mx.compile runs the system's C++ compiler at run time, about 0.9 s per kernel,
            # with output in a shared folder under a predictable name; it gains nothing needed here.
            mx.disable_compile()
            return replace(
                CPU,
                openvino=openvino.is_chosen(generator),
                int8=openvino.is_in_8_bits(precision),
            )
        return CPU
    mx.set_default_device(mx.gpu)
    if mx.metal.is_available():
        return Device("gpu", Backend.NATIVE, METAL, kernels=kernels)
    backend = Backend.CUDA_MATMUL if products else Backend.NATIVE
    found = 0 if kernels == "off" else cuda.multiprocessors()
    return Device("gpu", backend, "CUDA", found, kernels if found else "off")


def usable(name: DeviceName) -> DeviceName:
    """`name`, or the CPU if this build of MLX has no GPU, which is logged.

    Raises:
        BackendError: MLX cannot be imported.
    """
    try:
        import mlx.core as mx  # noqa: PLC0415  as above
    except ImportError as error:
        raise packages.explained(error) from error
    if name != "gpu" or mx.is_available(mx.gpu):
        return name
    logger.warning("device 'gpu' is not available in this build of MLX; using the CPU")
    return "cpu"


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_of(where: Device) -> int:
    """Memory of a device in bytes, for a CPU the machine's; 0 if unknown."""
    if where.kind == "cpu":
        names = getattr(os, "sysconf_names", {})
        if "SC_PHYS_PAGES" not in names:
            return 0
        return max(0, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    import mlx.core as mx  # noqa: PLC0415  as above

    told = mx.device_info()
    return int(told.get("memory_size") or told.get("total_memory") or 0)
