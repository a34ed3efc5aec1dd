"""The last steps of a fragment before it leaves the node: sample rate and full scale."""

from __future__ import annotations

import dataclasses

import numpy as np
import soxr
from numpy.typing import NDArray

from dora_mlx_tts.synthesis.records import Fragment


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """How audio leaves: one message a text or many, at which rate, how loud."""

    whole: bool = False
    sample_rate: int | None = None
    peak: float = 1.0

    def finisher(self) -> Finisher:
        """What finishes the fragments of one text."""
        return Finisher(self.sample_rate, self.peak)


class Finisher:
    """Resamples and scales the fragments of one part, in order.

    The resampler keeps its state from fragment to fragment, so their borders cannot be heard. The
    scale is one factor for everything: a limit per fragment would make the voice pump.

    Args:
        sample_rate: Samples a second to give, or None for what comes.
        peak: What full scale becomes.
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
