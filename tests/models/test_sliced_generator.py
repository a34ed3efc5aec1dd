"""The generator through OpenVINO against MLX's, slice by slice and however a sentence is cut."""

from __future__ import annotations

import importlib.util
import logging
import os
import subprocess
import sys
from concurrent.futures import Future
from itertools import pairwise

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.errors import BackendError, SettingError
from dora_mlx_tts.models.sovits.stream import SoVITSStream, SpeakingOptions
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.runtime import device, openvino
from dora_mlx_tts.runtime.device import Backend

sliced_generator = pytest.importorskip("dora_mlx_tts.models.sovits.sliced_generator")
SLICE = sliced_generator.SLICE

GE = mx.ones((1, 1, tiny.STYLE))


@pytest.fixture(scope="module")
def model() -> SoVITS:
    return tiny.model(Backend.CPU)


@pytest.fixture(scope="module")
def sliced(model: SoVITS) -> sliced_generator.SlicedGenerator:
    return sliced_generator.SlicedGenerator(model.dec, 1)


def latent(frames: int, seed: int = 8) -> mx.array:
    return mx.random.normal((1, frames, tiny.C), key=mx.random.key(seed))


def in_windows(stream, z: mx.array, sizes: list[int]) -> list[np.ndarray]:
    ends = np.cumsum([0, *sizes]).tolist()
    return [
        np.concatenate([*map(np.array, stream.window(z[:, a:b], last=b == ends[-1]))])
        for a, b in pairwise(ends)
    ]


@pytest.mark.parametrize("frames", [1, 2, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE, 61])
def test_the_whole_is_as_from_mlx(model: SoVITS, sliced, frames: int) -> None:
    z = latent(frames)
    np.testing.assert_allclose(
        np.array(sliced(z, GE)), np.array(model.dec(z, GE)), atol=2e-6, strict=True
    )


@pytest.mark.parametrize(
    "sizes", [[1] * 61, [7, 54], [32, 29], [60, 1], [2, 5, 20, 34], [8] * 7 + [5]]
)
def test_windows_make_no_difference_at_all(sliced, sizes: list[int]) -> None:
    z = latent(61)
    parts = in_windows(sliced.stream(GE), z, sizes)
    np.testing.assert_array_equal(np.concatenate(parts), np.array(sliced(z, GE))[0])


def test_a_window_gives_all_samples_that_its_frames_settle(sliced) -> None:
    stream = sliced.stream(GE)
    z = latent(40)
    known = made = 0
    for end in (3, 8, 17, 18, 33, 40):
        made += sum(len(part) for part in stream.window(z[:, known:end], last=False))
        known = end
        assert made == max(0, known * tiny.HOP - sliced.graph.lag)
    assert (known - stream.lag_frames) * tiny.HOP <= made


def test_a_sentence_may_be_told_late_that_it_is_over(model: SoVITS, sliced) -> None:
    z = latent(2 * SLICE)
    stream = sliced.stream(GE)
    parts = [*stream.window(z, last=False), *stream.window(None, last=True)]
    whole = np.array(model.dec(z, GE))[0]
    np.testing.assert_allclose(np.concatenate([*map(np.array, parts)]), whole, atol=2e-6)


def test_a_sentence_without_frames_has_no_samples(sliced) -> None:
    assert sum(len(part) for part in sliced.stream(GE).window(None, last=True)) == 0


def test_sentences_in_turn_do_not_affect_each_other(sliced) -> None:
    first, second = latent(24, 1), latent(24, 2)
    streams = [sliced.stream(GE), sliced.stream(2 * GE)]
    parts: list[list[np.ndarray]] = [[], []]
    for start in range(0, 24, 6):
        for z, stream, made in zip((first, second), streams, parts, strict=True):
            window = stream.window(z[:, start : start + 6], last=start == 18)
            made.extend(map(np.array, window))
    for z, made, style in zip((first, second), parts, (GE, 2 * GE), strict=True):
        np.testing.assert_array_equal(np.concatenate(made), np.array(sliced(z, style))[0])


@pytest.mark.parametrize(
    ("rates", "kernels", "blocks", "dilations"),
    [
        ([8], [16], [3], [[1]]),
        ([2, 2, 2], [6, 2, 4], [7, 3, 5], [[1, 3, 5], [2], [1, 2]]),
        ([4, 2], [4, 2], [3, 3], [[1], [5]]),
    ],
)
def test_other_sizes(rates, kernels, blocks, dilations) -> None:
    from dora_mlx_tts.models.core.layers import prepare
    from dora_mlx_tts.models.sovits.config import GeneratorConfig
    from dora_mlx_tts.models.sovits.generator import Generator

    config = GeneratorConfig(
        initial_channels=16,
        rates=tuple(rates),
        kernels=tuple(kernels),
        block_kernels=tuple(blocks),
        block_dilations=tuple(map(tuple, dilations)),
    )
    network = Generator(config, tiny.C, tiny.STYLE)
    mx.random.seed(4)
    network.apply(lambda weight: 0.15 * mx.random.normal(weight.shape))
    prepare(network, Backend.CPU)
    z = latent(21)
    made = sliced_generator.SlicedGenerator(network, 1)(z, GE)
    np.testing.assert_allclose(np.array(made), np.array(network(z, GE)), atol=5e-6)


def test_speech_is_as_from_mlx(model: SoVITS) -> None:
    codes, text = tiny.sentence(40)
    spoken = []
    for _ in range(2):
        stream = SoVITSStream(model, text, GE, SpeakingOptions(seed=3))
        parts = [*stream.speak(codes[0, :23].tolist(), last=False)]
        parts += stream.speak(codes[0, 23:].tolist(), last=True)
        spoken.append(np.concatenate([*map(np.array, parts)]))
        model.compile_generator()
    model.sliced = None
    np.testing.assert_allclose(spoken[1], spoken[0], atol=2e-6, strict=True)
    assert np.abs(spoken[0]).max() > 0.01


def test_the_whole_sentence_is_made_by_it_too(model: SoVITS) -> None:
    codes, text = tiny.sentence(11)
    whole = model.decode(codes, text, GE, noise_scale=0)
    model.compile_generator()
    compiled = model.decode(codes, text, GE, noise_scale=0)
    model.sliced = None
    np.testing.assert_allclose(np.array(compiled), np.array(whole), atol=2e-6, strict=True)


def test_mlx_takes_over_where_compiling_fails(model: SoVITS, monkeypatch, caplog) -> None:
    def fails(*_):
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(sliced_generator, "slice_graph", fails)
    codes, text = tiny.sentence(11)
    model.compile_generator()
    with caplog.at_level(logging.WARNING):
        stream = SoVITSStream(model, text, GE)
    assert "MLX makes the sound: OpenVINO cannot compile the generator: no such" in caplog.text
    assert model.sliced is None
    assert sum(len(part) for part in stream.speak(codes[0].tolist(), last=True)) == 22 * tiny.HOP


def test_mlx_takes_over_where_the_package_is_broken(model: SoVITS, monkeypatch, caplog) -> None:
    monkeypatch.setitem(sys.modules, sliced_generator.__name__, None)
    with caplog.at_level(logging.WARNING):
        model.compile_generator()
    assert "MLX makes the sound: OpenVINO cannot be imported" in caplog.text
    assert model.sliced is None


def test_a_failure_in_a_slice_is_an_error(model: SoVITS) -> None:
    network = sliced_generator.SlicedGenerator(model.dec, 1)
    stream = network.stream(GE)
    compiled = network._compiled

    class Broken:
        def infer(self, *_, **__):
            raise RuntimeError("out of memory")

    broken: Future[object] = Future()
    broken.set_result((network.graph, Broken()))
    compiled._compiled = broken
    with pytest.raises(BackendError, match="OpenVINO failed to run the generator: out of memory"):
        list(stream.window(latent(3), last=True))


def test_it_is_used_if_it_is_installed_and_wanted(monkeypatch) -> None:
    assert openvino.is_chosen("auto")
    assert openvino.is_chosen("openvino")
    assert not openvino.is_chosen("mlx")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not openvino.is_chosen("auto")
    with pytest.raises(SettingError, match=r"cpu_generator must be auto or mlx.*got 'openvino'"):
        openvino.is_chosen("openvino")


def test_nothing_is_reported_to_its_makers(tmp_path) -> None:
    program = (
        "import sys, dora_mlx_tts.models.sovits.slice_graph as module;"
        "module.ov.Core();"
        "sys.exit(any(name.startswith('openvino_telemetry') for name in sys.modules))"
    )
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("CI", None)  # where telemetry would be off
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert not list(tmp_path.iterdir())


def test_only_the_linux_cpu_uses_it() -> None:
    chosen = device.select("cpu", generator="auto")
    assert chosen.openvino == (chosen.backend is Backend.CPU)
    assert not device.select("cpu").openvino
