"""BERT features against the reference implementation."""

from __future__ import annotations

import functools
import json

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
import weights_recipe
from golden_cases import cases

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.bert import Bert, BertConfig
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime import blas
from dora_mlx_tts.runtime.device import Backend
from dora_mlx_tts.text.bert_features import spread

TABLE = "bert.embeddings.word_embeddings.weight"
TIED = "cls.predictions.decoder.weight"


@pytest.fixture(scope="module", autouse=True)
def _fast_products():
    blas.accelerate()


@functools.lru_cache(maxsize=1)
def load(weights: str, config: str) -> Bert:
    model = Bert(BertConfig.from_dict(json.loads(config)))
    strict_load(model, model.sanitize(golden_cases.draw_weights(weights)), weights)
    return model


def settle_word_table(model: Bert, arrays: dict[str, np.ndarray], salt: str) -> None:
    """Word embeddings and the decoder of the language model's head are one tensor with two names.

    Which name it was drawn by when a case was made, the case's `embeddings` tell.
    """
    want = arrays["embeddings"]
    shape = tuple(model.embeddings.word_embeddings.weight.shape)
    for name in (TABLE, TIED):
        model.embeddings.word_embeddings.weight = mx.array(weights_recipe.draw(name, shape, salt))
        got = np.array(model.embeddings(mx.array(arrays["input_ids"])))[..., : want.shape[2]]
        if np.allclose(got, want, atol=1e-3):
            return
    pytest.fail("the word embeddings were drawn by neither of their names")


@pytest.mark.parametrize("backend", Backend)
@pytest.mark.parametrize("name", cases("bert"))
def test_bert(name, backend, load_case, assert_close):
    arrays, entry = load_case(name)
    model = load(entry["weights"], json.dumps(entry["config"]))
    prepare(model, backend)
    settle_word_table(model, arrays, golden_cases.manifest()["weights"][entry["weights"]]["salt"])
    ids = mx.array(arrays["input_ids"])
    embeddings = model.embeddings(ids)[..., : arrays["embeddings"].shape[2]]
    assert_close(embeddings, arrays["embeddings"], entry, what="embeddings")
    hidden = model.features(ids)
    if "hidden_minus3" in arrays:
        assert_close(hidden, arrays["hidden_minus3"], entry, what="hidden state")
    phones = spread(np.array(hidden)[0, 1:-1], arrays["word2ph"].tolist())
    assert_close(phones.T, arrays["phone_features"], entry)
