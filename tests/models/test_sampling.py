"""Each transform on distributions made by hand, on numpy's arrays and MLX's alike."""

from __future__ import annotations

import math

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.models.t2s.sampling import (
    Sampler,
    SamplingSettings,
    apply_temperature,
    keep_top_k,
    keep_top_p,
    penalise,
    probabilities,
    race,
    softmax,
)

BOTH = pytest.mark.parametrize("xp", [np, mx], ids=["numpy", "mlx"])


def logs(*shares):
    return np.log(np.array(shares, np.float32))


def kept(result):
    return np.isfinite(np.array(result)).tolist()


@BOTH
def test_penalty_pushes_seen_tokens_down(xp):
    logits, seen = xp.array([2.0, -2.0, 3.0, -3.0]), xp.array([True, True, False, False])
    np.testing.assert_allclose(np.array(penalise(xp, logits, seen, 2.0)), [1.0, -4.0, 3.0, -3.0])
    assert penalise(xp, logits, seen, 1.0) is logits


@BOTH
@pytest.mark.parametrize(
    ("top_p", "wanted"),
    [
        (1.0, [True, True, True, True]),
        (0.75, [False, True, True, False]),  # 0.4, 0.7; the third would cross
        (0.5, [False, True, False, False]),
        (0.1, [False, True, False, False]),  # the best one stays
        (0.0, [False, True, False, False]),
    ],
)
def test_top_p_removes_what_crosses(xp, top_p, wanted):
    assert kept(keep_top_p(xp, xp.array(logs(0.2, 0.4, 0.3, 0.1)), top_p)) == wanted


@BOTH
def test_top_p_works_on_rows(xp):
    rows = xp.array(np.stack([logs(0.2, 0.8), logs(0.6, 0.4)]))
    assert kept(keep_top_p(xp, rows, 0.7)) == [[False, True], [True, False]]


@BOTH
@pytest.mark.parametrize(
    ("top_k", "wanted"),
    [(1, [0, 1, 0, 0]), (2, [1, 1, 1, 0]), (3, [1, 1, 1, 0]), (4, [1] * 4), (9, [1] * 4)],
)
def test_top_k_keeps_ties(xp, top_k, wanted):
    assert kept(keep_top_k(xp, xp.array([2.0, 5.0, 2.0, 1.0]), top_k)) == [bool(w) for w in wanted]


@BOTH
def test_temperature_divides_and_has_a_floor(xp):
    logits = xp.array([1.0, 2.0])
    np.testing.assert_allclose(np.array(apply_temperature(xp, logits, 0.5)), [2.0, 4.0])
    np.testing.assert_allclose(np.array(apply_temperature(xp, logits, 0.0)), [1e5, 2e5])
    assert apply_temperature(xp, logits, 1.0) is logits


@BOTH
def test_transforms_come_in_order(xp):
    """Top-p looks at untempered logits: at temperature 0.1 the best would stay alone."""
    settings = SamplingSettings(top_k=5, top_p=0.75, temperature=0.1)
    found = np.array(probabilities(xp, xp.array(logs(0.2, 0.4, 0.3, 0.1)), settings))
    wanted = np.array([0.0, 0.4**10, 0.3**10, 0.0])
    np.testing.assert_allclose(found, wanted / wanted.sum(), rtol=1e-4, atol=1e-7)


@BOTH
def test_race_is_won_by_the_shortest_time(xp):
    probability, times = xp.array([[0.5, 0.3, 0.2]]), xp.array([[1.0, 0.5, 9.0]])
    assert np.array(race(xp, probability, times)).tolist() == [1]


@BOTH
def test_softmax_gives_removed_tokens_nothing(xp):
    found = np.array(softmax(xp, xp.array([0.0, -math.inf, 0.0])))
    np.testing.assert_allclose(found, [0.5, 0.0, 0.5])


def draws(sampler, logits, count):
    given = mx.array(logits) if isinstance(sampler._seen, mx.array) else logits
    return np.stack([np.array(sampler(given, may_end=True).tokens) for _ in range(count)])


@pytest.mark.parametrize("on_device", [False, True])
def test_draws_follow_the_distribution(on_device):
    shares = np.array([0.5, 0.3, 0.2, 0.0], np.float32)
    settings = SamplingSettings(repetition_penalty=1.0)
    sampler = Sampler(settings, 4, (), list(range(500)), on_device=on_device)
    logits = np.tile(np.log(np.maximum(shares, 1e-30)), (500, 1))
    found = np.bincount(draws(sampler, logits, 8).ravel(), minlength=4) / 4000
    np.testing.assert_allclose(found, shares, atol=0.04)


@pytest.mark.parametrize("on_device", [False, True])
def test_a_seed_repeats_and_rows_are_independent(on_device):
    logits = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)

    def run(seeds, rows):
        sampler = Sampler(SamplingSettings(), 50, [1, 2], seeds, on_device=on_device)
        return draws(sampler, logits[rows], 6)

    together = run([7, 8, None], [0, 1, 2])
    np.testing.assert_array_equal(run([7, 8, 9], [0, 1, 2])[:, :2], together[:, :2])
    np.testing.assert_array_equal(run([8], [1]), together[:, 1:2])
    assert not np.array_equal(run([9, 8, 9], [0, 1, 2])[:, 0], together[:, 0])


@pytest.mark.parametrize("on_device", [False, True])
def test_sampler_remembers_what_each_row_has_seen(on_device):
    settings = SamplingSettings(top_k=1, repetition_penalty=10.0)
    sampler = Sampler(settings, 4, [0], [None, None], on_device=on_device)
    logits = np.array([[9.0, 3.0, 2.0, 1.5], [9.0, 1.5, 3.0, 2.0]], np.float32)
    found = draws(sampler, logits, 3)
    assert found.T.tolist() == [[1, 2, 3], [2, 3, 1]]
    sampler.keep([1])
    assert draws(sampler, logits[1:], 1).tolist() == [[0]]  # everything was seen: the best again


@pytest.mark.parametrize("on_device", [False, True])
def test_the_end_can_be_ruled_out(on_device):
    sampler = Sampler(SamplingSettings(top_k=1), 3, (), [None], on_device=on_device)
    logits = np.array([[1.0, 2.0, 9.0]], np.float32)
    given = mx.array(logits) if on_device else logits
    assert np.array(sampler(given, may_end=False).tokens).tolist() == [1]
    picks = sampler(given, may_end=True)
    assert (np.array(picks.tokens).tolist(), np.array(picks.best).tolist()) == ([2], [2])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_k", 0),
        ("top_k", 1.5),
        ("top_k", True),
        ("top_p", -0.1),
        ("top_p", 1.1),
        ("top_p", "1"),
        ("temperature", -1),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("repetition_penalty", 0),
        ("repetition_penalty", -1),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(SettingError, match=f"{name} must be"):
        SamplingSettings(**{name: value})


def test_numpy_integers_are_seeds():
    assert draws(
        Sampler(SamplingSettings(), 9, (), [np.uint32(3)]), np.zeros((1, 9)), 5
    ).tolist() == (draws(Sampler(SamplingSettings(), 9, (), [3]), np.zeros((1, 9)), 5).tolist())


@pytest.mark.parametrize("seed", [-1, 1.5, True, "1"])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(SettingError, match="seed must be"):
        Sampler(SamplingSettings(), 4, (), [seed])


@pytest.mark.parametrize("xp", [np, mx])
def test_an_impossible_token_never_wins(xp):
    """A time of exactly 0 comes about once in 16 thousand draws of 1025."""
    probability = xp.array([[0.0, 0.4, 0.6, 0.0]])
    times = xp.array([[0.0, 1.0, 1.0, 2.0]])
    assert int(race(xp, probability, times)[0]) == 2
