"""Steps equal the whole, backends agree, padding is never seen, bad input is refused."""

from __future__ import annotations

import dataclasses

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten
from t2s_tiny import CONFIG, text, tiny, tokens

from dora_mlx_tts.errors import EmptyTextError, SettingError, TextError, WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.t2s.kv_cache import HostCache, MlxCache
from dora_mlx_tts.models.t2s.layers import position_table
from dora_mlx_tts.models.t2s.model import PADDED_TO, POSITIONS, T2SConfig, T2SText, sanitize
from dora_mlx_tts.runtime.device import Backend

BOTH = pytest.mark.parametrize("backend", Backend)
SECTION = {
    "hidden_dim": 16, "embedding_dim": 16, "head": 2, "linear_units": 32, "n_layer": 3,
    "vocab_size": 33, "phoneme_vocab_size": 20, "EOS": 32, "dropout": 0,
}  # fmt: skip


def steps(model, texts, prompt, forced):
    """Logits after the prefill and after each forced column of tokens, [n + 1, B, V]."""
    logits, cache = model.prefill(texts, prompt)
    found = [np.array(logits)]
    found += [np.array(model.step(column, cache)) for column in forced.T]
    return np.stack(found)


@BOTH
@pytest.mark.parametrize("prompt", [None, tokens(0), tokens(5)], ids=["none", "empty", "five"])
def test_steps_equal_the_whole(backend, prompt):
    model, said, forced = tiny(backend), text(7), tokens(6, seed=1)
    found = steps(model, [said], prompt, forced[None])[:, 0]
    before = np.concatenate([tokens(0) if prompt is None else prompt, forced]).astype(np.int32)
    whole = np.array(model.predict(model.hidden([said], before)))[0]
    np.testing.assert_allclose(found, whole[-len(found) :], atol=2e-5)


@pytest.mark.parametrize("features", [True, False])
def test_backends_agree(features):
    texts = [text(9, features=features), text(4, seed=2), text(6, seed=3, features=False)]
    forced = np.stack([tokens(5, seed=row) for row in range(3)])
    native, *others = (steps(tiny(f), texts, tokens(5), forced) for f in Backend)
    np.testing.assert_allclose(others, [native] * len(others), atol=3e-5)


@BOTH
def test_a_batch_equals_one_by_one(backend):
    model = tiny(backend)
    texts = [text(3), text(9, seed=2), text(6, seed=3)]
    forced = np.stack([tokens(5, seed=row) for row in range(3)])
    together = steps(model, texts, tokens(4), forced)
    for row, said in enumerate(texts):
        alone = steps(model, [said], tokens(4), forced[row : row + 1])
        np.testing.assert_allclose(together[:, row], alone[:, 0], atol=2e-5)


@BOTH
def test_missing_features_are_zeros(backend):
    model, said = tiny(backend), text(5, features=False)
    zeros = T2SText(said.phones, np.zeros((5, CONFIG.features), np.float32))
    np.testing.assert_allclose(
        np.array(model.prefill([said])[0]), np.array(model.prefill([zeros])[0]), atol=1e-6
    )


@BOTH
def test_growth_changes_nothing(backend, monkeypatch):
    forced = tokens(20)[None]
    model = tiny(backend)
    wanted = steps(model, [text(6)], tokens(3), forced)
    monkeypatch.setattr("dora_mlx_tts.models.t2s.kv_cache.GROWTH", 4)
    np.testing.assert_allclose(steps(model, [text(6)], tokens(3), forced), wanted, atol=1e-6)


@BOTH
def test_long_audio_is_read_in_blocks(backend, monkeypatch):
    model, said, prompt = tiny(backend), text(5), tokens(30)
    wanted = np.array(model.hidden([said], prompt))
    monkeypatch.setattr("dora_mlx_tts.models.t2s.layers._QUERY_BLOCK", 7)
    np.testing.assert_allclose(np.array(model.hidden([said], prompt)), wanted, atol=2e-6)


@BOTH
def test_a_cache_is_used_again(backend):
    model = tiny(backend)
    wanted, cache = model.prefill([text(6)], tokens(3))
    model.step(tokens(1), cache)
    buffers = cache.capacity
    again, same = model.prefill([text(6)], tokens(3), cache)
    assert same is cache
    assert same.capacity == buffers
    np.testing.assert_array_equal(np.array(again), np.array(wanted))


@BOTH
def test_a_foreign_cache_is_refused(backend):
    other = dataclasses.replace(CONFIG, layers=2)
    cache = tiny(backend, config=other).make_cache()
    with pytest.raises(SettingError, match="layers=2"):
        tiny(backend).prefill([text(3)], cache=cache)


def test_caches_live_where_steps_run():
    assert isinstance(tiny(Backend.CPU).make_cache(), HostCache)
    assert isinstance(tiny(Backend.NATIVE).make_cache(), MlxCache)


def test_half_precision_weights_run_natively():
    model = tiny(Backend.NATIVE)
    wanted = steps(model, [text(6), text(4)], tokens(3), np.stack([tokens(4), tokens(4)]))
    model.set_dtype(mx.float16)
    found = steps(model, [text(6), text(4)], tokens(3), np.stack([tokens(4), tokens(4)]))
    assert model.prefill([text(6)])[0].dtype == mx.float16
    assert np.sqrt(np.mean((found - wanted) ** 2) / np.mean(wanted**2)) < 2e-2


def test_half_precision_weights_become_float32_on_the_cpu():
    model = tiny(Backend.NATIVE)
    model.set_dtype(mx.float16)
    prepare(model, Backend.CPU)
    wanted = steps(tiny(Backend.CPU), [text(6)], tokens(3), tokens(4)[None])
    found = steps(model, [text(6)], tokens(3), tokens(4)[None])
    np.testing.assert_allclose(found, wanted, atol=0.05)


def test_position_table_begins_as_defined():
    table = position_table(50, 6)
    place = np.arange(50.0)[:, None]
    angle = place * 10000.0 ** (-np.arange(0, 6, 2) / 6)
    np.testing.assert_allclose(table[:, 0::2], np.sin(angle), atol=1e-5)
    np.testing.assert_allclose(table[:, 1::2], np.cos(angle), atol=1e-5)


@pytest.mark.parametrize(
    ("said", "error", "match"),
    [
        (T2SText(np.array([], np.int32)), EmptyTextError, "no phones"),
        (T2SText(np.array([0, 20], np.int32)), TextError, "phone must be from 0 to 19, got 20"),
        (T2SText(np.array([-1, 3], np.int32)), TextError, "phone must be from 0 to 19, got -1"),
        (T2SText(np.array([1.0])), TextError, "float64"),
        (T2SText(np.zeros(POSITIONS + 1, np.int32)), TextError, str(POSITIONS)),
        (T2SText(np.zeros((1, 3), np.int32)), TextError, "one row"),
        (T2SText(np.zeros(3, np.int32), np.zeros((8, 3), np.float32)), TextError, r"\[3, 8\]"),
    ],
)
def test_bad_text_is_refused(said, error, match):
    with pytest.raises(error, match=match):
        tiny(Backend.CPU).prefill([said])


@BOTH
@pytest.mark.parametrize(
    ("prompt", "match"),
    [
        (
            np.array([32], np.int32),
            "prompt token must be from 0 to 31, got 32",
        ),  # the end token is no speech
        (np.array([-2], np.int32), "prompt token must be from 0 to 31, got -2"),
        (np.zeros(POSITIONS + 1, np.int32), str(POSITIONS)),
    ],
)
def test_bad_prompt_is_refused(backend, prompt, match):
    with pytest.raises(SettingError, match=match):
        tiny(backend).prefill([text(3)], prompt)


@BOTH
def test_no_texts_are_refused(backend):
    with pytest.raises(EmptyTextError):
        tiny(backend).prefill([])


@BOTH
def test_steps_are_bounded(backend, monkeypatch):
    model = tiny(backend)
    limit = PADDED_TO + 1 if backend is Backend.CUDA_MATMUL else 8
    _, cache = model.prefill([text(3)], tokens(4), model.make_cache(1, limit))
    with pytest.raises(SettingError, match="cache of 1 rows"):
        model.step(tokens(2), cache)
    model.step(tokens(1), cache)
    with pytest.raises(SettingError, match=f"must be at most {limit}"):
        model.step(tokens(1), cache)
    monkeypatch.setattr("dora_mlx_tts.models.t2s.model.POSITIONS", 5)
    _, cache = model.prefill([text(3)], tokens(5))
    with pytest.raises(SettingError, match="at most 5, got 6"):
        model.step(tokens(1), cache)


def test_host_steps_check_their_tokens():
    model = tiny(Backend.CPU)
    _, cache = model.prefill([text(3)])
    with pytest.raises(SettingError, match="token must be from 0 to 32, got 33"):
        model.step(np.array([33], np.int32), cache)


def checkpoint():
    model = tiny(Backend.NATIVE)
    return {f"model.{name}": value for name, value in tree_flatten(model.parameters())}


def test_config_comes_from_the_checkpoint():
    found = T2SConfig.from_checkpoint({"model": SECTION, "train": {"epochs": 3}}, checkpoint())
    assert found == CONFIG
    assert T2SConfig.from_checkpoint(SECTION) == dataclasses.replace(CONFIG, features=1024)
    assert set(sanitize(checkpoint())) == {
        k for k, _ in tree_flatten(tiny(Backend.NATIVE).parameters())
    }


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"hidden_dim": None}, "hidden_dim must be an integer above 0, got None"),
        ({"head": True}, "head must be an integer above 0, got True"),
        ({"head": 3}, "twice head \\(3\\), got 16"),
        ({"n_layer": 0}, "n_layer must be an integer above 0, got 0"),
        ({"EOS": 31}, "last token of vocab_size \\(33\\), got 31"),
        ({"embedding_dim": 8}, "embedding_dim must be hidden_dim \\(16\\), got 8"),
        ({"n_layer": 2}, "must hold 2 layers"),
        ({"phoneme_vocab_size": 19}, "ar_text_embedding"),
        ({"linear_units": 64}, "linear1"),
        ({"vocab_size": 40, "EOS": 39}, "ar_audio_embedding"),
    ],
)
def test_config_that_does_not_fit_is_refused(change, match):
    with pytest.raises(WeightsError, match=match):
        T2SConfig.from_checkpoint({"model": SECTION | change}, checkpoint())


def test_missing_tensor_is_named():
    weights = checkpoint()
    del weights["model.ar_predict_layer.weight"]
    with pytest.raises(WeightsError, match=r"ar_predict_layer\.weight"):
        T2SConfig.from_checkpoint({"model": SECTION}, weights)
    with pytest.raises(WeightsError, match="must be a table, got int"):
        T2SConfig.from_checkpoint({"model": 3})


def test_prefills_as_products_have_few_sizes():
    model = tiny(Backend.CUDA_MATMUL)
    model.warm_up()
    sizes = {model.prefill([text(n)], tokens(3))[1].length for n in range(1, 100)}
    assert sizes == {PADDED_TO, 2 * PADDED_TO}
