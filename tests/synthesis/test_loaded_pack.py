"""What a loaded pack keeps, and that nothing of it outlives it."""

from __future__ import annotations

import gc
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.synthesis.loading.loaded_pack import KeptCache, LoadedPack
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.voices.registry import BUILTIN


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def two_packs(tmp_path: Path) -> Settings:
    """Voices `one` and `two` with a pack each, and memory for one of them."""
    voices = tmp_path / "voices"
    voices.mkdir()
    shutil.copy(BUILTIN / "references" / "starter-en.flac", voices / "a.flac")
    for name in ("one", "two"):
        shutil.copytree(BUILTIN / "starter", voices / f"pack-{name}")
        reference = "{audio: a.flac, language: en}"
        (voices / f"{name}.yml").write_text(f"pack: pack-{name}\nreference: {reference}\n")
    environ = {"DORA_MLX_TTS_CACHE": str(tmp_path / "cache")}
    changes = {"voices": (voices,), "voice": "one", "voice_memory": 1}
    return Settings.load(environ=environ).model_copy(update=changes)


def test_a_dropped_voice_is_freed_at_once(two_packs: Settings, no_collector: None) -> None:
    synthesizer = Synthesizer.load(settings=two_packs, warm_up=False)
    assert list(synthesizer.stream("Good morning.", seed=1))
    pack = synthesizer.prepare("one").pack
    kept = [pack, pack.networks, pack.networks.t2s, pack.networks.sovits, pack._free[0]]
    watched = [weakref.ref(part) for part in kept]
    del pack, kept
    assert all(part() is not None for part in watched)
    synthesizer.prepare("two")
    assert synthesizer.pool_stats.dropped == 1
    assert [part() for part in watched] == [None] * len(watched)


def test_features_of_chinese_do_not_hold_their_pack(tmp_path: Path, no_collector: None) -> None:
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n你\n好")
    pack = SimpleNamespace(has=lambda part: part == "bert", file=lambda name: tmp_path / name)
    networks = Networks(pack, Device("cpu", Backend.CPU, "", 0))
    networks.__dict__["bert"] = SimpleNamespace(features=lambda ids: ids[..., None])
    features = networks.features
    assert features is not None
    assert features("你好", [1, 2]).shape == (3, 1)
    watched = weakref.ref(networks)
    del networks
    assert watched() is not None  # what reads Chinese needs its network
    del features
    assert watched() is None


def test_texts_spoken_in_turns_have_a_cache_each() -> None:
    pack = LoadedPack(SimpleNamespace(t2s=None))
    with pack.borrow_cache() as one:
        with pack.borrow_cache() as other:
            assert one is not other
        with pack.borrow_cache() as again:
            assert again is other
    with pack.borrow_cache() as first:
        assert first in (one, other)


def test_a_pack_without_a_table_learns_one_from_its_first_prompt(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = synthesizer.prepare("starter-en")
    pack = LoadedPack(ready.networks)
    pack.prepare(ready.prompt)
    assert pack.table is None  # the pack brings one
    monkeypatch.setitem(ready.networks.__dict__, "phone_codes", None)
    pack.prepare(ready.prompt)
    table = pack.table
    assert table is not None
    assert table.lessons == 1
    pack.prepare(ready.prompt)
    assert pack.table is table
    assert table.lessons == 1
    assert np.isfinite(table.evidence(ready.prompt.phones, ready.prompt.codes)).all()


class _Cache:
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity

    def free(self) -> None:
        self.capacity = 0


def test_a_cache_that_grew_beyond_use_gives_its_memory_back() -> None:
    sizes = iter([1024, 1025])
    network = SimpleNamespace(make_cache=lambda: _Cache(next(sizes)))
    usual, grown = KeptCache(network), KeptCache(network)
    assert (usual.give_back(), grown.give_back()) == (0, 0)  # nothing was lent
    usual.lend()
    grown.lend()
    assert usual.give_back() == 1024
    assert grown.give_back() == 0
