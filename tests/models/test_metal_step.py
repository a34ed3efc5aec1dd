"""The Metal kernels against their plain twin, on a CPU; no Mac ever ran them."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from metal_emulator import MetalEmulator
from t2s_tiny import SAMPLINGS, collected, tiny

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.models.t2s import kernel_choice, metal_sources, metal_step
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, generate, generate_batch
from dora_mlx_tts.models.t2s.kernel_trial import TestedKernel
from dora_mlx_tts.models.t2s.metal_step import MetalKernel, supports
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig, T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.models.t2s.step_kernel import LAUNCH
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore

CONFIG = T2SConfig(
    channels=128, heads=4, feed_forward=256, layers=3, vocabulary=65, phones=40, eos=64, features=8
)
OTHERS = {  # channels that no simdgroup divides, heads of other sizes, an inner width of few groups
    "odd": replace(CONFIG, channels=144, heads=9, feed_forward=72, layers=1, vocabulary=33, eos=32),
    "wide heads": replace(
        CONFIG, channels=64, heads=1, feed_forward=52, layers=2, vocabulary=97, eos=96
    ),
}
METAL = Device("gpu", Backend.NATIVE, "Metal", kernels="auto")
PROMPT = np.arange(6, dtype=np.int32)
TEXTS = [T2SText(np.arange(length, dtype=np.int32) % 40) for length in (9, 5, 12)]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    return MetalEmulator(tmp_path_factory.mktemp("metal"))


@pytest.fixture
def small(monkeypatch):
    """Threadgroups of few threads, so that a CPU is done with them."""
    monkeypatch.setattr(metal_step, "SIMDS", 2)
    monkeypatch.setattr(metal_step, "GROUPS", 3)
    yield
    metal_sources.kernels.cache_clear()


@pytest.fixture
def emulated(emulator, small, monkeypatch):
    use(emulator, monkeypatch)
    return emulator


def use(emulator, monkeypatch):
    monkeypatch.setattr(mx.fast, "metal_kernel", emulator.metal_kernel)
    metal_sources.kernels.cache_clear()
    emulator.launches.clear()


def made(config: T2SConfig = CONFIG) -> T2S:
    return tiny(Backend.NATIVE, config=config, spread=0.15)


def use_kernel(model: T2S) -> None:
    model.kernel = MetalKernel(model.config)
    model.kernel.load(model)


def given(step: int, rows: int, model: T2S) -> mx.array:
    return mx.array(((7 + 4 * np.arange(rows)) * (step + 1) % model.config.eos).astype(np.int32))


def same_steps(model: T2S, texts: list[T2SText], count: int, prompt=PROMPT, off: float = 2e-5):
    rows = len(texts)
    _, cache = model.prefill(texts, prompt)
    tokens = [given(step, rows, model) for step in range(count)]
    want = [np.array(model.step(token, cache).astype(mx.float32)) for token in tokens]
    use_kernel(model)
    logits, cache = model.prefill(texts, prompt)
    decoder = model.kernel.decoder(model, cache, logits, SAMPLINGS["drawn"], prompt, 11)
    for token, wanted in zip(tokens, want, strict=True):
        got = np.array(decoder.step(token))
        assert got.shape == wanted.shape
        assert np.linalg.norm(got - wanted) <= off * np.linalg.norm(wanted)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_steps_equal_the_plain_ones(emulated, rows):
    same_steps(made(), TEXTS[:rows], 3)


@pytest.mark.parametrize("config", OTHERS.values(), ids=OTHERS)
def test_sizes_that_divide_nothing(emulated, config):
    texts = [
        T2SText(text.phones, np.zeros((len(text.phones), 8), np.float32)) for text in TEXTS[:2]
    ]
    same_steps(made(config), texts, 3)
    same_tokens(made(config), SAMPLINGS["drawn"], texts)


@pytest.mark.parametrize("length", [1, 31, 90])
def test_caches_of_several_lengths(emulated, length):
    same_steps(
        made(), [T2SText(np.arange(length, dtype=np.int32) % 40)], 2, np.arange(2, dtype=np.int32)
    )


def test_half_precision(emulated):
    model = made()
    model.set_dtype(mx.float16)
    same_steps(model, TEXTS[:2], 4, off=5e-3)


@pytest.mark.parametrize("sampling", SAMPLINGS.values(), ids=SAMPLINGS)
def test_it_gives_the_tokens_of_the_plain_loop(emulated, sampling):
    same_tokens(made(), sampling, TEXTS[:2])


def same_tokens(model: T2S, sampling: SamplingSettings, texts: list[T2SText]) -> None:
    settings = DecodeSettings(sampling, early_stop=18, min_tokens=3)
    seeds = list(range(1, len(texts) + 1))
    plain = generate_batch(model, texts, PROMPT, settings, seeds=seeds)
    want = collected(plain)
    use_kernel(model)
    fused = generate_batch(model, texts, PROMPT, settings, seeds=seeds)
    assert collected(fused) == want
    assert fused.ends == plain.ends


def test_the_cache_grows(emulated, monkeypatch):
    monkeypatch.setattr("dora_mlx_tts.models.t2s.kv_cache.GROWTH", 16)
    monkeypatch.setattr(metal_step, "GROWTH", 16)
    model, settings = made(), DecodeSettings(SAMPLINGS["greedy"], early_stop=25, min_tokens=40)
    want = list(generate(model, TEXTS[0], PROMPT, settings))
    use_kernel(model)
    assert list(generate(model, TEXTS[0], PROMPT, settings)) == want


def test_a_token_takes_two_dispatches_a_layer_and_two(monkeypatch):
    counted = Counter()

    def metal_kernel(name, **_):
        def launch(output_shapes, output_dtypes, **_):
            counted[name] += 1
            return [mx.zeros(*about) for about in zip(output_shapes, output_dtypes, strict=True)]

        return launch

    monkeypatch.setattr(mx.fast, "metal_kernel", metal_kernel)
    metal_sources.kernels.cache_clear()
    model = made(replace(CONFIG, channels=32, heads=2, feed_forward=64, layers=24))
    use_kernel(model)
    logits, cache = model.prefill(TEXTS[:1], PROMPT)
    decoder = model.kernel.decoder(model, cache, logits, SAMPLINGS["drawn"], PROMPT, 11)
    draws = mx.ones((LAUNCH, 1, CONFIG.vocabulary))
    mx.eval(decoder._cache, decoder._tails, decoder._logits, decoder._seen, decoder._pairs, draws)
    out = decoder.decode(draws)
    metal_sources.kernels.cache_clear()
    assert counted == {
        "t2s_sample": LAUNCH, "t2s_first": LAUNCH, "t2s_attend": LAUNCH * 23, "t2s_feed": LAUNCH * 24,
        "t2s_predict": LAUNCH,
    }  # fmt: skip
    updates = others(decoder._cache, out)
    assert updates == 24  # a launch's positions go to the cache once a layer
    assert (counted.total() + updates) / LAUNCH <= 60


def others(caches: list[mx.array], out: mx.array) -> int:
    """Operations of MLX's own that a launch leaves to be computed, those without a dispatch not counted."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "graph.dot"
        mx.export_to_dot(str(target), *caches, out)
        labels = re.findall(r'label ="(\w+)"', target.read_text())
    return sum(
        label not in {"Slice", "Broadcast", "Full", "ExpandDims", "Squeeze"} for label in labels
    )


def test_the_header_is_metals_dialect():
    """What a C++ compiler would take and Metal's would not: pointers without an address space, lambdas."""
    header = re.sub(r"//.*", "", metal_sources.header())
    pointers = [part for part in re.split(r"[(),;{}]", header) if re.search(r"[\w>]\*(?!\S)", part)]
    assert len(pointers) > 50
    assert [
        p for p in pointers if not re.search(r"\b(device|threadgroup|thread|constant)\b", p)
    ] == []
    assert not re.search(r"\[[=&]?\]\s*\(|\bnew\b|\bgoto\b|\bdouble\b|\bstd::|\bvirtual\b", header)


def test_the_trial_lets_the_kernels_in_and_the_loop_uses_them(emulated, monkeypatch):
    monkeypatch.setattr("dora_mlx_tts.models.t2s.kernel_trial._USUAL", (14, 6))
    monkeypatch.setattr("dora_mlx_tts.models.t2s.kernel_trial._LAUNCHES", 2)
    clock = iter(range(10**6))
    model = made()
    kernel = TestedKernel(MetalKernel(CONFIG), VerdictStore(None), clock=lambda: next(clock))
    kernel.load(model)
    verdict = kernel.verdict(model, 1)
    assert verdict.difference < 1e-4, verdict.reason
    assert "not faster" in verdict.reason  # both take one tick


BREAKS = {
    "a lost barrier": (
        "feed",
        r"(row\[c\] = y;.*?\}\n  \}\n)  threadgroup_barrier\(.*?\);\n",
        r"\1",
    ),
    "a forgotten bias": ("feed", r"residual\[i\] \+ float\(bias\[c\]\)", "residual[i]"),
    "a part of the output is lost": ("predict", "p < count; ", "p < count - 1; "),
    "the new position is not seen": ("first", "w.simd == 0 && slot == 0", "false"),
    "padding is seen": ("first", r"p < length && p >= padding", "p < length"),
    "the tail is not copied": ("first", r"slot < used \? tail\[at\] :", ""),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_kernel_differs(small, tmp_path, monkeypatch, name):
    broken, pattern, other = BREAKS[name]
    changes = []

    def change(kernel: str, source: str) -> str:
        if kernel != f"t2s_{broken}":
            return source
        changed, count = re.subn(pattern, other, source, flags=re.DOTALL)
        changes.append(count)
        return changed

    use(MetalEmulator(tmp_path, change), monkeypatch)
    model = made()
    use_kernel(model)
    logits, cache = model.prefill(TEXTS[:2], PROMPT)
    decoder = model.kernel.decoder(model, cache, logits, SAMPLINGS["greedy"], PROMPT, 11)
    tokens, _ = decoder.read(decoder.decode(mx.ones((3, 2, 65))))
    _, cache = model.prefill(TEXTS[:2], PROMPT)
    for row in tokens:
        want = model.step(mx.array(row), cache)
    assert changes == [1]
    off = np.linalg.norm(np.array(decoder.logits) - np.array(want)) / np.linalg.norm(np.array(want))
    assert not off < 2e-4  # ten times what is allowed between equals


def test_only_metal_gets_them():
    store = VerdictStore(None)
    chosen = kernel_choice.own_kernel(replace(METAL, kernels="on"), CONFIG, mx.float16, store)
    assert isinstance(chosen, MetalKernel)
    assert (
        kernel_choice.own_kernel(replace(METAL, kernels="off"), CONFIG, mx.float16, store) is None
    )
    assert (
        kernel_choice.own_kernel(
            Device("gpu", Backend.NATIVE, "CUDA", 0, "on"), CONFIG, mx.float16, store
        )
        is None
    )


def test_sizes_that_are_supported():
    full = T2SConfig(512, 16, 2048, 24, 1025, 732, 1024)
    assert supports(full)
    assert [MetalKernel(full).compiled_rows(rows) for rows in (1, 3, 8, 9)] == [1, 4, 8, 0]
    assert MetalKernel(replace(full, channels=1024, heads=16)).compiled_rows(8) == 0
    assert supports(replace(full, channels=320, heads=10, feed_forward=1280))
    assert not supports(replace(full, channels=480))  # heads of 30
    assert not supports(replace(full, feed_forward=2047))
    assert not supports(replace(full, channels=8192, heads=64))


def test_what_they_cannot_do_is_an_error(emulated):
    model = made()
    logits, cache = model.prefill(TEXTS[:1], PROMPT)
    with pytest.raises(SettingError, match="loaded no network"):
        MetalKernel(CONFIG).decoder(model, cache, logits, SAMPLINGS["drawn"], PROMPT, 11)
    use_kernel(model)
    with pytest.raises(SettingError, match="top_p"):
        model.kernel.decoder(model, cache, logits, SamplingSettings(top_p=0.5), PROMPT, 11)
    decoder = model.kernel.decoder(model, cache, logits, SAMPLINGS["drawn"], PROMPT, 11)
    with pytest.raises(SettingError, match="at most 8"):
        decoder.decode(mx.ones((9, 1, 65)))
    assert (
        len(
            list(
                generate(
                    model,
                    TEXTS[0],
                    PROMPT,
                    DecodeSettings(SamplingSettings(top_p=0.9), early_stop=3),
                )
            )
        )
        == 4
    )
