"""Windows of several sentences as rows of a batch: flow and generator run once for all of them.

On a GPU a window takes as long as launching its operations, whatever their size. Rows do not affect each other,
so each gives the same result as alone, up to the rounding of products with more rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import mlx.core as mx

from dora_mlx_tts.models.sovits.generator_stream import GeneratorStream
from dora_mlx_tts.models.sovits.synthesizer import SoVITS


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The remaining work of a window once its codes are read.

    Attributes:
        network: the voice's network.
        ge: style [1, 1, G].
        generator: the sentence's generator stream.
        z_p: the flow's input [1, T, C], beginning with frames of context.
        before: number of context frames.
        new: number of settled frames after them.
        last: whether the sentence ends with it.
    """

    network: SoVITS
    ge: mx.array
    generator: GeneratorStream
    z_p: mx.array
    before: int
    new: int
    last: bool

    @property
    def likeness(self) -> Hashable:
        """What must be equal for windows to be made together."""
        shape = (tuple(self.z_p.shape), self.before, self.new, self.last)
        return (id(self.network), shape, self.generator.state)


def make_together(windows: Sequence[Window]) -> list[mx.array]:
    """The samples [N] of windows of one likeness, evaluated and in order; either all are made or none."""
    samples, whole = _made(windows)
    mx.eval(samples, whole.carried())  # a failure here leaves the windows unchanged
    whole.part([window.generator for window in windows])
    rows = [samples[row] for row in range(len(windows))]
    mx.eval(rows, [window.generator.carried() for window in windows])
    return rows


def _made(windows: Sequence[Window]) -> tuple[mx.array, GeneratorStream]:
    """The samples [B, N] and the generator's state after them, unevaluated."""
    one = windows[0]
    whole = GeneratorStream.joined([window.generator for window in windows])
    if one.new < 1:
        return whole.slices(None, last=one.last), whole
    z_p = mx.concatenate([window.z_p for window in windows])
    ge = mx.concatenate([window.ge for window in windows])
    z = one.network.flow(z_p, ge)[:, one.before : one.before + one.new]
    return whole.slices(z, last=one.last), whole
