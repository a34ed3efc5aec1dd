"""The normalizing flow between prior and latent frames, run backwards (VITS, residual coupling)."""

from __future__ import annotations

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Conv1d, Layer, Linear

COUPLINGS = 4
LAYERS = 4
KERNEL = 5


class WN(Layer):
    """WaveNet-like stack of gated convolutions, conditioned on the style vector."""

    def __init__(self, channels: int, kernel: int, layers: int, style_channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.in_layers = [Conv1d(channels, 2 * channels, kernel) for _ in range(layers)]
        outputs = [2 * channels] * (layers - 1) + [channels]
        self.res_skip_layers = [Linear(channels, width) for width in outputs]
        self.cond_layer = Linear(style_channels, 2 * channels * layers)

    def __call__(self, x: mx.array, ge: mx.array) -> mx.array:
        """[B, T, C] and style [B, 1, G] to [B, T, C]: the sum of the layers' skip outputs."""
        conditions = mx.split(self.cond_layer(ge), len(self.in_layers), axis=-1)
        skipped = mx.zeros(())
        for convolution, mix, condition in zip(
            self.in_layers, self.res_skip_layers, conditions, strict=True
        ):
            a, b = mx.split(convolution(x, condition), 2, axis=-1)
            mixed = mix(self._ops.gate(a, b))
            if mixed.shape[-1] == self.channels:  # the last layer has no residual half
                return skipped + mixed
            residual, skip = mx.split(mixed, 2, axis=-1)
            x, skipped = x + residual, skipped + skip
        return skipped


class Flip(Layer):
    """Reverses the order of channels; its own inverse, without weights."""

    def inverse(self, x: mx.array, ge: mx.array) -> mx.array:  # noqa: ARG002  a flow step
        """[B, T, C] to [B, T, C]."""
        return x[..., ::-1]


class Coupling(Layer):
    """Shifts half of the channels by a function of the other half."""

    def __init__(self, channels: int, style_channels: int) -> None:
        super().__init__()
        self.half = channels // 2
        self.pre = Linear(self.half, channels)
        self.enc = WN(channels, KERNEL, LAYERS, style_channels)
        self.post = Linear(channels, self.half)

    def inverse(self, x: mx.array, ge: mx.array) -> mx.array:
        """[B, T, C] and style [B, 1, G] to [B, T, C]."""
        kept, shifted = x[..., : self.half], x[..., self.half :]
        shift = self.post(self.enc(self.pre(kept), ge))
        return mx.concatenate([kept, shifted - shift], axis=-1)


class Flow(Layer):
    """Alternating couplings and flips; `flows.0,2,4,6` have the weights."""

    def __init__(self, channels: int, style_channels: int) -> None:
        super().__init__()
        self.flows: list[Coupling | Flip] = []
        for _ in range(COUPLINGS):
            self.flows += [Coupling(channels, style_channels), Flip()]

    @property
    def receptive_frames(self) -> int:
        """Number of frames on each side that an output frame depends on."""
        return COUPLINGS * LAYERS * (KERNEL // 2)

    def __call__(self, z_p: mx.array, ge: mx.array) -> mx.array:
        """Prior sample [B, T, C] and style [B, 1, G] to latent frames [B, T, C]."""
        x = z_p
        for step in reversed(self.flows):
            x = step.inverse(x, ge)
        return x
