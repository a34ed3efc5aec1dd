"""Both caches hold what was written, grow, shrink, and stay inside their limit."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.models.t2s.kv_cache import GROWTH, CacheShape, HostCache, MlxCache

SHAPE = CacheShape(layers=2, heads=3, head_size=4)
BOTH = pytest.mark.parametrize("kind", [MlxCache, HostCache])


def fill(cache, positions, seed=0):
    """Append random keys; values are their negatives, times the layer's number plus one."""
    drawn = (
        np.random.default_rng(seed).normal(size=(cache.rows, 3, positions, 4)).astype(np.float32)
    )
    cache.reserve(positions)
    for layer in range(SHAPE.layers):
        new = drawn * (layer + 1)
        keys, values = (
            (new, -new) if isinstance(cache, HostCache) else (mx.array(new), mx.array(-new))
        )
        cache.append(layer, keys, values)
    cache.advance(positions)
    return drawn


def held(cache, layer=0):
    return np.array(cache.keys(layer)), np.array(cache.values(layer))


@BOTH
def test_it_holds_what_was_appended(kind):
    cache = kind(SHAPE, 2, 100)
    whole = np.concatenate([fill(cache, n, seed=n) for n in (5, 1, 1)], axis=2)
    assert cache.length == 7
    for layer in range(SHAPE.layers):
        keys, values = held(cache, layer)
        np.testing.assert_array_equal(keys, whole * (layer + 1))
        np.testing.assert_array_equal(values, -whole * (layer + 1))


@BOTH
def test_append_gives_everything_up_to_the_new(kind):
    cache = kind(SHAPE, 1, 100)
    first = fill(cache, 3)
    cache.reserve(1)
    new = np.ones((1, 3, 1, 4), np.float32)
    keys, _ = cache.append(0, mx.array(new) if kind is MlxCache else new, mx.array(new))
    np.testing.assert_array_equal(np.array(keys), np.concatenate([first, new], axis=2))
    assert cache.length == 3  # until advance


@BOTH
def test_it_grows_in_steps_and_keeps_its_content(kind):
    cache = kind(SHAPE, 1, 3 * GROWTH)
    first = fill(cache, GROWTH - 1)
    assert cache.capacity == GROWTH
    second = fill(cache, 2, seed=1)
    assert cache.capacity == 2 * GROWTH
    np.testing.assert_array_equal(held(cache)[0], np.concatenate([first, second], axis=2))


@BOTH
def test_it_stays_inside_its_limit(kind):
    cache = kind(SHAPE, 1, 10)
    fill(cache, 9)
    assert cache.capacity == 10
    with pytest.raises(SettingError, match=r"at most 10, got 11"):
        cache.reserve(2)
    cache.reserve(1)


@BOTH
def test_rows_leave(kind):
    cache = kind(SHAPE, 3, 20)
    cache.padding = (0, 2, 1)
    first = fill(cache, 4)
    cache.keep([2, 0])
    assert cache.padding == (1, 0)
    second = fill(cache, 1, seed=1)
    wanted = np.concatenate([first[[2, 0]], second], axis=2)
    np.testing.assert_array_equal(held(cache)[0], wanted)


@BOTH
@pytest.mark.parametrize("rows", [[], [2], [-1]])
def test_rows_that_are_not_held_are_refused(kind, rows):
    cache = kind(SHAPE, 2, 20)
    fill(cache, 1)
    with pytest.raises(SettingError, match="of a cache of 2"):
        cache.keep(rows)


@BOTH
def test_reset_keeps_buffers_of_as_many_rows_only(kind):
    cache = kind(SHAPE, 2, 20)
    fill(cache, 6)
    cache.reset(2)
    assert (cache.length, cache.capacity) == (0, 20)
    cache.reset(1)
    assert (cache.rows, cache.capacity, cache.padding) == (1, 0, (0,))


@BOTH
def test_free_gives_memory_back(kind):
    cache = kind(SHAPE, 2, 20)
    fill(cache, 6)
    cache.free()
    assert (cache.rows, cache.length, cache.capacity) == (2, 0, 0)


@BOTH
@pytest.mark.parametrize(("rows", "limit"), [(0, 5), (1, 0)])
def test_sizes_are_checked(kind, rows, limit):
    with pytest.raises(SettingError):
        kind(SHAPE, rows, limit)


def joined_cache() -> tuple[MlxCache, np.ndarray]:
    """A cache filled with one array, of which five of nine positions count."""
    shape = (SHAPE.layers, 2, 2, SHAPE.heads, 9, SHAPE.head_size)
    content = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    cache = MlxCache(SHAPE, 2, 100)
    cache.fill(mx.array(content), 5)
    return cache, content


def test_one_array_holds_all_layers():
    cache, content = joined_cache()
    assert (cache.length, cache.capacity) == (5, 9)
    for layer in range(SHAPE.layers):
        keys, values = held(cache, layer)
        np.testing.assert_array_equal(keys, content[layer, 0, :, :, :5])
        np.testing.assert_array_equal(values, content[layer, 1, :, :, :5])
    assert cache.joined is not None  # reading does not divide it
    row = MlxCache(SHAPE, 1, 100)
    row.take_row(cache, 1)
    np.testing.assert_array_equal(np.array(row.joined), content[:, :, 1:2])
    np.testing.assert_array_equal(held(row)[0], content[0, 0, 1:2, :, :5])


@pytest.mark.parametrize(
    ("change", "rows"),
    [(lambda c: None, [0, 1]), (lambda c: fill(c, 1), [0, 1]), (lambda c: c.keep([1]), [1])],
    ids=["nothing", "a step", "fewer rows"],
)
def test_one_array_is_divided_by_changes(change, rows):
    cache, content = joined_cache()
    change(cache)
    for layer in range(SHAPE.layers):
        keys, values = held(cache, layer)
        np.testing.assert_array_equal(keys[:, :, :5], content[layer, 0, rows, :, :5])
        np.testing.assert_array_equal(values[:, :, :5], content[layer, 1, rows, :, :5])
    cache.reset()
    assert cache.joined is None


def test_one_array_may_not_exceed_the_limit():
    cache = MlxCache(SHAPE, 1, 4)
    with pytest.raises(SettingError, match="at most 4, got 5"):
        cache.fill(mx.zeros((SHAPE.layers, 2, 1, SHAPE.heads, 9, SHAPE.head_size)), 5)
