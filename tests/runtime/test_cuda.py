"""Asking the CUDA driver about the GPU, with a driver made up."""

from __future__ import annotations

import ctypes
import os

import pytest

from dora_mlx_tts.runtime import cuda, device
from dora_mlx_tts.runtime.device import Backend, Device

H100, FAILED = {75: 9, 16: 132}, 100


class Driver:
    def __init__(self, attributes, result=0):
        self.attributes, self.result = attributes, result

    def cuInit(self, flags):  # noqa: N802  the driver's name
        return self.result

    def cuDeviceGet(self, gpu, index):  # noqa: N802
        return 0

    def cuDeviceGetAttribute(self, value, attribute, gpu):  # noqa: N802
        value._obj.value = self.attributes[attribute]
        return 0


def found(monkeypatch, driver):
    def load(name):
        if driver is None:
            raise OSError(name)
        return driver

    monkeypatch.setattr(ctypes, "CDLL", load)
    return cuda.multiprocessors()


@pytest.mark.parametrize(
    ("driver", "want"),
    [
        (Driver(H100), 132),
        (Driver({75: 7, 16: 80}), 0),  # too old for the kernels
        (Driver(H100, FAILED), 0),
        (None, 0),
    ],
    ids=["h100", "old", "no device", "no driver"],
)
def test_multiprocessors(monkeypatch, driver, want):
    assert found(monkeypatch, driver) == want


def test_own_kernels_can_be_switched_off(monkeypatch):
    import mlx.core as mx

    monkeypatch.setattr(mx, "is_available", lambda where: True)
    monkeypatch.setattr(mx, "set_default_device", lambda where: None)
    monkeypatch.setattr(mx.metal, "is_available", lambda: False)
    monkeypatch.setattr(cuda, "multiprocessors", lambda: 132)
    assert device.select("gpu").multiprocessors == 132
    assert device.select("gpu", kernels="off").multiprocessors == 0
    assert device.select("gpu").backend is Backend.NATIVE
    assert device.select("gpu", products=True).backend is Backend.CUDA_MATMUL
    monkeypatch.setattr(mx.metal, "is_available", lambda: True)
    assert device.select("gpu", products=True) == Device(
        "gpu", Backend.NATIVE, "Metal", kernels="auto"
    )


def test_mlx_keeps_the_plans_of_many_lengths(monkeypatch):
    monkeypatch.setenv("MLX_CUDA_CONV_CACHE_SIZE", "77")
    monkeypatch.delenv("MLX_ENABLE_CACHE_THRASHING_CHECK", raising=False)
    device.select("cpu")
    assert os.environ["MLX_CUDA_CONV_CACHE_SIZE"] == "77"
    assert os.environ["MLX_ENABLE_CACHE_THRASHING_CHECK"] == "0"
