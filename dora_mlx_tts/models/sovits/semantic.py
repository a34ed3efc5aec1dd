"""The parts shared by all SoVITS families: codes, style, and the latent frames of the text encoder."""

from __future__ import annotations

from collections.abc import Sequence

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import (
    EmptyTextError,
    ReferenceAudioError,
    SettingError,
    SynthesisError,
    TextError,
    VoiceError,
)
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.core.layers import Conv1d, Layer, Linear
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.quantizer import Quantizer
from dora_mlx_tts.models.sovits.ref_enc import StyleEncoder
from dora_mlx_tts.models.sovits.text_encoder import TextEncoder

SLOWEST, FASTEST = 0.25, 4.0


class SemanticEncoder(Layer):
    """References to codes and style; codes, phones and style to latent frames at 50 Hz.

    The families, which derive from this class, differ in how they turn these frames into audio.
    """

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__()
        self.config = config
        if config.encodes_references:
            width = config.ssl_channels
            self.ssl_proj = Conv1d(width, width, 2, stride=2, padding=0)
        self.quantizer = Quantizer(config.codes, config.ssl_channels)
        self.ref_enc = StyleEncoder(
            config.spectrum_rows, config.style_hidden, config.style_channels
        )
        self.enc_p = TextEncoder(config)
        if config.speaker_channels:
            self.sv_emb = Linear(config.speaker_channels, config.style_channels)
            self.ge_to512 = Linear(config.style_channels, config.cross_channels)
            self.prelu = {"weight": mx.zeros((config.style_channels,))}

    def extract_latent(self, ssl: mx.array) -> mx.array:
        """Speech features [B, T, 768] at 50 Hz to codes [B, T // 2] at 25 Hz.

        Raises:
            VoiceError: the weights came without `ssl_proj`.
            ReferenceAudioError: there are fewer than two frames, or the width is wrong.
        """
        if not self.config.encodes_references:
            raise VoiceError(
                "this voice's pack has no 'ssl_proj', so it cannot take new references;"
                " use its prepared prompts, or convert it with its SSL encoder"
            )
        if ssl.ndim != 3 or ssl.shape[2] != self.config.ssl_channels or ssl.shape[1] < 2:  # noqa: PLR2004  [B, T, C]
            raise ReferenceAudioError(
                f"speech features must be [batch, at least 2 frames, {self.config.ssl_channels}],"
                f" got {tuple(ssl.shape)}"
            )
        return self.quantizer.encode(self.ssl_proj(ssl))

    def style(self, specs: Sequence[mx.array], speakers: Sequence[mx.array] = ()) -> mx.array:
        """Mean style vector [1, 1, G] of reference spectrograms [1, T, rows].

        Args:
            specs: one or more, with all rows of the spectrogram or those that the encoder reads.
            speakers: for v2Pro, one speaker embedding [1, 20480] per spectrogram.

        Raises:
            ReferenceAudioError: there are none, a shape is wrong, or the speakers do not match.
        """
        if not specs:
            raise ReferenceAudioError("reference spectrograms must be one or more, got none")
        vectors = [self.ref_enc(self._rows(spec)) for spec in specs]
        if len(speakers) != (len(specs) if self.config.speaker_channels else 0):
            raise ReferenceAudioError(
                f"speaker embeddings of family {self.config.family} must be"
                f" {'one per reference' if self.config.speaker_channels else 'none'}, got"
                f" {len(speakers)} for {len(specs)} references"
            )
        if speakers:
            pairs = zip(vectors, speakers, strict=True)
            vectors = [self._with_speaker(vector, speaker) for vector, speaker in pairs]
        return mx.mean(mx.concatenate(vectors, axis=1), axis=1, keepdims=True)

    def encode_latent(self, codes: mx.array, text: mx.array, ge: mx.array) -> mx.array:
        """Codes [1, n], phones [1, m] and style [1, 1, G] to latent frames [1, 2 n, C].

        Raises:
            SynthesisError: there are no codes, or one is outside the codebook.
            EmptyTextError: there are no phones.
            TextError: a phone is outside the embedding.
        """
        return self.encode_frames(codes, self.encode_phones(text), ge)

    def encode_phones(self, text: mx.array) -> mx.array:
        """The part of `encode_latent` that only needs phones [1, m]: their states [1, m, C].

        Raises:
            EmptyTextError: there are no phones.
            TextError: a phone is outside the embedding.
        """
        self._check_phones(text)
        return self.enc_p.phones(text)

    def encode_frames(self, codes: mx.array, phones: mx.array, ge: mx.array) -> mx.array:
        """The rest of it: codes [1, n], phone states and style [1, 1, G] to latent frames [1, 2 n, C].

        Raises:
            SynthesisError: there are no codes, or one is outside the codebook.
        """
        self._check_codes(codes)
        for_text = self.ge_to512(ge) if self.config.speaker_channels else ge
        return self.enc_p.frames(self.quantizer.decode(codes), phones, for_text)

    def _rows(self, spec: mx.array) -> mx.array:
        allowed = sorted({self.config.spectrum_rows, self.config.full_rows})
        if spec.ndim != 3 or spec.shape[1] < 1 or spec.shape[2] not in allowed:  # noqa: PLR2004  [1, T, rows]
            raise ReferenceAudioError(
                f"reference spectrogram must be [1, frames, {' or '.join(map(str, allowed))}],"
                f" got {tuple(spec.shape)}"
            )
        return spec[..., : self.config.spectrum_rows]

    def _with_speaker(self, style: mx.array, speaker: mx.array) -> mx.array:
        if tuple(speaker.shape) != (1, self.config.speaker_channels):
            raise ReferenceAudioError(
                f"speaker embedding must be (1, {self.config.speaker_channels}),"
                f" got {tuple(speaker.shape)}"
            )
        x = style + self.sv_emb(speaker)[None]
        return mx.maximum(x, 0.0) + self.prelu["weight"] * mx.minimum(x, 0.0)

    def _check_codes(self, codes: mx.array) -> None:
        if codes.ndim != 2 or codes.shape[0] != 1:  # noqa: PLR2004  [1, n]
            raise SynthesisError(must_be("codes", "[1, count]", tuple(codes.shape)))
        if codes.shape[1] == 0:
            raise SynthesisError("semantic codes must be one or more, got none")
        low, high = _range(codes)
        if low < 0 or high >= self.config.codes:
            raise SynthesisError(
                f"semantic codes must be from 0 to {self.config.codes - 1}, got {low} to {high}"
            )

    def _check_phones(self, text: mx.array) -> None:
        if text.ndim != 2 or text.shape[0] != 1:  # noqa: PLR2004  [1, m]
            raise SynthesisError(must_be("phones", "[1, count]", tuple(text.shape)))
        if text.shape[1] == 0:
            raise EmptyTextError("phones must be one or more, got none")
        low, high = _range(text)
        if low < 0 or high >= self.config.symbols:
            raise TextError(
                f"phones of this voice must be from 0 to {self.config.symbols - 1}, got {low} to"
                f" {high}"
            )


def _range(ids: mx.array) -> tuple[int, int]:
    """Minimum and maximum, computed on the host, where ids come from, to avoid waiting for a device."""
    numbers = np.array(ids)
    return int(numbers.min()), int(numbers.max())


def resample_latent(latent: mx.array, speed: float) -> mx.array:
    """Stretch frames [B, T, C] linearly to int(T / speed) + 1 frames; speed 1 changes nothing.

    Raises:
        SettingError: the speed is outside `SLOWEST` to `FASTEST`.
    """
    if not SLOWEST <= speed <= FASTEST:
        raise SettingError(must_be("speed", f"from {SLOWEST} to {FASTEST}", speed))
    if speed == 1.0:
        return latent
    length = latent.shape[1]
    count = int(length / speed) + 1
    position = np.maximum((np.arange(count) + 0.5) * (length / count) - 0.5, 0.0)
    left = np.minimum(position.astype(np.int32), length - 1)
    right = np.minimum(left + 1, length - 1)
    share = mx.array((position - left).astype(np.float32))[:, None].astype(latent.dtype)
    a, b = latent[:, mx.array(left)], latent[:, mx.array(right)]
    return a + (b - a) * share
