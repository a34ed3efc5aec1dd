"""The decoding loops: how they end, that a batch changes nothing, that closing frees."""

from __future__ import annotations

import numpy as np
import pytest
from t2s_tiny import CONFIG, collected, text, tiny, tokens

from dora_mlx_tts.errors import EmptyTextError, SettingError, SynthesisError, TextError
from dora_mlx_tts.models.t2s import decoding
from dora_mlx_tts.models.t2s.decoding import (
    MIN_TOKENS,
    DecodeSettings,
    End,
    generate,
    generate_batch,
)
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime.device import Backend

BOTH = pytest.mark.parametrize("backend", Backend)
GREEDY = SamplingSettings(top_k=1, repetition_penalty=1.0)
DRAWN = SamplingSettings(top_k=10, temperature=2.0)
NEVER = 10_000


class Scripted:
    """A network whose logits are written down: token i, then the end."""

    backend = Backend.CPU
    config = CONFIG
    packed = None
    kernel = None

    def __init__(self, lengths):
        self.lengths, self.stepped = list(lengths), 0

    def check(self, text, prompt):
        pass

    def prefill(self, texts, prompt, cache):
        self.cache = ScriptedCache(len(texts))
        return self._logits(0), self.cache

    def step(self, tokens, cache):
        self.stepped += 1
        cache.length += 1
        return self._logits(cache.length)

    def _logits(self, count):
        logits = np.zeros((len(self.cache.kept), CONFIG.vocabulary), np.float32)
        for place, row in enumerate(self.cache.kept):
            token = CONFIG.eos if count >= self.lengths[row] else (count + row) % 30
            logits[place, token] = 9.0
            logits[place, 31] = 5.0  # second best, where the end is ruled out
        return logits


class ScriptedCache:
    def __init__(self, rows):
        self.kept, self.length, self.freed = list(range(rows)), 0, False

    def keep(self, rows):
        self.kept = [self.kept[row] for row in rows]

    def free(self):
        self.freed = True


def test_it_ends_with_the_end_token():
    model = Scripted([20])
    stream = generate(model, text(3), None, DecodeSettings(GREEDY))
    assert list(stream) == list(range(20))
    assert stream.end is End.EOS
    assert stream.count == 20
    assert model.cache.freed


def test_eleven_tokens_come_at_least():
    found = list(generate(Scripted([0]), text(3), None, DecodeSettings(GREEDY)))
    assert found == [31] * 11
    assert MIN_TOKENS == 11


def test_it_ends_when_the_best_is_the_end_though_another_was_drawn():
    flat = SamplingSettings(top_k=40, temperature=1e6, repetition_penalty=1.0)
    stream = generate(Scripted([15]), text(3), None, DecodeSettings(flat), seed=1)
    assert len(list(stream)) <= 15
    assert stream.end is End.EOS


def test_more_tokens_than_expected_stop_it_and_all_are_kept():
    stream = generate(Scripted([NEVER]), text(3), None, DecodeSettings(GREEDY, early_stop=24))
    assert list(stream) == list(range(25))
    assert stream.end is End.EARLY_STOP


def test_there_is_a_limit(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_TOKENS", 29)
    model = Scripted([NEVER])
    stream = generate(model, text(3), None, DecodeSettings(GREEDY))
    assert list(stream) == list(range(29))
    assert stream.end is End.LIMIT
    assert model.stepped == 28  # nothing is computed for nobody


def test_the_limit_is_a_minute_of_speech():
    stream = generate(Scripted([NEVER]), text(3), None, DecodeSettings(GREEDY))
    assert len(list(stream)) == 1500
    assert stream.end is End.LIMIT


def test_rows_leave_the_batch():
    model = Scripted([13, 20, 16])
    stream = generate_batch(model, [text(3)] * 3, None, DecodeSettings(GREEDY, early_stop=18))
    rows, sizes = [[], [], []], []
    for row, token in stream:
        rows[row].append(token)
        sizes.append(len(model.cache.kept))
    assert rows == [[(i + r) % 30 for i in range(n)] for r, n in enumerate((13, 19, 16))]
    assert stream.ends == [End.EOS, End.EARLY_STOP, End.EOS]
    assert sizes[0] == 3
    assert sizes[-1] == 1


@BOTH
@pytest.mark.parametrize("sampling", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_a_batch_equals_one_by_one(backend, sampling):
    model = tiny(backend)
    texts = [text(3), text(9, seed=2), text(6, seed=3)]
    settings = DecodeSettings(sampling, early_stop=40)
    stream = generate_batch(model, texts, tokens(5), settings, seeds=[1, 2, 3])
    together = collected(stream)
    assert len({len(row) for row in together}) > 1 or sampling is GREEDY
    for row, said in enumerate(texts):
        alone = generate(model, said, tokens(5), settings, seed=row + 1)
        assert list(alone) == together[row]
        assert alone.end is stream.ends[row]


@BOTH
def test_a_seed_repeats(backend):
    model, settings = tiny(backend), DecodeSettings(DRAWN, early_stop=30)
    first, again, other = (
        list(generate(model, text(4), tokens(3), settings, seed=seed)) for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_backends_give_the_same_tokens():
    settings = DecodeSettings(GREEDY, early_stop=40)
    native, *others = (list(generate(tiny(f), text(4), tokens(3), settings)) for f in Backend)
    assert others == [native] * len(others)


@BOTH
def test_closing_stops_and_frees(backend):
    model = tiny(backend)
    stream = generate(model, text(4), tokens(3), DecodeSettings(DRAWN), seed=1)
    next(stream)
    cache = stream._rows._cache
    assert cache.capacity > 0
    stream.close()
    assert cache.capacity == 0
    assert stream.end is None
    assert list(stream) == []


@BOTH
def test_a_lent_cache_is_kept_and_can_be_used_again(backend):
    model, settings = tiny(backend), DecodeSettings(GREEDY, early_stop=15)
    cache = model.make_cache()
    wanted = list(generate(model, text(4), tokens(3), settings))
    with generate(model, text(6), tokens(2), settings, cache=cache) as stream:
        next(stream)
    assert cache.capacity > 0
    assert list(generate(model, text(4), tokens(3), settings, cache=cache)) == wanted


def test_closing_before_the_first_token_computes_nothing():
    model = Scripted([20])
    stream = generate(model, text(3))
    stream.close()
    assert not hasattr(model, "cache")
    assert list(stream) == []


@pytest.mark.parametrize(
    ("said", "prompt", "error"),
    [
        (text(0), None, EmptyTextError),
        (text(3), np.array([CONFIG.eos], np.int32), SettingError),
    ],
)
def test_bad_input_is_refused_at_once(said, prompt, error):
    with pytest.raises(error):
        generate(tiny(Backend.CPU), said, prompt)


def test_bad_settings_are_refused():
    with pytest.raises(SettingError, match="early_stop must be an integer from 1, got 0"):
        DecodeSettings(early_stop=0)
    with pytest.raises(SettingError, match="seeds must be 1, one per text, got 2"):
        generate_batch(Scripted([3]), [text(3)], seeds=[1, 2])
    with pytest.raises(TextError):
        generate_batch(tiny(Backend.CPU), [])


@BOTH
def test_a_network_that_gives_no_numbers_is_refused(backend: Backend) -> None:
    model = tiny(backend)
    prefill = model.prefill

    def broken(*args):
        logits, cache = prefill(*args)
        return logits * float("nan"), cache

    model.prefill = broken
    with pytest.raises(SynthesisError, match="not finite"):
        next(generate(model, text(5), seed=1))
