"""The last steps before a fragment is sent: sample rate, peak level and message size."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import soxr
from numpy.typing import NDArray

from dora_mlx_tts.synthesis.records import Fragment


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """How audio is sent: one message per text or several, sample rate, peak, longest message."""

    whole: bool = False
    sample_rate: int | None = None
    peak: float = 1.0
    longest_s: float = 0.0

    def messages(self, fragment: Fragment) -> list[Fragment]:
        """Split a fragment into messages of about equal length, `longest_s` seconds at most (0: no limit).

        Each word goes with the message in which it ends; all tokens count for the first message.
        """
        size = len(fragment.samples)
        longest = int(self.longest_s * fragment.sample_rate)
        if self.whole or not 0 < longest < size:
            return [fragment]
        count = math.ceil(size / longest)
        borders = [size * number // count for number in range(count + 1)]
        return [
            _part(fragment, start, end, is_last=end == size)
            for start, end in itertools.pairwise(borders)
        ]

    def finisher(self) -> Finisher:
        """The finisher for the fragments of one text."""
        return Finisher(self.sample_rate, self.peak)


def _part(fragment: Fragment, start: int, end: int, *, is_last: bool) -> Fragment:
    begins_s = fragment.start_s + start / fragment.sample_rate
    ends_s = fragment.start_s + end / fragment.sample_rate
    first = -math.inf if start == 0 else begins_s
    last = math.inf if is_last else ends_s
    return dataclasses.replace(
        fragment,
        samples=fragment.samples[start:end],
        is_final=fragment.is_final and is_last,
        start_s=begins_s,
        tokens=0 if start else fragment.tokens,
        words=tuple(word for word in fragment.words if first < word.end_s <= last),
    )


class Finisher:
    """Resamples and scales the fragments of one part, in order.

    The resampler keeps its state from fragment to fragment, so no seams are audible. One scale factor applies
    to everything: a limiter per fragment would make the voice pump.

    Args:
        sample_rate: Samples per second to deliver, or None to keep the source rate.
        peak: The level that full scale is scaled to.
    """

    def __init__(self, sample_rate: int | None = None, peak: float = 1.0) -> None:
        self._rate = sample_rate
        self._peak = np.float32(peak)
        self._resampler: soxr.ResampleStream | None = None

    def finish(self, fragment: Fragment, *, is_last: bool) -> Fragment:
        """The fragment as it is sent; ``is_last`` ends the part."""
        samples = np.asarray(fragment.samples, dtype=np.float32).reshape(-1)
        if self._rate not in {None, fragment.sample_rate}:
            samples = self._resample(samples, fragment.sample_rate, is_last=is_last)
        if self._peak != 1:
            samples = samples * self._peak
        return dataclasses.replace(
            fragment, samples=samples, sample_rate=self._rate or fragment.sample_rate
        )

    def _resample(
        self, samples: NDArray[np.float32], rate: int, *, is_last: bool
    ) -> NDArray[np.float32]:
        if self._resampler is None:
            self._resampler = soxr.ResampleStream(
                rate, self._rate, 1, dtype="float32", quality="HQ"
            )
        resampled = self._resampler.resample_chunk(samples, last=is_last)
        if is_last:
            self._resampler = None
        return np.asarray(resampled, dtype=np.float32)
