"""Prefills that are compiled, with keys and values in one array, against prefills layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import mlx.core as mx
import numpy as np
import pytest
from t2s_tiny import text, tiny, tokens

from dora_mlx_tts.models.t2s import model as t2s_model
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.runtime.device import Backend

LENGTHS = [(5, 0), (5, 3), (60, 4), (61, 4), (40, 90)]  # below, at and above the padded sizes


@pytest.fixture(params=[False, True], ids=["compiled", "plain"])
def model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> T2S:
    if request.param:
        monkeypatch.setattr(t2s_model, "_USUAL", 0)
    return tiny(Backend.CUDA_MATMUL)


@pytest.mark.parametrize(("phones", "prompt"), LENGTHS)
def test_logits_and_cache_equal_those_of_a_prefill_layer_by_layer(model, phones, prompt):
    texts, known = [text(phones, 1), text(phones - 2, 2)], tokens(prompt)
    want, usual = tiny(Backend.NATIVE).prefill(texts, known)
    for _ in range(2):  # the second time, it is known
        got, cache = model.prefill(texts, known)
        np.testing.assert_allclose(np.array(got), np.array(want), rtol=1e-4, atol=1e-4)
    extra = cache.length - usual.length
    assert cache.padding == tuple(extra + empty for empty in usual.padding)
    for layer in range(model.config.layers):
        for row, empty in enumerate(usual.padding):
            for new, old in zip(
                (cache.keys(layer), cache.values(layer)),
                (usual.keys(layer), usual.values(layer)),
                strict=True,
            ):
                np.testing.assert_allclose(
                    np.array(new)[row, :, extra + empty :],
                    np.array(old)[row, :, empty:],
                    rtol=1e-4,
                    atol=1e-4,
                )


def test_steps_follow(model):
    said, known = text(30, 1), tokens(9)
    plain = tiny(Backend.NATIVE)
    _, want = plain.prefill([said], known)
    _, got = model.prefill([said], known)
    for token in (3, 1, 4):
        given = mx.array(np.array([token], np.int32))
        wanted = np.array(plain.step(given, want))
        np.testing.assert_allclose(np.array(model.step(given, got)), wanted, rtol=1e-4, atol=1e-4)


def test_each_thread_has_its_own(model):
    def logits(_: int) -> np.ndarray:
        return np.array(model.prefill([text(20, 3)], tokens(5))[0])

    here = logits(0)
    with ThreadPoolExecutor(3) as threads:
        for there in threads.map(logits, range(6)):
            np.testing.assert_array_equal(there, here)


@pytest.fixture
def compiling() -> Iterator[None]:
    """Compile even if an engine was loaded for a CPU in this process, which turns that off."""
    mx.enable_compile()
    yield
    mx.disable_compile()


@pytest.mark.usefixtures("compiling")
def test_a_prefill_is_compiled_once_per_size(monkeypatch):
    model = tiny(Backend.CUDA_MATMUL)
    traced = []
    block = model.h.layers[0]
    real = block.prefill
    monkeypatch.setattr(
        type(block),
        "prefill",
        lambda self, *a, **k: (
            (traced.append(self), real(*a, **k))[1]
            if self is block
            else real.__func__(self, *a, **k)
        ),
    )
    for phones in (5, 20, 50, 70, 7):
        mx.eval(model.prefill([text(phones)], tokens(8))[0])
    assert len(traced) == 2  # padded to 64 and to 128
