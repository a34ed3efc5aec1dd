"""Prompts in files and in the cache."""

from __future__ import annotations

import dataclasses
import logging
import threading

import numpy as np
import pytest
from safetensors.numpy import save_file

from dora_mlx_tts.audio.io import checked
from dora_mlx_tts.audio.reference import convert
from dora_mlx_tts.errors import ReferenceAudioError, VoiceError
from dora_mlx_tts.synthesis.loading.prompt import Prompt
from dora_mlx_tts.synthesis.loading.prompt_store import (
    PromptCache,
    load_prompt,
    prompt_key,
    save_prompt,
)

KEY = "ab" * 32


@pytest.fixture
def prompt() -> Prompt:
    return Prompt(
        codes=np.arange(50, dtype=np.int32),
        ge=np.linspace(-1, 1, 8, dtype=np.float32).reshape(1, 1, 8),
        phones=np.arange(3, dtype=np.int32),
        features=np.ones((3, 6), np.float32),
        text="你好。",
        language="zh",
        duration_s=3.7,
    )


def same(a: Prompt, b: Prompt) -> bool:
    names = [field.name for field in dataclasses.fields(Prompt) if field.name != "key"]
    pairs = [(getattr(a, name), getattr(b, name)) for name in names]
    return all(np.array_equal(x, y) for x, y in pairs)


def test_save_and_load(tmp_path, prompt):
    path = tmp_path / "new" / "folder" / "prompt.safetensors"
    save_prompt(path, prompt, KEY)
    assert same(load_prompt(path, KEY), prompt)
    assert same(load_prompt(path), prompt)
    assert [p.name for p in path.parent.iterdir()] == ["prompt.safetensors"]


def test_zero_shot_prompt(tmp_path, prompt):
    nothing = np.zeros(0, np.int32)
    zero = dataclasses.replace(prompt, codes=nothing, phones=nothing, features=None, text="")
    save_prompt(tmp_path / "p", zero)
    got = load_prompt(tmp_path / "p")
    assert same(got, zero)
    assert got.is_zero_shot


def test_every_damage_is_noticed(tmp_path, prompt):
    path = tmp_path / "p.safetensors"
    save_prompt(path, prompt, KEY)
    sound = path.read_bytes()
    places = np.random.default_rng(0).choice(len(sound), 60, replace=False)
    for at in places:
        damaged = bytearray(sound)
        damaged[at] ^= 0x15
        path.write_bytes(damaged)
        try:
            assert same(load_prompt(path), prompt), f"byte {at} was changed unnoticed"
        except VoiceError:
            continue
    for length in (0, 7, 100, len(sound) - 1):
        path.write_bytes(sound[:length])
        with pytest.raises(VoiceError, match=r"p\.safetensors"):
            load_prompt(path)


def test_files_that_are_no_prompt(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"codes": np.zeros(3, np.int32)}, path)
    with pytest.raises(VoiceError, match="must be '1', got None"):
        load_prompt(path)
    with pytest.raises(VoiceError, match="cannot be read"):
        load_prompt(tmp_path / "missing")
    with pytest.raises(VoiceError, match="cannot be read"):
        load_prompt(tmp_path)


def test_prompt_of_other_things(tmp_path, prompt):
    save_prompt(tmp_path / "p", prompt, KEY)
    with pytest.raises(VoiceError, match="made from another recording, text or pack"):
        load_prompt(tmp_path / "p", "cd" * 32)


@pytest.mark.parametrize(
    "change",
    [
        {"ge": np.zeros((1, 8), np.float32)},
        {"codes": np.zeros((2, 2), np.int32)},
        {"codes": np.zeros(0, np.int32)},
        {"features": np.zeros((2, 6), np.float32)},
    ],
)
def test_arrays_that_do_not_fit_together(tmp_path, prompt, change):
    save_prompt(tmp_path / "p", dataclasses.replace(prompt, **change))
    with pytest.raises(VoiceError, match="do not fit together"):
        load_prompt(tmp_path / "p")


def test_folder_that_cannot_be_written(tmp_path, prompt):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VoiceError, match="cannot be written"):
        save_prompt(tmp_path / "file" / "p", prompt)


def test_key_depends_on_everything():
    def reference(seed: int):
        samples = np.random.default_rng(seed).standard_normal(48000).astype(np.float32) * 0.1
        return convert(checked(samples, 16000, "x"))

    first, second = reference(1), reference(2)
    phones = np.arange(4, dtype=np.int32)
    made_from = [
        ("pack", [first], "text", "en", phones),
        ("other pack", [first], "text", "en", phones),
        ("pack", [second], "text", "en", phones),
        ("pack", [first, second], "text", "en", phones),
        ("pack", [second, first], "text", "en", phones),
        ("pack", [first], "texts", "en", phones),
        ("pack", [first], "text", "zh", phones),
        ("pack", [first], "text", "en", phones[::-1]),
        ("pack", [first], None, "en", None),
    ]
    keys = [prompt_key(*things) for things in made_from]
    assert len(set(keys)) == len(keys)
    assert prompt_key("pack", [reference(1)], " text\n", "en", phones.astype(np.int64)) == keys[0]


class Maker:
    def __init__(self, prompt: Prompt) -> None:
        self.prompt, self.calls = prompt, 0

    def __call__(self) -> Prompt:
        self.calls += 1
        return self.prompt


def test_cache_prepares_once(tmp_path, prompt):
    make = Maker(prompt)
    cache = PromptCache(tmp_path)
    assert cache.get(KEY, make) is cache.get(KEY, make)
    assert same(PromptCache(tmp_path).get(KEY, make), prompt)
    assert make.calls == 1


def test_damaged_cache_file_is_made_again(tmp_path, prompt, caplog):
    make = Maker(prompt)
    PromptCache(tmp_path).get(KEY, make)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    with caplog.at_level(logging.WARNING):
        assert same(PromptCache(tmp_path).get(KEY, make), prompt)
    assert make.calls == 2
    assert "prepared again" in caplog.text
    PromptCache(tmp_path).get(KEY, make)
    assert make.calls == 2


def test_cache_works_without_its_folder(tmp_path, prompt, caplog):
    (tmp_path / "file").write_text("in the way")
    make = Maker(prompt)
    cache = PromptCache(tmp_path / "file" / "folder")
    with caplog.at_level(logging.WARNING):
        cache.get(KEY, make)
    cache.get(KEY, make)
    PromptCache(None).get(KEY, make)
    assert make.calls == 2
    assert "not kept" in caplog.text


def test_failure_is_not_remembered(tmp_path, prompt):
    def fail() -> Prompt:
        raise ReferenceAudioError("too short")

    cache = PromptCache(tmp_path)
    with pytest.raises(ReferenceAudioError):
        cache.get(KEY, fail)
    assert same(cache.get(KEY, Maker(prompt)), prompt)


def test_memory_is_bounded(prompt):
    make = Maker(prompt)
    cache = PromptCache(None)
    for number in range(40):
        cache.get(f"{number}", make)
    assert make.calls == 40
    cache.get("39", make)
    assert make.calls == 40
    cache.get("0", make)
    assert make.calls == 41


def test_one_voice_wanted_by_many_is_prepared_once(prompt):
    started = threading.Event()
    make = Maker(prompt)

    def slow() -> Prompt:
        started.set()
        release.wait(5)
        return make()

    release = threading.Event()
    cache = PromptCache(None)
    threads = [threading.Thread(target=cache.get, args=(KEY, slow)) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert started.wait(5)
    release.set()
    for thread in threads:
        thread.join(5)
    assert make.calls == 1
