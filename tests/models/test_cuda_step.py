"""The decoding kernel against its plain twin: emulated everywhere, and on CUDA where there is one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from kernel_emulator import BLOCKS, WARPS, build
from t2s_tiny import SAMPLINGS, collected, tiny

from dora_mlx_tts.errors import BackendError, SettingError
from dora_mlx_tts.models.t2s import cuda_step
from dora_mlx_tts.models.t2s.cuda_step import CudaKernel, supports
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, End, generate, generate_batch
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig, T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.models.t2s.step_kernel import CompiledKernel
from dora_mlx_tts.runtime import device
from dora_mlx_tts.runtime.device import Backend

ROWS = 2
CONFIG = T2SConfig(
    channels=128, heads=4, feed_forward=256, layers=2, vocabulary=65, phones=40, eos=64, features=8
)
NARROW = replace(CONFIG, channels=96, heads=3, feed_forward=192)  # is filled up to the same sizes
PRODUCTS_OFF = 1e-4 if os.environ.get("MLX_ENABLE_TF32") == "0" else 2e-3
"""How far MLX's own float32 products on CUDA may be off: their inputs have 10 bits unless told otherwise."""
PROMPT = np.arange(6, dtype=np.int32)
TEXTS = [T2SText(np.arange(9, dtype=np.int32)), T2SText(np.arange(5, dtype=np.int32))]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("kernel"), CONFIG)


def compiled(folder: Path, config: T2SConfig) -> CompiledKernel:
    sizes = (CONFIG.channels, CONFIG.heads, CONFIG.feed_forward, CONFIG.layers, CONFIG.vocabulary)
    return build(folder, (config.channels, *sizes, ROWS))


@pytest.fixture
def emulated(kernel, monkeypatch):
    """Decoding runs the kernel over an emulated GPU."""
    monkeypatch.setattr(cuda_step, "_kernel", lambda: kernel)
    monkeypatch.setattr(cuda_step, "WARPS", WARPS)
    monkeypatch.setattr(cuda_step, "ROWS", (ROWS,))


@pytest.fixture
def model():
    return made(Backend.NATIVE)


def made(backend: Backend, config: T2SConfig = CONFIG) -> T2S:
    return tiny(backend, config=config, spread=0.15)


def use_kernel(model: T2S, blocks: int) -> None:
    model.kernel = CudaKernel(blocks)
    model.kernel.load(model)


BOTH = pytest.mark.parametrize("backend", [Backend.NATIVE, Backend.CUDA_MATMUL])


def plain_steps(model: T2S, count: int) -> list[np.ndarray]:
    _, cache = model.prefill(TEXTS, PROMPT)
    return [np.array(model.step(given(step), cache).astype(mx.float32)) for step in range(count)]


def fused_steps(model: T2S, count: int, blocks: int) -> list[np.ndarray]:
    use_kernel(model, blocks)
    logits, cache = model.prefill(TEXTS, PROMPT)
    decoder = model.kernel.decoder(model, cache, logits, SAMPLINGS["drawn"], PROMPT, 11)
    return [np.array(decoder.step(given(step))) for step in range(count)]


def given(step: int) -> mx.array:
    return mx.array(np.array([7 * step % 64, (3 * step + 1) % 64], np.int32))


@BOTH
def test_steps_equal_the_plain_ones(emulated, backend):
    model = made(backend)
    want = plain_steps(model, 4)
    for got, wanted in zip(fused_steps(model, 4, BLOCKS), want, strict=True):
        np.testing.assert_allclose(got, wanted, atol=2e-5 * np.abs(wanted).max())


@BOTH
def test_narrow_networks_are_filled_up(emulated, backend, tmp_path, monkeypatch):
    kernel = compiled(tmp_path, NARROW)
    monkeypatch.setattr(cuda_step, "_kernel", lambda: kernel)
    model = made(backend, NARROW)
    want = plain_steps(model, 4)
    for got, wanted in zip(fused_steps(model, 4, BLOCKS), want, strict=True):
        np.testing.assert_allclose(got, wanted, atol=2e-5 * np.abs(wanted).max())
    same_tokens(model, SAMPLINGS["drawn"], BLOCKS)


def test_the_wait_is_used_once(emulated, model):
    use_kernel(model, BLOCKS)
    cache, calls = model.make_cache(), []
    cache.meanwhile = lambda: calls.append(cache.length)
    settings = DecodeSettings(SAMPLINGS["drawn"], early_stop=18, min_tokens=20)
    with generate(model, TEXTS[0], PROMPT, settings, cache=cache) as stream:
        next(stream)
        assert calls == [len(TEXTS[0].phones) + len(PROMPT)]
        assert len(list(stream)) == 18
    assert len(calls) == 1


@pytest.mark.parametrize("sampling", SAMPLINGS.values(), ids=SAMPLINGS)
def test_it_gives_the_tokens_of_the_plain_loop(emulated, model, sampling):
    same_tokens(model, sampling, BLOCKS)


def same_tokens(model: T2S, sampling: SamplingSettings, blocks: int) -> None:
    settings = DecodeSettings(sampling, early_stop=18, min_tokens=3)
    model.kernel = None
    plain = generate_batch(model, TEXTS, PROMPT, settings, seeds=[1, 2])
    want = collected(plain)
    use_kernel(model, blocks)
    fused = generate_batch(model, TEXTS, PROMPT, settings, seeds=[1, 2])
    assert collected(fused) == want
    assert fused.ends == plain.ends
    assert len({len(row) for row in want}) > 1 or set(plain.ends) == {End.EARLY_STOP}


def cuda_blocks() -> int:
    """Multiprocessors of the GPU; skips where there is none."""
    chosen = device.select()
    if not chosen.multiprocessors:
        pytest.skip("no CUDA")
    return chosen.multiprocessors


def test_a_row_alone_gives_what_it_gives_in_a_batch(emulated, model):
    use_kernel(model, BLOCKS)
    settings = DecodeSettings(SAMPLINGS["drawn"], early_stop=12)
    together = collected(generate_batch(model, TEXTS, PROMPT, settings, seeds=[3, 4]))
    for row, said in enumerate(TEXTS):
        assert list(generate(model, said, PROMPT, settings, seed=3 + row)) == together[row]


def test_the_cache_grows(emulated, model, monkeypatch):
    monkeypatch.setattr("dora_mlx_tts.models.t2s.kv_cache.GROWTH", 16)
    monkeypatch.setattr(cuda_step, "GROWTH", 16)
    settings = DecodeSettings(SAMPLINGS["greedy"], early_stop=25, min_tokens=40)
    want = list(generate(model, TEXTS[0], PROMPT, settings))
    use_kernel(model, BLOCKS)
    assert list(generate(model, TEXTS[0], PROMPT, settings)) == want
    assert len(want) == 26


def test_what_the_kernel_cannot_do_runs_plainly(model, monkeypatch):
    use_kernel(model, BLOCKS)
    monkeypatch.setattr(cuda_step, "_kernel", None)  # calling it would fail
    settings = DecodeSettings(SamplingSettings(top_p=0.9), early_stop=3)
    assert len(list(generate(model, TEXTS[0], PROMPT, settings, seed=1))) == 4
    many = generate_batch(model, TEXTS[:1] * 9, PROMPT, DecodeSettings(early_stop=2))
    assert [len(row) for row in collected(many)] == [3] * 9
    logits, cache = model.prefill(TEXTS, PROMPT)
    with pytest.raises(SettingError, match="top_p"):
        model.kernel.decoder(model, cache, logits, SamplingSettings(top_p=0.5), PROMPT, 11)


def test_a_kernel_that_gave_up_is_an_error(emulated, model, kernel, monkeypatch):
    def broken(**arguments):
        out, logits = kernel(**arguments)
        return [mx.concatenate([out[:-1], mx.zeros(1, mx.int32)]), logits]

    monkeypatch.setattr(cuda_step, "_kernel", lambda: broken)
    use_kernel(model, BLOCKS)
    with pytest.raises(BackendError, match="kernels"):
        list(generate(model, TEXTS[0], PROMPT, DecodeSettings(early_stop=3)))


def test_only_heads_that_a_warp_divides_are_supported(model):
    assert supports(model.config)
    assert supports(NARROW)
    assert not supports(tiny(Backend.NATIVE).config)


@pytest.mark.gpu
@BOTH
@pytest.mark.parametrize(
    ("config", "dtype"),
    [(CONFIG, mx.float32), (CONFIG, mx.float16), (CONFIG, mx.bfloat16), (NARROW, mx.float16)],
    ids=["float32", "float16", "bfloat16", "narrow float16"],
)
def test_steps_on_cuda(backend, config, dtype):
    blocks = cuda_blocks()
    model = made(backend, config)
    model.set_dtype(dtype)
    tolerance = {mx.float32: PRODUCTS_OFF, mx.float16: 5e-3, mx.bfloat16: 4e-2}[dtype]
    want = plain_steps(model, 6)
    for got, wanted in zip(fused_steps(model, 6, blocks), want, strict=True):
        assert np.linalg.norm(got - wanted) <= tolerance * np.linalg.norm(wanted)


@pytest.mark.gpu
@BOTH
@pytest.mark.parametrize("sampling", SAMPLINGS.values(), ids=SAMPLINGS)
def test_tokens_on_cuda(backend, sampling):
    blocks = cuda_blocks()
    same_tokens(made(backend), sampling, blocks)
