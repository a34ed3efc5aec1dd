"""From logits to the next token: penalty, top-p, temperature, top-k and a draw, in this order.

Every transform is a pure function of [..., V] arrays. The first argument is the array module: numpy on the
host, `mlx.core` on a device; the functions used have the same names in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be

Array: TypeAlias = Any  # a numpy or MLX array, depending on the module: no type covers both

MIN_TEMPERATURE = 1e-5
DRAWS = 32
"""Number of tokens for which a device draws random numbers at once."""


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How tokens are chosen.

    Attributes:
        top_k: choose among the k best (and all ties with the last one); 1 always takes the best.
        top_p: choose among the best tokens whose probabilities sum to at most this, 0 to 1.
        temperature: flattens above 1, sharpens below; values below 1e-5 are raised to that.
        repetition_penalty: divides the logits of tokens that occurred before; 1 is no penalty.

    Raises:
        SettingError: a value is out of range.
    """

    top_k: int = 15
    top_p: float = 1.0
    temperature: float = 1.0
    repetition_penalty: float = 1.35

    def __post_init__(self) -> None:
        if isinstance(self.top_k, bool) or not isinstance(self.top_k, int) or self.top_k < 1:
            raise SettingError(must_be("top_k", "an integer from 1", self.top_k))
        _check_number("top_p", self.top_p, low=0.0, high=1.0)
        _check_number("temperature", self.temperature, low=0.0)
        _check_number("repetition_penalty", self.repetition_penalty, low=0.0)
        if self.repetition_penalty == 0:
            raise SettingError(must_be("repetition_penalty", "above 0", 0))


def _check_number(name: str, value: object, *, low: float, high: float = math.inf) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type, operator]  # a number
        allowed = f"from {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise SettingError(must_be(name, f"a number {allowed}", value))


def penalise(xp: ModuleType, logits: Array, seen: Array, penalty: float) -> Array:
    """Lower the logits of `seen` tokens ([..., V] of bool), once each, however often they occurred."""
    if penalty == 1:
        return logits
    pushed = xp.where(logits < 0, logits * penalty, logits / penalty)
    return xp.where(seen, pushed, logits)


def keep_top_p(xp: ModuleType, logits: Array, top_p: float) -> Array:
    """Remove tokens of logits [..., V] from where the descending cumulative probability exceeds `top_p`.

    The token that crosses it is removed as well; the best one always stays. Of equal tokens at the threshold
    the first ones stay (the reference leaves their order to an unstable sort).
    """
    if top_p >= 1:
        return logits
    stable = {"kind": "stable"} if xp is np else {}
    order = xp.argsort(-logits, axis=-1, **stable)
    cumulative = xp.cumsum(softmax(xp, xp.take_along_axis(logits, order, axis=-1)), axis=-1)
    kept = (cumulative <= top_p).sum(-1, keepdims=True)
    rank = xp.argsort(order, axis=-1)
    return xp.where(rank < xp.maximum(kept, 1), logits, -math.inf)


def apply_temperature(xp: ModuleType, logits: Array, temperature: float) -> Array:
    """Divide logits [..., V] by the temperature."""
    del xp
    return logits if temperature == 1 else logits / max(temperature, MIN_TEMPERATURE)


def keep_top_k(xp: ModuleType, logits: Array, top_k: int) -> Array:
    """Keep logits [..., V] not below the k-th largest, including ties."""
    size = logits.shape[-1]
    if top_k >= size:
        return logits
    ordered = xp.sort(logits, axis=-1)
    return xp.where(logits < ordered[..., size - top_k : size - top_k + 1], -math.inf, logits)


def softmax(xp: ModuleType, logits: Array) -> Array:
    """Probabilities of logits [..., V]; -inf gives 0."""
    powers = xp.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def probabilities(xp: ModuleType, penalised: Array, settings: SamplingSettings) -> Array:
    """Everything after the penalty: the distribution to draw from, [..., V]."""
    logits = keep_top_p(xp, penalised, settings.top_p)
    logits = apply_temperature(xp, logits, settings.temperature)
    return softmax(xp, keep_top_k(xp, logits, settings.top_k))


def race(xp: ModuleType, probability: Array, exponential: Array) -> Array:
    """Draw a token per row from [..., V]: each takes an Exponential(1) time over its probability; first wins.

    A time may be exactly 0; without a floor an impossible token would then give NaN, and win.
    """
    return xp.argmax(probability / xp.maximum(exponential, 1e-30), axis=-1)


@dataclass(frozen=True, slots=True)
class Picks:
    """One choice per row, still on the device that computed it.

    Attributes:
        tokens: the chosen tokens, [B].
        best: the most probable ones after the penalty, [B].
    """

    tokens: Array
    best: Array


class Sampler:
    """Chooses tokens for several rows and remembers which tokens each row had.

    Each row has its own random generator, so its tokens do not depend on its neighbours.

    Args:
        settings: how to choose.
        vocabulary: number of tokens, including the end token (the last one).
        prompt: tokens that count as seen in every row.
        seeds: one per row; None draws a new one.
        on_device: whether logits are MLX arrays that stay on the device.
    """

    def __init__(
        self,
        settings: SamplingSettings,
        vocabulary: int,
        prompt: Sequence[int] | np.ndarray[Any, Any],
        seeds: Sequence[int | None],
        *,
        on_device: bool = False,
    ) -> None:
        self._settings = settings
        self._xp: ModuleType = mx if on_device else np
        seen = np.zeros((len(seeds), vocabulary), np.bool_)
        if len(prompt):
            seen[:, np.asarray(prompt)] = True
        self._seen: Array = mx.array(seen) if on_device else seen
        self._ids: Array = self._xp.arange(vocabulary)
        self._draws: list[Any] = [
            _DeviceDraws(seed, vocabulary) if on_device else _HostDraws(seed) for seed in seeds
        ]

    def __call__(self, logits: Array, *, may_end: bool) -> Picks:
        """Choose from [B, V]; without `may_end` the end token is excluded."""
        xp, size = self._xp, logits.shape[-1] - (not may_end)
        logits = penalise(
            xp, logits[:, :size], self._seen[:, :size], self._settings.repetition_penalty
        )
        tokens = best = xp.argmax(logits, axis=-1)
        if self._settings.top_k > 1:
            times = xp.stack([draw(size) for draw in self._draws])
            tokens = race(xp, probabilities(xp, logits, self._settings), times)
        self._seen = self._seen | (self._ids == tokens[:, None])
        return Picks(tokens, best)

    def times(self, count: int) -> mx.array:
        """On a device: exponential times for up to `count` tokens of every row, [n, B, V]."""
        count = min(count, *(draw.left for draw in self._draws))
        return mx.stack([draw.take(count) for draw in self._draws], axis=1)

    def keep(self, rows: Sequence[int]) -> None:
        """Continue with these rows only."""
        self._seen = self._seen[self._xp.array(list(rows))]
        self._draws = [self._draws[row] for row in rows]


class _HostDraws:
    """Exponential times from numpy's generator."""

    def __init__(self, seed: int | None) -> None:
        self._generator = _generator(seed)

    def __call__(self, size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        return self._generator.standard_exponential(size, np.float32)


class _DeviceDraws:
    """Exponential times on the device, drawn for many tokens at a time."""

    def __init__(self, seed: int | None, vocabulary: int) -> None:
        self._key = mx.random.key(int(_generator(seed).integers(2**63)))
        self._vocabulary = vocabulary
        self._times = mx.zeros((0, vocabulary))
        self._used = 0

    @property
    def left(self) -> int:
        """Number of tokens whose times exist or will be drawn together."""
        return self._times.shape[0] - self._used or DRAWS

    def take(self, count: int) -> mx.array:
        """Times for the next `count` tokens (`left` at most), [count, V]."""
        if self._used == self._times.shape[0]:
            self._key, key = mx.random.split(self._key)
            uniform = mx.random.uniform(shape=(DRAWS, self._vocabulary), key=key)
            self._times, self._used = -mx.log1p(-uniform), 0
        self._used += count
        return self._times[self._used - count : self._used]

    def __call__(self, size: int) -> mx.array:
        return self.take(1)[0, :size]


def _generator(seed: int | None) -> np.random.Generator:
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if seed is not None and (not whole or seed < 0):
        raise SettingError(must_be("seed", "an integer from 0 or None", seed))
    return np.random.default_rng(seed)
