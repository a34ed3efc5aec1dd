"""The text-to-semantic network and its loops against the reference implementation."""

from __future__ import annotations

import functools
import json
import re

import golden_cases
import numpy as np
import pytest
from golden_cases import cases
from reference_chunks import fixed_chunks, mute_chunks, mute_similarity
from reference_steps import collected

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, End, generate, generate_batch
from dora_mlx_tts.models.t2s.layers import position_table
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig, T2SText, sanitize
from dora_mlx_tts.models.t2s.sampling import Sampler, SamplingSettings
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

POSITIONS, PREFILL, STEPS = r"_pe$", r"_prefill$", r"_steps$"
DECODING, BATCH, STREAM = r"_(greedy\w*|no_prompt)$", r"_batch\d+$", r"_stream_(fixed|mute)$"
BOTH = pytest.mark.parametrize("backend", Backend)
_SIZES = ("hidden_dim", "embedding_dim", "head", "linear_units", "n_layer", "vocab_size",
          "phoneme_vocab_size", "EOS", "dropout", "random_bert")  # fmt: skip


@functools.lru_cache(maxsize=2)  # one per backend
def load(weights: str, config: str, backend: Backend) -> T2S:
    drawn = golden_cases.draw_weights(weights)
    model = T2S(T2SConfig.from_checkpoint({"model": json.loads(config)}, drawn))
    strict_load(model, sanitize(drawn), weights)
    prepare(model, backend)
    return model


def network(entry, backend):
    sizes = {key: entry["config"][key] for key in _SIZES if key in entry["config"]}
    return load(entry["weights"], json.dumps(sizes), backend)


def said(arrays):
    return T2SText(arrays["x"][0], arrays["bert"][0].T)


def settings(entry):
    config = entry["config"]
    sampling = SamplingSettings(
        config["top_k"],
        config.get("top_p", 1.0),
        config.get("temperature", 1.0),
        config["repetition_penalty"],
    )
    early_stop = config["early_stop_num"]
    return DecodeSettings(sampling, None if early_stop == -1 else early_stop)


def split(cached):
    """[B, H, T, S] to the reference's [B, T, H * S]."""
    joined = np.array(cached).swapaxes(1, 2)
    return joined.reshape(*joined.shape[:2], -1)


@pytest.mark.parametrize("name", cases("t2s"))
def test_every_case_is_run(name):
    patterns = (POSITIONS, PREFILL, STEPS, DECODING, BATCH, STREAM)
    assert sum(bool(re.search(pattern, name)) for pattern in patterns) == 1


@pytest.mark.parametrize("name", cases("t2s", POSITIONS))
def test_positions(name, load_case, assert_close):
    arrays, entry = load_case(name)
    table = position_table(int(arrays["rows"].max()) + 1, entry["config"]["dim"])
    assert_close(table[arrays["rows"]][:, : arrays["pe"].shape[1]], arrays["pe"], entry)


@BOTH
@pytest.mark.parametrize("name", cases("t2s", PREFILL))
def test_prefill(name, backend, load_case, assert_close):
    arrays, entry = load_case(name)
    model, text, prompt = network(entry, backend), said(arrays), arrays["prompts"][0]
    logits, cache = model.prefill([text], prompt)
    assert_close(logits, arrays["logits_last"], entry, what="logits")
    whole = model.hidden([text], prompt)
    assert_close(whole[:, -arrays["hidden"].shape[1] :], arrays["hidden"], entry, what="hidden")
    assert_close(model.predict(whole[:, -1]), arrays["logits_last"], entry, what="whole")
    if "embedded" in arrays:
        embedded = model.embed([text], prompt)
        assert_close(embedded, arrays["embedded"], entry, what="embedded")
    if "k_cache_first" in arrays:
        last, count = model.config.layers - 1, arrays["k_cache_first"].shape[1]  # less padding
        keys, values = split(cache.keys(0))[:, -count:], split(cache.values(last))[:, -count:]
        assert_close(keys, arrays["k_cache_first"], entry, what="keys")
        assert_close(values, arrays["v_cache_last"], entry, what="values")


@BOTH
@pytest.mark.parametrize("name", cases("t2s", STEPS))
def test_steps(name, backend, load_case, assert_close):
    arrays, entry = load_case(name)
    model = network(entry, backend)
    _, cache = model.prefill([said(arrays)], arrays["prompts"][0])
    logits = [np.array(model.step(token[None], cache))[0] for token in arrays["forced"]]
    assert_close(np.stack(logits), arrays["logits"], entry)


@BOTH
@pytest.mark.parametrize("name", cases("t2s", DECODING))
def test_decoding(name, backend, load_case):
    arrays, entry = load_case(name)
    prompt = arrays["prompts"][0] if "prompts" in arrays else None
    stream = generate(network(entry, backend), said(arrays), prompt, settings(entry))
    tokens = list(stream)
    before = [] if prompt is None else prompt.tolist()
    assert before + tokens == arrays["tokens"][0].tolist()
    # The reference counts one less than it decoded when it was not the end token that ended it.
    counted = len(tokens) - (stream.end is not End.EOS)
    assert int(arrays["idx"]) == (0 if prompt is None else counted)


@BOTH
@pytest.mark.parametrize("name", cases("t2s", BATCH))
def test_batch_decoding(name, backend, load_case, assert_close):
    arrays, entry = load_case(name)
    model, prompt = network(entry, backend), arrays["prompts"][0]
    rows = range(len(arrays["lens"]))
    texts = [T2SText(arrays[f"x{row}"], arrays[f"bert{row}"].T) for row in rows]
    first = np.array(model.prefill(texts, prompt)[0])[:, : model.config.eos]
    assert_close(first, arrays["logits_first_step"], entry)
    stream = generate_batch(model, texts, prompt, settings(entry))
    for row, tokens in enumerate(collected(stream)):
        # A batch of the reference drops the last token where the end token did not end it.
        told = tokens if stream.ends[row] is End.EOS else tokens[:-1]
        assert prompt.tolist() + told == arrays[f"tokens{row}"].tolist()
        assert int(arrays["idx"][row]) == len(told)


@BOTH
@pytest.mark.parametrize("name", cases("t2s", STREAM))
def test_streaming(name, backend, load_case, assert_close):
    arrays, entry = load_case(name)
    model, config = network(entry, backend), entry["config"]
    embeddings = np.array(model.ar_audio_embedding.word_embeddings.weight)
    likeness = mute_similarity(embeddings, config["mute_token"])
    assert_close(likeness, arrays["similarity"], entry, what="similarity", atol=1e-5)
    stream = generate(model, said(arrays), arrays["prompts"][0], settings(entry))
    length, threshold = config["chunk_length"], config["chunk_split_threshold"]
    if name.endswith("fixed"):
        chunks = list(fixed_chunks(stream, length))
    else:
        found = mute_chunks(stream, length, likeness, threshold=threshold, repeat=True)
        chunks = list(found)
    wanted = [tuple(arrays[f"chunk{i}"][0].tolist()) for i in range(len(arrays["lengths"]))]
    assert [chunk.tokens for chunk in chunks] == wanted
    assert [chunk.final for chunk in chunks] == arrays["final"].tolist()


@pytest.mark.parametrize("name", cases("t2s", r"_greedy\w*$"))
def test_sampler_on_the_device_agrees(name, load_case):
    """Greedy choices with the penalty, made from MLX arrays, are the host's."""
    arrays, entry = load_case(name)
    model, prompt = network(entry, Backend.CPU), arrays["prompts"][0]
    samplers = [
        Sampler(settings(entry).sampling, model.config.vocabulary, prompt, [None], on_device=device)
        for device in (False, True)
    ]
    logits, cache = model.prefill([said(arrays)], prompt)
    for token in arrays["tokens"][0][len(prompt) :][:8]:
        for sampler in samplers:
            xp_logits = sampler._xp.array(logits)
            assert np.array(sampler(xp_logits, may_end=False).tokens).tolist() == [token]
        logits = model.step(token[None], cache)
