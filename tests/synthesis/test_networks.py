"""Parts of different families in one pack."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from mlx.utils import tree_flatten

from dora_mlx_tts.errors import PackError, TextError
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.runtime.device import CPU, Backend, Device
from dora_mlx_tts.synthesis.loading import networks as networks_module
from dora_mlx_tts.synthesis.loading.networks import Networks, check_fit
from dora_mlx_tts.synthesis.synthesizer import Synthesizer


def networks(symbols: str, t2s_phones: int, symbols_read: int, eos: int = 1024, codes: int = 1024):
    return SimpleNamespace(
        pack=SimpleNamespace(root="packs/mine", manifest=SimpleNamespace(symbols=symbols)),
        t2s=SimpleNamespace(config=SimpleNamespace(phones=t2s_phones, eos=eos)),
        encoder=SimpleNamespace(config=SimpleNamespace(symbols=symbols_read, codes=codes)),
    )


@pytest.mark.parametrize(("symbols", "t2s", "sovits"), [("v1", 512, 322), ("v2", 732, 732)])
def test_families_of_the_reference_fit(symbols: str, t2s: int, sovits: int) -> None:
    check_fit(networks(symbols, t2s, sovits))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("v2", 512, 732), r"packs/mine: part 't2s' knows 512 phones.*732"),
        (("v2", 732, 322), r"part 'sovits' knows 322 phones"),
        (("v2", 732, 732, 1024, 512), r"writes 1024 codes.*reads 512"),
    ],
)
def test_parts_of_different_families_are_named(parts, message: str) -> None:
    with pytest.raises(PackError, match=message):
        check_fit(networks(*parts))


def test_a_word_longer_than_the_network_can_place_is_an_error_and_the_next_text_works(
    synthesizer: Synthesizer,
) -> None:
    with pytest.raises(TextError, match="4000"):
        synthesizer.speak("abcdefghij" * 1000, voice="starter-en")
    assert synthesizer.speak("Good morning.", voice="starter-en").duration_s > 0.5


class StandIn:
    """A kernel that says what it is asked for, and never decodes."""

    name = "stand-in"

    def __init__(self, *, good: bool) -> None:
        self.good, self.loaded = good, []

    def load(self, model) -> None:
        self.loaded.append(model)

    def allows(self, model, rows: int) -> bool:
        assert model is self.loaded[-1]
        return self.good


def opened(synthesizer: Synthesizer, monkeypatch, kernel: StandIn | None) -> Networks:
    pack = synthesizer.prepare("starter-en").networks.pack
    device = Device("gpu", Backend.NATIVE, "Metal", kernels="auto")
    monkeypatch.setattr(networks_module, "own_kernel", lambda *_: kernel)
    return Networks(pack, device)


def bytes_of(network) -> int:
    return sum(value.nbytes for _, value in tree_flatten(network.parameters()))


def test_a_kernel_decodes_where_its_trial_allows_it(synthesizer: Synthesizer, monkeypatch) -> None:
    kernel = StandIn(good=True)
    network = opened(synthesizer, monkeypatch, kernel).t2s
    assert network.kernel is kernel
    assert kernel.loaded == [network]
    assert bytes_of(network) > bytes_of(opened(synthesizer, monkeypatch, None).t2s)  # 8 bits


def test_a_kernel_that_is_refused_costs_no_memory(synthesizer: Synthesizer, monkeypatch) -> None:
    plain = opened(synthesizer, monkeypatch, None).t2s
    refused = opened(synthesizer, monkeypatch, StandIn(good=False)).t2s
    assert refused.kernel is None
    assert bytes_of(refused) == bytes_of(plain)


ON_LINUX = Device("cpu", Backend.CPU, "CPU (Linux)", openvino=True)


@pytest.mark.parametrize(
    ("storage", "device", "exact", "before", "ahead"),
    [
        ("int8", ON_LINUX, False, False, True),
        ("int6", ON_LINUX, False, False, True),
        ("float16", ON_LINUX, False, False, False),
        ("int8", ON_LINUX, True, False, False),
        ("int8", replace(ON_LINUX, openvino=False), False, False, False),
        ("float16", replace(ON_LINUX, int8=True), False, True, True),
    ],
)
def test_when_openvino_computes_in_8_bits(storage, device, exact, before, ahead) -> None:
    pack = SimpleNamespace(manifest=SimpleNamespace(storage=storage))
    networks = Networks(pack, device, exact=exact)
    assert networks._in_eight_bits is before
    networks._is_ahead = True
    assert networks._in_eight_bits is ahead


@pytest.mark.skipif(CPU.backend is not Backend.CPU, reason="for a Linux CPU")
def test_numbers_of_a_coarse_pack_give_the_same_logits(synthesizer: Synthesizer) -> None:
    pytest.importorskip("openvino")
    pack = synthesizer.prepare("starter-en").networks.pack
    plain, ahead = Networks(pack, ON_LINUX), Networks(pack, ON_LINUX)
    ahead.sovits.compile_generator = lambda: None
    ahead.compile_ahead()
    assert ahead.t2s._eight_bit is not None
    text, prompt = T2SText(np.arange(20, 60, dtype=np.int32)), np.arange(90, dtype=np.int32)
    found = []
    for networks in (plain, ahead):
        logits, cache = networks.t2s.prefill([text], prompt)
        steps = [networks.t2s.step(np.array([code], np.int32), cache) for code in range(5)]
        found.append(np.stack([logits, *steps]))
    np.testing.assert_allclose(found[1], found[0], atol=2e-4)
