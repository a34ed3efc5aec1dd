"""The trial before a kernel's first use, with the emulated kernel: as it is, broken on purpose, slower."""

from __future__ import annotations

import copy
import logging
from dataclasses import replace

import mlx.core as mx
import numpy as np
import pytest
from kernel_emulator import BLOCKS, WARPS, build
from t2s_tiny import tiny

from dora_mlx_tts.errors import BackendError
from dora_mlx_tts.models.t2s import cuda_step, kernel_choice, kernel_trial
from dora_mlx_tts.models.t2s.cuda_step import CudaKernel
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate
from dora_mlx_tts.models.t2s.kernel_trial import TestedKernel, Trial
from dora_mlx_tts.models.t2s.model import T2SConfig, T2SText
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore

ROWS = 2
CONFIG = T2SConfig(
    channels=128, heads=4, feed_forward=256, layers=2, vocabulary=65, phones=40, eos=64, features=8
)
CUDA = Device("gpu", Backend.NATIVE, "CUDA", BLOCKS, "auto")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    sizes = (CONFIG.channels, CONFIG.heads, CONFIG.feed_forward, CONFIG.layers, CONFIG.vocabulary)
    return build(tmp_path_factory.mktemp("kernel"), (CONFIG.channels, *sizes, ROWS))


@pytest.fixture
def run(kernel, monkeypatch):
    """Decoding runs what this holds under "kernel": the emulated one, until a test changes it."""
    held = {"kernel": kernel, "launches": 0}

    def launch(**arguments):
        held["launches"] += 1
        return held["kernel"](**arguments)

    monkeypatch.setattr(cuda_step, "_kernel", lambda: launch)
    monkeypatch.setattr(cuda_step, "WARPS", WARPS)
    monkeypatch.setattr(cuda_step, "ROWS", (ROWS,))
    monkeypatch.setattr(kernel_trial, "_USUAL", (14, 6))
    monkeypatch.setattr(kernel_trial, "_LAUNCHES", 2)
    return held


class Clock:
    """A clock on which each of the kernel's launches takes as long as it is told, and all else 1 s a step."""

    def __init__(self, run, kernel_s):
        self._run, self._kernel_s, self._now, self._seen = run, kernel_s, 0.0, 0

    def __call__(self):
        launches = self._run["launches"] - self._seen
        self._seen = self._run["launches"]
        self._now += launches * self._kernel_s if launches else 1.0
        return self._now


@pytest.fixture
def model():
    return tiny(Backend.NATIVE, config=CONFIG, spread=0.15)


def trying(run, store, kernel_s=0.5):
    return TestedKernel(CudaKernel(BLOCKS), store, clock=Clock(run, kernel_s))


def loaded(run, model, store, kernel_s=0.5):
    kernel = trying(run, store, kernel_s)
    kernel.load(model)
    return kernel


def test_an_equal_and_faster_kernel_is_used(run, model, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    kernel = loaded(run, model, VerdictStore(tmp_path))
    assert kernel.allows(model, 1)
    assert "t2s-cuda is used" in caplog.text
    verdict = kernel.verdict(model, ROWS)
    assert verdict.difference < 1e-4
    assert verdict.kernel_ms < verdict.plain_ms
    model.kernel = kernel
    before = run["launches"]
    settings = DecodeSettings(early_stop=5)
    assert len(list(generate(model, T2SText(np.arange(9, dtype=np.int32)), settings=settings))) == 6
    assert run["launches"] > before


def test_the_next_start_asks_the_file(run, model, tmp_path):
    assert loaded(run, model, VerdictStore(tmp_path)).allows(model, 1)
    run["kernel"] = None  # calling it would fail
    assert loaded(run, model, VerdictStore(tmp_path)).allows(model, 1)
    with_other_numbers = loaded(run, model, VerdictStore(tmp_path))
    model.set_dtype(mx.float16)
    with pytest.raises(TypeError):  # so it was tried again
        with_other_numbers.allows(model, 1)


def wrong_logits(kernel):
    """The last logits are off by a tenth: as if a phase had lost some of its inputs."""

    def launch(**arguments):
        out, logits = kernel(**arguments)
        return [out, logits * (1 + 0.2 * (mx.arange(logits.shape[1]) % 2))]

    return launch


def wrong_tokens(kernel):
    """Whatever is drawn is taken for the token behind it."""

    def launch(**arguments):
        out, logits = kernel(**arguments)
        pairs = np.array(out)
        pairs[:-1:2] = (pairs[:-1:2] + 1) % 60
        return [mx.array(pairs), logits]

    return launch


def not_numbers(kernel):
    def launch(**arguments):
        out, logits = kernel(**arguments)
        return [out, logits * float("nan")]

    return launch


@pytest.mark.parametrize(
    ("broken", "says"),
    [(wrong_logits, "logits differ"), (wrong_tokens, "tokens"), (not_numbers, "logits differ")],
)
def test_a_broken_kernel_is_refused(run, model, tmp_path, caplog, broken, says):
    run["kernel"] = broken(run["kernel"])
    kernel = loaded(run, model, VerdictStore(tmp_path))
    assert not kernel.allows(model, 1)
    assert "t2s-cuda is not used" in caplog.text
    assert says in caplog.text
    assert (
        not VerdictStore(tmp_path)
        .get(kernel._key(CONFIG, Backend.NATIVE, mx.float32, ROWS))
        .is_used
    )
    model.kernel = kernel
    before = run["launches"]
    settings = DecodeSettings(early_stop=5)
    assert len(list(generate(model, T2SText(np.arange(9, dtype=np.int32)), settings=settings))) == 6
    assert run["launches"] == before


def test_a_lost_position_is_noticed(run, model, tmp_path):
    kernel = loaded(run, model, VerdictStore(tmp_path))

    def first_key_lost(**arguments):
        arguments["inputs"][7] = arguments["inputs"][7] + 1  # padding of each row
        return run["whole"](**arguments)

    run["whole"], run["kernel"] = run["kernel"], first_key_lost
    assert not kernel.allows(model, 1)


def test_a_kernel_broken_in_its_arithmetic_is_refused(run, model, tmp_path):
    kernel = loaded(run, model, VerdictStore(tmp_path))
    packed = kernel._kernel.packed
    vectors = np.array(packed.vectors)
    vectors[:40] += 1  # biases that the plain twin does not have
    kernel._kernel.packed = replace(packed, vectors=mx.array(vectors))
    assert not kernel.allows(model, 1)


def test_a_slower_kernel_is_refused(run, model, tmp_path, caplog):
    kernel = loaded(run, model, VerdictStore(tmp_path), kernel_s=30.0)
    assert not kernel.allows(model, 1)
    assert "not faster" in caplog.text
    store = VerdictStore(tmp_path)
    assert trying(run, store).is_refused(CONFIG, Backend.NATIVE, mx.float32)
    assert not trying(run, store).is_refused(CONFIG, Backend.NATIVE, mx.float16)
    where = replace(CUDA)
    assert kernel_choice.own_kernel(where, CONFIG, mx.float32, store) is None


def failing(error):
    def launch(**_):
        raise error

    return launch


@pytest.mark.parametrize(
    "error", [BackendError("gave up"), RuntimeError("no such GPU"), ValueError("too many threads")]
)
def test_a_kernel_that_fails_is_not_used_now(run, model, tmp_path, caplog, error):
    run["kernel"] = failing(error)
    kernel = loaded(run, model, VerdictStore(tmp_path))
    assert not kernel.allows(model, 1)
    assert str(error) in caplog.text
    launches = run["launches"]
    assert not kernel.allows(model, 1)
    assert run["launches"] == launches  # nor is it tried for every text
    assert list(tmp_path.iterdir()) == []  # the next start tries it again


def test_an_interrupted_trial_is_not_counted_against_the_kernel(run, model, tmp_path):
    run["kernel"] = failing(KeyboardInterrupt())
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            loaded(run, model, VerdictStore(tmp_path)).allows(model, 1)
    assert list(tmp_path.iterdir()) == []


def test_rows_beyond_the_kernels_are_not_tried(run, model):
    kernel = loaded(run, model, VerdictStore(None))
    assert not kernel.allows(model, 9)
    assert run["launches"] == 0


def test_the_setting_overrules(run, model):
    store = VerdictStore(None)
    assert kernel_choice.own_kernel(replace(CUDA, kernels="off"), CONFIG, mx.float32, store) is None
    on = kernel_choice.own_kernel(replace(CUDA, kernels="on"), CONFIG, mx.float32, store)
    assert isinstance(on, CudaKernel)
    kernel_choice.install(model, replace(CUDA, kernels="on"), store)
    assert isinstance(model.kernel, CudaKernel)
    assert run["launches"] == 0
    cpu = Device("cpu", Backend.CPU, "CPU (Linux)")
    assert kernel_choice.own_kernel(cpu, CONFIG, mx.float32, store) is None


def test_install_tries_first(run, model, monkeypatch):
    run["kernel"] = wrong_tokens(run["kernel"])
    kernel_choice.install(model, CUDA, VerdictStore(None))
    assert model.kernel is None
    assert run["launches"] > 0


def test_the_twin_passes_its_own_trial(model, monkeypatch):
    """Half precision: a decoder made of plain steps, whose tokens and logits are right by definition."""
    monkeypatch.setattr(kernel_trial, "_USUAL", (14, 6))
    monkeypatch.setattr(kernel_trial, "_LAUNCHES", 2)
    model.set_dtype(mx.float16)
    verdict = Trial(model, PlainKernel(), 2, lambda: 0.0).run()
    assert verdict.difference == 0
    assert "not faster" in verdict.reason


class PlainKernel:
    name = source = "plain"

    def decoder(self, model, cache, logits, sampling, prompt, min_tokens):
        return PlainDecoder(model, cache, logits, sampling, prompt)


class PlainDecoder:
    def __init__(self, model, cache, logits, sampling, prompt):
        self._model, self._cache, self.logits = model, copy.copy(cache), logits
        self._cache.joined = None
        self._cache._keys = [mx.array(cache.buffers(i)[0]) for i in range(cache.shape.layers)]
        self._cache._values = [mx.array(cache.buffers(i)[1]) for i in range(cache.shape.layers)]
        self._sampling = sampling
        self._seen = np.zeros(logits.shape, bool)
        self._seen[:, prompt] = True

    def decode(self, draws):
        size, tokens = self._model.config.eos, []
        for times in np.array(draws):
            logits = np.array(self.logits.astype(mx.float32))[:, :size]
            pushed = kernel_trial.penalise(
                np, logits, self._seen[:, :size], self._sampling.repetition_penalty
            )
            chosen = pushed.argmax(-1)
            if self._sampling.top_k > 1:
                share = kernel_trial.probabilities(np, pushed, self._sampling)
                chosen = kernel_trial.race(np, share, times[:, :size])
            self._seen[np.arange(len(chosen)), chosen] = True
            self.logits = self._model.step(mx.array(chosen.astype(np.int32)), self._cache)
            tokens.append(chosen)
        return np.array(tokens, np.int32)

    def read(self, out):
        return out, np.zeros_like(out)
