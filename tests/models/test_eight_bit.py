"""The text-to-semantic network in 8 bits through OpenVINO against the same network with rounded weights."""

from __future__ import annotations

import importlib.util
import logging
from concurrent.futures import Future, ThreadPoolExecutor

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten, tree_unflatten
from t2s_tiny import CONFIG, text, tiny, tokens

from dora_mlx_tts.errors import BackendError, SettingError
from dora_mlx_tts.models.t2s.attention_recorder import AttentionRecorder
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime import device
from dora_mlx_tts.runtime.device import Backend

eight_bit = pytest.importorskip("dora_mlx_tts.models.t2s.eight_bit")
graph_layers = pytest.importorskip("dora_mlx_tts.models.core.graph_layers")

TEXTS = [text(3), text(9, seed=2), text(6, seed=3, features=False)]


def in_eight_bits(*, round_rows: bool = False) -> T2S:
    model = tiny(Backend.CPU)
    model.compile_in_eight_bits(round_rows=round_rows)
    return model


def with_rounded_weights() -> T2S:
    """In float32, with every matrix that has 8 bits in the other rounded to them."""
    model = tiny(Backend.CPU)
    names = ("in_proj_weight", "out_proj.weight", "linear1.weight", "linear2.weight")
    changed = []
    for name, value in tree_flatten(model.parameters()):
        if name == "ar_predict_layer.weight" or (name.startswith("h.") and name.endswith(names)):
            changed.append((name, mx.array(graph_layers.rounded(value).full())))
    assert len(changed) == 4 * CONFIG.layers + 1
    model.update(tree_unflatten(changed))
    return model


def steps(model: T2S, texts, prompt, count: int = 7) -> np.ndarray:
    """Logits after each of `count` forced tokens, [n, B, V]."""
    _, cache = model.prefill(texts, prompt)
    forced = [tokens(len(texts), seed=seed) for seed in range(count)]
    return np.stack([model.step(column, cache) for column in forced])


def deviation(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found - wanted) ** 2) / np.var(wanted)))


def first_states(model: T2S, texts, prompt) -> np.ndarray:
    """What the blocks make of a prefill, [B, C], seen through the identity in place of the prediction."""
    model._in_eight_bits()
    model.ar_predict_layer.weight = mx.eye(CONFIG.channels)
    return np.array(model.prefill(texts, prompt)[0])


@pytest.mark.parametrize("texts", [TEXTS[:1], TEXTS], ids=["alone", "padded"])
@pytest.mark.parametrize("prompt", [None, tokens(5)], ids=["no prompt", "prompt"])
def test_prefill_and_steps_are_those_of_rounded_weights(texts, prompt) -> None:
    found = steps(in_eight_bits(), texts, prompt)
    np.testing.assert_allclose(found, steps(with_rounded_weights(), texts, prompt), atol=5e-5)
    found, wanted = (
        first_states(model, texts, prompt) for model in (in_eight_bits(), with_rounded_weights())
    )
    np.testing.assert_allclose(found, wanted, atol=5e-5)


def test_room_that_grows_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = steps(with_rounded_weights(), TEXTS[:1], tokens(3), 20)
    monkeypatch.setattr("dora_mlx_tts.models.t2s.kv_cache.GROWTH", 4)
    np.testing.assert_allclose(steps(in_eight_bits(), TEXTS[:1], tokens(3), 20), wanted, atol=5e-5)


@pytest.mark.parametrize("levels", [127, 31])
@pytest.mark.parametrize("shape", [(9, 1), (1, 40)], ids=["of outputs", "of inputs"])
def test_numbers_of_packs_stay_as_they_are(levels: int, shape: tuple[int, int]) -> None:
    drawn = np.random.default_rng(1)
    numbers = drawn.integers(-levels, levels + 1, (9, 40)).astype(np.int8)
    numbers[:, 3] = numbers[5] = levels  # the largest of each row and column has the largest number
    scales = drawn.uniform(1e-3, 2, shape).astype(np.float32)
    for stored in (mx.array(numbers * scales), Stored(numbers, scales)):
        found = graph_layers.rounded(stored)
        np.testing.assert_array_equal(found.values, numbers)
        np.testing.assert_allclose(found.scale, scales, rtol=1e-6, strict=True)


def test_rounding_changes_logits_by_a_few_percent() -> None:
    found, rounded, wanted = (
        steps(model, TEXTS, tokens(5))
        for model in (in_eight_bits(round_rows=True), in_eight_bits(), tiny(Backend.CPU))
    )
    assert 0 < deviation(rounded, wanted) < 0.02
    assert 0 < deviation(found, rounded) < 0.02


def test_a_row_is_as_alone() -> None:
    model = in_eight_bits()
    together = steps(model, [text(6), text(6, seed=4)], tokens(5))
    alone = steps(model, [text(6)], tokens(5))
    np.testing.assert_array_equal(together[0, 0], alone[0, 0])


def test_attention_is_recorded() -> None:
    rows = []
    for model in (in_eight_bits(), with_rounded_weights()):
        _, cache = model.prefill(TEXTS[:1], tokens(5))
        cache.watch = AttentionRecorder([(0, 1), (2, 0)], 1)
        model.step(tokens(1), cache)
        rows.append(cache.watch.row())
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)
    assert rows[0].shape == (2,)


def test_a_long_text_is_read_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    model, plain = in_eight_bits(), tiny(Backend.CPU)
    monkeypatch.setattr("dora_mlx_tts.models.t2s.model.LONGEST_PREFILL", 13)
    np.testing.assert_array_equal(
        model.prefill([text(9)], tokens(5))[0], plain.prefill([text(9)], tokens(5))[0]
    )
    assert not np.array_equal(
        model.prefill([text(8)], tokens(5))[0], plain.prefill([text(8)], tokens(5))[0]
    )


def test_several_threads_decode_at_once() -> None:
    model = in_eight_bits()
    prompts = [tokens(5, seed=n) for n in range(6)]
    alone = [steps(model, TEXTS[:1], prompt) for prompt in prompts]
    with ThreadPoolExecutor(3) as pool:
        together = [*pool.map(lambda prompt: steps(model, TEXTS[:1], prompt), prompts)]
    np.testing.assert_array_equal(together, alone)


def test_float32_where_openvino_cannot_compile(caplog: pytest.LogCaptureFixture) -> None:
    model = in_eight_bits()
    broken: Future[object] = Future()
    broken.set_exception(RuntimeError("no such operation"))
    model._eight_bit._step._compiled = broken
    with caplog.at_level(logging.WARNING):
        found = steps(model, TEXTS, tokens(5))
    np.testing.assert_array_equal(found, steps(tiny(Backend.CPU), TEXTS, tokens(5)))
    assert caplog.messages == [
        "tokens are decoded in float32: OpenVINO cannot compile the steps of T2S: no such operation"
    ]


def test_a_failing_run_is_named() -> None:
    model = in_eight_bits()
    _, cache = model.prefill(TEXTS[:1])

    class Failing:
        def infer(self, *_: object, **__: object) -> None:
            raise RuntimeError("out of memory")

    failed: Future[object] = Future()
    failed.set_result((None, Failing()))
    model._eight_bit._step._compiled = failed
    with pytest.raises(BackendError, match="out of memory"):
        model.step(tokens(1), cache)


def test_it_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.select("cpu", precision="int8").int8
    assert not device.select("cpu").int8
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingError, match=r"precision must be auto or float32.*got 'int8'"):
        device.select("cpu", precision="int8")
