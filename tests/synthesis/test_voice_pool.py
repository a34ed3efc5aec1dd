"""Which voices stay loaded, what a changed file does, and which recordings a text may bring."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SettingError, VoiceError
from dora_mlx_tts.synthesis.loading.loaded_pack import LoadedPack
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice, VoicePool
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.text.spoken import SpokenSentence
from dora_mlx_tts.voices.registry import BUILTIN, VoiceRegistry

RECORDING = BUILTIN / "references" / "starter-en.flac"


class FakePrompts:
    def get(self, voice, networks, front_end):
        return (voice.name, voice.reference.audio)


class Folder:
    """A voice folder with packs of one file each; every loaded pack takes 100 bytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.opened: list[str] = []
        self.pools: list[VoicePool] = []

    def write(self, name: str, pack: str, **more: object) -> None:
        (self.root / pack).mkdir(exist_ok=True)
        shutil.copy(RECORDING, self.root / "voice.flac")
        lines = [f"pack: {pack}", "reference: {audio: voice.flac, text: Hello., language: en}"]
        lines += [f"{key}: {value}" for key, value in more.items()]
        file = self.root / f"{name}.yml"
        file.write_text("\n".join(lines))
        stamp = 1_000_000_000 + len(list(self.root.iterdir())) + len(more) * 1000
        os.utime(file, (stamp, stamp))

    def open(self, path: Path, device: object) -> LoadedPack:
        self.opened.append(path.name)
        manifest = SimpleNamespace(symbols="v2")
        pack = SimpleNamespace(manifest=manifest)
        return LoadedPack(SimpleNamespace(pack=pack, features=None))

    def pool(self, limit: int = 0) -> VoicePool:
        pool = VoicePool(
            VoiceRegistry.scan((self.root,)),
            (self.root,),
            None,
            FakePrompts(),
            limit=limit,
            memory=lambda: 100 * pool.stats().packs,
            open_pack=self.open,
        )
        return pool


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    for name, pack in [("a", "one"), ("b", "one"), ("c", "two"), ("d", "three")]:
        folder.write(name, pack)
    return folder


def test_voices_of_a_pack_share_it_and_are_loaded_once(folder: Folder) -> None:
    pool = folder.pool()
    first = pool.get("a")
    assert pool.get("A") is first
    assert pool.get("b").networks is first.networks
    pool.get("c")
    assert folder.opened == ["one", "two"]
    stats = pool.stats()
    assert (stats.voices, stats.packs, stats.hits, stats.loads, stats.dropped) == (3, 2, 1, 3, 0)


def test_the_pack_used_longest_ago_makes_room(folder: Folder) -> None:
    pool = folder.pool(limit=200)
    for name in ["a", "c", "b", "d"]:  # b keeps pack one young
        pool.get(name)
    assert (pool.stats().packs, pool.stats().dropped) == (2, 1)
    pool.get("a")
    assert folder.opened == ["one", "two", "three"]
    pool.get("c")
    assert folder.opened[-1] == "two"


def test_the_voice_in_use_stays_whatever_the_limit(folder: Folder) -> None:
    pool = folder.pool(limit=1)
    assert pool.get("a").voice.name == "a"
    assert pool.get("c").voice.name == "c"
    assert pool.stats().packs == 1


def test_changed_new_and_removed_files_are_noticed(folder: Folder) -> None:
    pool = folder.pool()
    old, other = pool.get("a"), pool.get("c")
    assert not pool.refresh()
    folder.write("a", "one", description="new")
    folder.write("e", "two")
    (folder.root / "d.yml").unlink()
    assert pool.refresh()
    assert pool.get("a") is not old
    assert pool.get("a").voice.description == "new"
    assert pool.get("c") is other
    assert pool.get("e").voice.name == "e"
    with pytest.raises(VoiceError, match="unknown voice 'd'"):
        pool.get("d")
    assert folder.opened == ["one", "two"]


def test_a_broken_file_does_not_take_the_others_along(folder: Folder) -> None:
    pool = folder.pool()
    (folder.root / "c.yml").write_text("pack: [")
    assert pool.refresh()
    assert pool.get("a")
    with pytest.raises(VoiceError, match="not YAML"):
        pool.get("c")


def test_a_folder_that_is_gone_changes_nothing(folder: Folder) -> None:
    pool = folder.pool()
    pool.get("a")
    shutil.rmtree(folder.root)
    assert not pool.refresh()
    assert pool.get("a")


def test_files_are_looked_at_now_and_then_only(folder: Folder) -> None:
    pool = folder.pool()
    folder.write("e", "two")
    assert not pool.refresh(every_s=60)
    assert pool.refresh(every_s=0)


def test_folders_are_read_on_a_thread_of_their_own(folder: Folder) -> None:
    pool = folder.pool()
    looked = threading.Event()
    look = pool._look
    threads = []

    def noted() -> None:
        look()
        threads.append(threading.current_thread())
        looked.set()

    pool._look = noted  # type: ignore[method-assign]
    folder.write("e", "two")
    assert not pool.watch(0.01)
    assert looked.wait(10)
    assert pool.watch(0.01)
    assert pool.get("e")
    assert threading.main_thread() not in threads


def test_a_recording_of_a_request_becomes_a_voice(folder: Folder) -> None:
    pool = folder.pool()
    name = pool.adopt("voice.flac", "Hello.", "en", "a")
    assert pool.adopt(str(folder.root / "voice.flac"), "Hello.", "en", "a") == name
    ready = pool.get(name)
    assert ready.voice.pack.name == "one"
    assert ready.voice.reference.audio == (folder.root / "voice.flac").resolve()
    assert pool.adopt("voice.flac", "Other.", "en", "a") != name
    assert name not in [voice.name for voice in pool.registry]
    folder.write("e", "two")
    assert pool.refresh()
    assert pool.get(name) is ready


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../voice.flac", "nothing.wav", ".", "a\0b", "~nobody-x/voice.flac"]
)
def test_other_files_are_refused(folder: Folder, path: str) -> None:
    pool = folder.pool()
    with pytest.raises(SettingError, match="voice folder"):
        pool.adopt(path, "Hello.", "en", "a")


def test_brought_recordings_do_not_pile_up(folder: Folder) -> None:
    pool = folder.pool()
    for number in range(50):
        pool.get(pool.adopt("voice.flac", f"Text {number}.", "en", "a"))
    assert pool.stats().voices <= 20


def test_the_engine_speaks_texts_by_turns(tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path, preload=("starter-en-2",))
    synthesizer = Synthesizer.load(settings=settings, warm_up=False)
    assert synthesizer.pool_stats.voices == 2
    options = {"seed": 1, "first_window": 0.1, "window": 0.2, "fragment_interval": 0.0}
    texts = ["Good morning to all of you, my friends.", "Thank you."]
    alone = [[f.samples for f in synthesizer.stream(text, **options)] for text in texts]
    streams = [synthesizer.stream(text, **options) for text in texts]
    turns: list[list[np.ndarray]] = [[], []]
    running = [0, 1]
    while running:
        for number in list(running):
            fragment = next(streams[number], None)
            if fragment is None:
                running.remove(number)
            else:
                turns[number].append(fragment.samples)
    for expected, fragments in zip(alone, turns, strict=True):
        np.testing.assert_array_equal(np.concatenate(fragments), np.concatenate(expected))
    assert len(turns[0]) > 1


@pytest.mark.parametrize(
    ("text", "languages", "language", "read_as"),
    [
        ("3", ("en", "zh"), "auto", "en"),
        ("$5.20!", ("en",), "auto", "en"),
        ("3", ("zh", "en"), "auto", "zh"),
        ("3", (), "auto", "auto"),
        ("3。", ("en",), "auto", "auto"),
        ("3 cats", ("en",), "auto", "auto"),
        ("三", ("en",), "auto", "auto"),
        ("3", ("en",), "zh", "zh"),
        ("3", ("klingon",), "auto", "auto"),
    ],
)
def test_figures_alone_are_read_in_the_voices_own_language(
    text: str, languages: tuple[str, ...], language: str, read_as: str
) -> None:
    front_end = SimpleNamespace(phonemize=lambda text, code, **_: (text, code))
    ready = ReadyVoice(SimpleNamespace(languages=languages), None, front_end, None)
    assert ready.phonemize(SpokenSentence(text), language) == (text, read_as)
