"""The speaker network with tiny random weights: batch norms, backends, refusals."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.errors import AudioError, ReferenceAudioError, WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.eres2net import Fusion, SpeakerConfig, SpeakerNetwork
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

GROUPS, WIDTHS, OUTPUTS, BLOCKS = 2, (4, 4, 8, 8), (6, 8, 8, 16), (1, 2, 1, 1)
Shapes = dict[str, tuple[int, ...]]


def _norm(name: str, channels: int) -> Shapes:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (channels,) for part in parts} | {f"{name}.num_batches_tracked": ()}


def _fusion(name: str, width: int) -> Shapes:
    inner = width // 4
    made: Shapes = {}
    for at, outputs, inputs in ((0, inner, 2 * width), (3, width, inner)):
        made[f"{name}.local_att.{at}.weight"] = (outputs, inputs, 1, 1)
        made[f"{name}.local_att.{at}.bias"] = (outputs,)
        made |= _norm(f"{name}.local_att.{at + 1}", outputs)
    return made


def _block(name: str, inputs: int, layer: int, *, first: bool) -> Shapes:
    width, outputs = WIDTHS[layer], OUTPUTS[layer]
    rows = GROUPS * width
    made: Shapes = {f"{name}.conv1.weight": (rows, inputs, 1, 1)} | _norm(f"{name}.bn1", rows)
    for i in range(GROUPS):
        made |= {f"{name}.convs.{i}.weight": (width, width, 3, 3)} | _norm(f"{name}.bns.{i}", width)
    if layer > 1:
        made |= _fusion(f"{name}.fuse_models.0", width)
    made |= {f"{name}.conv3.weight": (outputs, rows, 1, 1)} | _norm(f"{name}.bn3", outputs)
    if first:
        made[f"{name}.shortcut.0.weight"] = (outputs, inputs, 1, 1)
        made |= _norm(f"{name}.shortcut.1", outputs)
    return made


def network_shapes() -> Shapes:
    """Key -> shape of a whole small network and of the head that is not used."""
    shapes: Shapes = {"conv1.weight": (4, 1, 3, 3), "seg_1.weight": (3, 320)} | _norm("bn1", 4)
    inputs = 4
    for layer, count in enumerate(BLOCKS):
        for index in range(count):
            name = f"layer{layer + 1}.{index}"
            shapes |= _block(name, inputs, layer, first=index == 0)
            inputs = OUTPUTS[layer]
    shapes |= {"layer3_ds.weight": (16, 8, 3, 3)} | _fusion("fuse34", 16)
    return shapes


@pytest.fixture
def checkpoint() -> dict[str, np.ndarray]:
    """Weights under the checkpoint's keys and in its layouts."""
    shapes = network_shapes()
    random = np.random.default_rng(3)
    drawn = {}
    for key, shape in shapes.items():
        scale = 0.2 if len(shape) < 2 else np.prod(shape[1:]) ** -0.5
        values = random.normal(0.0, scale, shape)
        drawn[key] = np.asarray(np.abs(values) + 0.5 if "running_var" in key else values, "f4")
    return drawn


def loaded(checkpoint: dict[str, np.ndarray], backend: Backend) -> SpeakerNetwork:
    model = SpeakerNetwork(SpeakerConfig.from_weights(checkpoint))
    strict_load(model, SpeakerNetwork.sanitize(checkpoint), "test")
    prepare(model, backend)
    return model


def test_sizes_are_read_from_the_tensors(checkpoint):
    config = SpeakerConfig.from_weights(checkpoint)
    assert (config.channels, config.groups, config.embedding) == (4, GROUPS, 160)
    assert tuple(stage.blocks for stage in config.stages) == BLOCKS
    assert [stage.fused for stage in config.stages] == [False, False, True, True]


def test_backends_agree(checkpoint):
    fbank = mx.random.normal((2, 21, 80), key=mx.random.key(1))
    native, *others = (np.array(loaded(checkpoint, f)(fbank)) for f in Backend)
    assert native.shape == (2, 160)
    assert np.ptp(native) > 0.1
    np.testing.assert_allclose(others, [native] * len(others), atol=1e-5)


def test_batch_norms_are_folded(checkpoint):
    """The folded stem equals convolution, normalization and rectifier one after the other."""
    fbank = np.random.default_rng(1).normal(size=(1, 5, 80)).astype(np.float32)
    image = np.pad(fbank[0], 1)
    kernel = checkpoint["conv1.weight"][:, 0]  # [O, F, T]
    plain = sum(
        kernel[:, f, t] * image[t : t + 5, f : f + 80, None] for f in range(3) for t in range(3)
    )
    gamma, beta, mean, variance = (
        checkpoint[f"bn1.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    want = np.maximum((plain - mean) / np.sqrt(variance + 1e-5) * gamma + beta, 0.0)
    got = loaded(checkpoint, Backend.CPU).stem(mx.array(fbank))
    np.testing.assert_allclose(np.array(got)[0], want, atol=1e-5)


def test_fusion_without_attention_adds():
    fusion = Fusion(8)
    x, y = (mx.random.normal((1, 3, 8), key=mx.random.key(i)) for i in range(2))
    np.testing.assert_allclose(np.array(fusion(x, y)), np.array(x + y), atol=1e-6)
    fusion.local_att[3].bias = mx.full((8,), 20.0)  # a share of one: twice the first
    np.testing.assert_allclose(np.array(fusion(x, y)), np.array(2 * x), atol=1e-6)


def test_samples_become_an_embedding(checkpoint):
    model = loaded(checkpoint, Backend.CPU)
    samples = np.random.default_rng(2).normal(0, 0.1, 4000).astype(np.float32)
    assert model.embed(samples).shape == (1, 160)
    with pytest.raises(AudioError, match="at least 400 samples"):
        model.embed(samples[:300])


@pytest.mark.parametrize("shape", [(21, 80), (1, 21, 79), (1, 0, 80)])
def test_other_shapes_are_refused(checkpoint, shape):
    with pytest.raises(ReferenceAudioError, match="filter bank must be"):
        loaded(checkpoint, Backend.CPU)(mx.zeros(shape))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bn1.running_var": None}, "'bn1' comes without 'bn1.running_var'"),
        ({"layer3_ds.weight": None}, "missing: layer3_ds.weight"),
        ({"layer1.0.shortcut.0.weight": None}, "comes without 'layer1.0.shortcut.0.weight'"),
        ({"bn1.bias": np.zeros(3, np.float32)}, "'bn1' does not fit 'conv1'"),
        ({"head.running_mean": np.zeros(3, np.float32)}, "follows no known convolution"),
        ({"layer2.0.convs.0.weight": None}, "'layer2.0.convs.0.weight' is missing"),
        ({"layer1.0.conv1.weight": np.zeros((7, 4, 1, 1), np.float32)}, "do not split"),
    ],
)
def test_a_damaged_checkpoint_is_refused(checkpoint, change, message):
    for key, value in change.items():
        checkpoint.pop(key, None)
        if value is not None:
            checkpoint[key] = value
    with pytest.raises(WeightsError, match=message):
        loaded(checkpoint, Backend.CPU)
