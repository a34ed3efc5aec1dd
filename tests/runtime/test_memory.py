"""MLX's memory: what is told of it, and how much freed memory it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlx.core as mx
import pytest

from dora_mlx_tts.runtime import cuda, memory
from dora_mlx_tts.runtime.device import CPU, Backend, Device

MIB = 1 << 20
GPU = Device("gpu", Backend.NATIVE, "a GPU")


@pytest.fixture
def own_limit() -> Iterator[int]:
    """The limit before; it is set again afterwards."""
    before = mx.set_cache_limit(32 * MIB)
    mx.set_cache_limit(before)
    yield before
    mx.set_cache_limit(before)


def limit_now() -> int:
    now = mx.set_cache_limit(0)
    mx.set_cache_limit(now)
    return now


def test_what_is_in_use_and_what_is_kept_is_told(own_limit: int) -> None:
    mx.clear_cache()
    before = memory.MemoryStats.of(CPU)
    block = mx.zeros((20 * MIB // 4,))
    mx.eval(block)
    during = memory.MemoryStats.of(CPU)
    del block
    after = memory.MemoryStats.of(CPU)
    assert during.used_mib - before.used_mib in (19, 20, 21)
    assert after.used_mib <= before.used_mib + 1
    assert during.peak_mib >= during.used_mib
    assert during.device_mib > 500


def test_freed_memory_is_kept_up_to_the_limit(own_limit: int) -> None:
    memory.limit_kept(CPU, 0)
    for _ in range(3):
        mx.eval(mx.zeros((4 * MIB,)))
    assert memory.MemoryStats.of(CPU).kept_mib == 0


@pytest.mark.parametrize(
    ("where", "asked", "mib"), [(GPU, None, memory.KEPT_MIB), (GPU, 64, 64), (CPU, 5, 5)]
)
def test_the_limit(where: Device, asked: int | None, mib: int, own_limit: int) -> None:
    memory.limit_kept(where, asked)
    assert limit_now() == mib * MIB


def test_on_a_cpu_mlx_decides_itself(own_limit: int) -> None:
    memory.limit_kept(CPU, None)
    assert limit_now() == own_limit


def test_compiled_kernels_are_kept_by_mlx_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLX_PTX_CACHE_DIR", "")  # so that it is put back
    monkeypatch.delenv("MLX_PTX_CACHE_DIR")
    assert not cuda.keep_kernels(tmp_path, "1.2")
    (tmp_path / "1.2").mkdir()
    assert not cuda.keep_kernels(tmp_path, "1.2")
    (tmp_path / "1.2" / "kernel.ptx").touch()
    assert cuda.keep_kernels(tmp_path, "9")  # what the environment says stays
