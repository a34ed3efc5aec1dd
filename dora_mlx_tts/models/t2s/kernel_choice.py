"""Chooses this package's kernel for a network's decoding steps on a device."""

from __future__ import annotations

import mlx.core as mx

from dora_mlx_tts.models.t2s import cuda_step, metal_step
from dora_mlx_tts.models.t2s.config import T2SConfig
from dora_mlx_tts.models.t2s.cuda_step import CudaKernel
from dora_mlx_tts.models.t2s.kernel_trial import TestedKernel
from dora_mlx_tts.models.t2s.metal_step import MetalKernel
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.models.t2s.step_kernel import OwnKernel
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore


def own_kernel(
    device: Device, config: T2SConfig, dtype: mx.Dtype, verdicts: VerdictStore
) -> OwnKernel | TestedKernel | None:
    """The kernel to load, if one suits the device and the network and no earlier trial refused it.

    Args:
        device: where the network will run; its `kernels` says whether a trial comes first.
        config: the network's sizes.
        dtype: type of its weights.
        verdicts: results of trials.
    """
    kernel = _kernel(device, config)
    if kernel is None or device.kernels == "on":
        return kernel
    tested = TestedKernel(kernel, verdicts)
    return None if tested.is_refused(config, device.backend, dtype) else tested


def install(model: T2S, device: Device, verdicts: VerdictStore) -> None:
    """Let a loaded network decode with the device's kernel, if that may decode a row."""
    dtype = model.ar_predict_layer.weight.dtype
    kernel = own_kernel(device, model.config, dtype, verdicts)
    if kernel is not None:
        take_up(model, kernel)


def take_up(model: T2S, kernel: OwnKernel | TestedKernel) -> bool:
    """Let a loaded network decode with a kernel, if that may decode a row; returns whether it may."""
    kernel.load(model)
    may_decode = kernel.allows(model, 1)
    if may_decode:
        model.kernel = kernel
    return may_decode


def _kernel(device: Device, config: T2SConfig) -> OwnKernel | None:
    if device.kernels == "off":
        return None
    if device.multiprocessors and cuda_step.supports(config):
        return CudaKernel(device.multiprocessors)
    if device.is_metal and metal_step.supports(config):
        return MetalKernel(config)
    return None
