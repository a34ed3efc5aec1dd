"""Dimensions of a SoVITS checkpoint, read from its configuration and checked against its tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be

Family = Literal["v1", "v2", "v2Pro"]

V1_SYMBOLS = 322
V1_SPECTRUM_ROWS = 1025
SPECTRUM_ROWS = 704


class Tensor(Protocol):
    """Anything with a shape: numpy and MLX arrays alike."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        ...


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """The HiFi-GAN generator: one entry per stage, or per residual block of each stage."""

    initial_channels: int
    rates: tuple[int, ...]
    kernels: tuple[int, ...]
    block_kernels: tuple[int, ...]
    block_dilations: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class SoVITSConfig:
    """Everything that shapes the networks of one checkpoint.

    Attributes:
        family: "v1", "v2", or "v2Pro" for both Pro sizes (which add a speaker embedding).
        symbols: rows of the phone embedding.
        spectrum_rows: rows of the reference spectrogram that the style encoder reads.
        full_rows: rows of a full spectrogram; those beyond `spectrum_rows` are ignored.
        codes: entries of the semantic codebook.
        ssl_channels: width of the speech features and of the codebook.
        channels: width of the encoders, the flow and the latent frames.
        filter_channels: inner width of the encoders' feed-forward layers.
        heads: attention heads of the encoders.
        layers: layers of the text encoder; the other two have half as many.
        kernel: taps of the feed-forward convolutions.
        cross_channels: width of the attention from speech to text.
        style_channels: width of the style vector.
        style_hidden: inner width of the style encoder.
        speaker_channels: width of the speaker embedding, 0 without one.
        encodes_references: whether it has `ssl_proj`, which new references need.
        generator: the vocoder.
        sample_rate: sample rate of the waveform in Hz.
        hop: samples per latent frame.
    """

    family: Family
    symbols: int
    spectrum_rows: int
    full_rows: int
    codes: int
    ssl_channels: int
    channels: int
    filter_channels: int
    heads: int
    layers: int
    kernel: int
    cross_channels: int
    style_channels: int
    style_hidden: int
    speaker_channels: int
    encodes_references: bool
    generator: GeneratorConfig
    sample_rate: int
    hop: int

    @classmethod
    def from_checkpoint(
        cls, config: Mapping[str, Any], weights: Mapping[str, Tensor]
    ) -> SoVITSConfig:
        """Read a configuration and the shapes of its tensors (PyTorch layouts).

        Args:
            config: that of a checkpoint, with the sections `model` and `data`, or of a pack, where both are one
                table.
            weights: keys as in the checkpoint; `ssl_proj` may be missing.

        Raises:
            WeightsError: a value is missing or not allowed, or contradicts a tensor's shape.
        """
        model = _Section("model", config.get("model", config))
        data = _Section("data", config.get("data", config))
        shapes = _Shapes(weights)
        symbols, channels = shapes.of("enc_p.text_embedding.weight", 2)
        codes, ssl_channels = shapes.of("quantizer.vq.layers.0._codebook.embed", 2)
        style_hidden, spectrum_rows = shapes.of("ref_enc.spectral.0.fc.weight", 2)
        speaker = shapes.of("sv_emb.weight", 2)[1] if "sv_emb.weight" in weights else 0
        found = cls(
            family=_family(symbols, speaker),
            symbols=symbols,
            spectrum_rows=spectrum_rows,
            full_rows=data.integer("filter_length", 2048) // 2 + 1,
            codes=codes,
            ssl_channels=ssl_channels,
            channels=channels,
            filter_channels=model.integer("filter_channels"),
            heads=model.integer("n_heads"),
            layers=model.integer("n_layers"),
            kernel=model.integer("kernel_size"),
            cross_channels=shapes.of("enc_p.mrte.c_pre.weight", 3)[0],
            style_channels=model.integer("gin_channels"),
            style_hidden=style_hidden,
            speaker_channels=speaker,
            encodes_references="ssl_proj.weight" in weights,
            generator=_generator(model),
            sample_rate=data.integer("sampling_rate", 32000),
            hop=data.integer("hop_length", 640),
        )
        _check(found, model)
        _check_shapes(found, shapes)
        return found


class _Section:
    """A section of the configuration, with errors that name the key."""

    def __init__(self, name: str, values: object) -> None:
        if not isinstance(values, Mapping):
            raise WeightsError(f"SoVITS config: section '{name}' is missing or not a mapping")
        self._name, self._values = name, values

    def get(self, key: str) -> Any:  # noqa: ANN401  values of a foreign file
        if key not in self._values:
            raise WeightsError(f"SoVITS config: '{self._name}.{key}' is missing")
        return self._values[key]

    def integer(self, key: str, default: int | None = None) -> int:
        value = default if default is not None and key not in self._values else self.get(key)
        return self._positive(key, value)

    def integers(self, key: str) -> tuple[int, ...]:
        return tuple(self._positive(key, value) for value in self.sequence(key))

    def sequence(self, key: str) -> list[Any]:
        values = self.get(key)
        if not isinstance(values, list | tuple) or not values:
            raise self._refused(key, values, "a list that is not empty")
        return list(values)

    def _positive(self, key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._refused(key, value, "an integer above 0")
        return value

    def _refused(self, key: str, value: object, allowed: str) -> WeightsError:
        return WeightsError(must_be(f"SoVITS config: '{self._name}.{key}'", allowed, value))


class _Shapes:
    """Shapes of the checkpoint's tensors, with errors that name the tensor."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self._weights = weights

    def of(self, key: str, axes: int) -> tuple[int, ...]:
        if key not in self._weights:
            raise WeightsError(f"SoVITS checkpoint: tensor '{key}' is missing")
        shape = tuple(int(size) for size in self._weights[key].shape)
        if len(shape) != axes:
            raise WeightsError(must_be(f"SoVITS checkpoint: '{key}'", f"of {axes} axes", shape))
        return shape

    def expect(self, key: str, want: tuple[int, ...]) -> None:
        have = self.of(key, len(want))
        if have != want:
            raise WeightsError(
                must_be(f"SoVITS checkpoint: '{key}'", f"{want} by its configuration", have)
            )


def _family(symbols: int, speaker: int) -> Family:
    if speaker:
        return "v2Pro"
    return "v1" if symbols == V1_SYMBOLS else "v2"


def _generator(model: _Section) -> GeneratorConfig:
    if str(model.get("resblock")) != "1":
        raise WeightsError(must_be("SoVITS config: 'model.resblock'", "'1'", model.get("resblock")))
    dilations = model.sequence("resblock_dilation_sizes")
    rows = {str(i): row for i, row in enumerate(dilations)}
    section = _Section("model.resblock_dilation_sizes", rows)
    return GeneratorConfig(
        initial_channels=model.integer("upsample_initial_channel"),
        rates=model.integers("upsample_rates"),
        kernels=model.integers("upsample_kernel_sizes"),
        block_kernels=model.integers("resblock_kernel_sizes"),
        block_dilations=tuple(section.integers(key) for key in rows),
    )


def _check(config: SoVITSConfig, model: _Section) -> None:
    """Refuse values that do not describe a network of this family."""
    made = config.generator
    for key in ("inter_channels", "hidden_channels"):
        if model.integer(key) != config.channels:
            raise WeightsError(
                f"SoVITS config: 'model.{key}' is {model.integer(key)}, but the phone embedding"
                f" has {config.channels} channels; both must agree"
            )
    rules = (
        (config.channels % (2 * config.heads) == 0, "channels must divide by 2 * n_heads"),
        (config.layers % 2 == 0, "n_layers must be even"),
        (config.kernel % 2 == 1, "kernel_size must be odd"),
        (len(made.rates) == len(made.kernels), "as many upsample_kernel_sizes as upsample_rates"),
        (
            all(
                k >= u and (k - u) % 2 == 0 for k, u in zip(made.kernels, made.rates, strict=False)
            ),
            "every upsample kernel at least its rate and of the same parity",
        ),
        (math.prod(made.rates) == config.hop, "the product of upsample_rates is hop_length"),
        (made.initial_channels % 2 ** len(made.rates) == 0, "channels halve at every upsampling"),
        (all(k % 2 == 1 for k in made.block_kernels), "resblock_kernel_sizes must be odd"),
        (
            len(made.block_dilations) == len(made.block_kernels),
            "as many resblock_dilation_sizes as resblock_kernel_sizes",
        ),
        (
            bool(config.speaker_channels) or config.style_channels == config.cross_channels,
            "gin_channels is the width of enc_p.mrte, where the style is added",
        ),
        (
            config.spectrum_rows in (SPECTRUM_ROWS, V1_SPECTRUM_ROWS)
            and config.spectrum_rows <= config.full_rows,
            f"the style encoder reads {SPECTRUM_ROWS} or {V1_SPECTRUM_ROWS} spectrogram rows",
        ),
    )
    for holds, rule in rules:
        if not holds:
            raise WeightsError(f"SoVITS config does not describe a known network: {rule}")


def _check_shapes(config: SoVITSConfig, shapes: _Shapes) -> None:
    """Check the configuration against the tensors' shapes."""
    style, channels = config.style_channels, config.channels
    expected = {
        "enc_p.ssl_proj.weight": (channels, config.ssl_channels, 1),
        "enc_p.encoder_text.ffn_layers.0.conv_1.weight": (
            config.filter_channels,
            channels,
            config.kernel,
        ),
        "enc_p.proj.weight": (2 * channels, channels, 1),
        "ref_enc.fc.fc.weight": (style, config.style_hidden),
        "dec.conv_pre.weight": (config.generator.initial_channels, channels, 7),
        "dec.cond.weight": (config.generator.initial_channels, style, 1),
    }
    if config.encodes_references:
        expected["ssl_proj.weight"] = (config.ssl_channels, config.ssl_channels, 2)
    if config.speaker_channels:
        expected["sv_emb.weight"] = (style, config.speaker_channels)
        expected["ge_to512.weight"] = (config.cross_channels, style)
    for key, want in expected.items():
        shapes.expect(key, want)
