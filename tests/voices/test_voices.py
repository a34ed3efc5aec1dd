from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.voices import registry
from dora_mlx_tts.voices.registry import VoiceRegistry
from dora_mlx_tts.voices.voice import is_voice_name, read_voice

MINIMAL = "pack: pack\nreference: {audio: a.wav}\n"


@pytest.fixture(autouse=True)
def no_builtin_voices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "builtin").mkdir()
    monkeypatch.setattr(registry, "BUILTIN", tmp_path / "builtin")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    folder.mkdir()
    return folder


def test_a_voice_and_its_paths(folder: Path) -> None:
    file = folder / "anna.yml"
    file.write_text(
        "pack: pack\naliases: [Ännchen]\nreference: {audio: a.wav, text: Hello., language: en}\n"
        "auxiliary: [b.wav]\ndefaults: {speed: 1.1}\n",
        encoding="utf-8",
    )
    voice = read_voice(file, [])
    assert voice.name == "anna"
    assert voice.pack == (folder / "pack").resolve()
    assert voice.reference.audio == (folder / "a.wav").resolve()
    assert voice.auxiliary == ((folder / "b.wav").resolve(),)
    assert voice.defaults == {"speed": 1.1}
    registry = VoiceRegistry.scan([folder])
    assert registry.get("anna") == registry.get("ANNA") == registry.get("ännchen") == voice


def test_a_folder_a_voice(folder: Path) -> None:
    (folder / "bob").mkdir()
    (folder / "bob" / "voice.yml").write_text(MINIMAL)
    assert VoiceRegistry.scan([folder]).get("bob").pack == (folder / "bob" / "pack").resolve()


def test_a_root_may_hold_the_pack(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "packs" / "big").mkdir(parents=True)
    file = folder / "anna.yml"
    file.write_text("pack: big\nreference: {audio: a.wav}\n")
    assert read_voice(file, [tmp_path / "packs"]).pack == (tmp_path / "packs" / "big").resolve()


def test_later_folders_win(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "builtin" / "anna.yml").write_text(MINIMAL + "description: first\n")
    (folder / "anna.yml").write_text(MINIMAL + "description: second\n")
    assert VoiceRegistry.scan([folder]).get("anna").description == "second"


def test_a_name_wins_over_an_alias(folder: Path) -> None:
    (folder / "a.yml").write_text(MINIMAL + "aliases: [b]\n")
    (folder / "b.yml").write_text(MINIMAL)
    assert VoiceRegistry.scan([folder]).get("b").name == "b"


@pytest.mark.parametrize("path", ["../out.wav", "/etc/passwd", "~/x.wav", "a/../../x.wav"])
def test_paths_stay_inside(folder: Path, path: str) -> None:
    file = folder / "anna.yml"
    file.write_text(f"pack: pack\nreference: {{audio: {path}}}\n")
    with pytest.raises(VoiceError, match="leaves the folders"):
        read_voice(file, [])


@pytest.mark.parametrize("path", ["~nobody-has-this-name/x.wav", "x" * 300, '"a\\0b"', "x/" * 3000])
def test_what_cannot_be_a_path(folder: Path, path: str) -> None:
    file = folder / "anna.yml"
    file.write_text(f"pack: pack\nreference: {{audio: {path}}}\n")
    with pytest.raises(VoiceError, match=r"anna\.yml: '.*' cannot be a path"):
        read_voice(file, [])


def test_links_stay_inside(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(b"")
    (folder / "a.wav").symlink_to(tmp_path / "secret.wav")
    file = folder / "anna.yml"
    file.write_text(MINIMAL)
    with pytest.raises(VoiceError, match="leaves the folders"):
        read_voice(file, [])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("pack: x", "reference is missing"),
        ("reference: {audio: a.wav}", "pack is missing"),
        (MINIMAL + "colour: red", "unknown setting 'colour'; available: name,"),
        (MINIMAL + "name: ../up", "a name must be letters"),
        (MINIMAL + "aliases: [a/b]", "a name must be letters"),
        (MINIMAL + "defaults: {speed: 9}", "less than or equal to 2"),
        (MINIMAL + "defaults: {pitch: 1}", "pitch"),
        (MINIMAL + "file: x", "'file' must not"),
        (MINIMAL + "aliases: Anna", "aliases must be a list, got 'Anna'"),
        (MINIMAL + "styles: [glad]", "styles must be a table (name: value), got ['glad']"),
        (MINIMAL + "lexicon: {en: {no: [N, OW1]}}", "a name must be text (put it in quotes), got"),
        (MINIMAL + "defaults: {language: klingon}", "unknown language 'klingon'; available: zh,"),
        (MINIMAL + "defaults: {speed: yes}", "speed must be a number, got True"),
        ("pack: x\nreference: {audio: a.wav, language: xx}", "unknown language 'xx'; available"),
        ("pack: 5\nreference: {audio: a.wav}", "pack must be a path, got 5"),
        ("pack: x\nreference: a.wav", "reference must be a table (name: value), got 'a.wav'"),
        ("[1, 2]", "got a list"),
        ("a: [", "not YAML"),
        ("1: 2", "got the name 1"),
        ("d: 2024-99-99", "not YAML"),
    ],
)
def test_bad_files_are_explained_and_do_not_hide_others(folder: Path, text: str, word: str) -> None:
    (folder / "bad.yml").write_text(text)
    (folder / "good.yml").write_text(MINIMAL)
    registry = VoiceRegistry.scan([folder])
    assert [voice.name for voice in registry] == ["good"]
    with pytest.raises(VoiceError) as error:
        registry.get("bad")
    assert word in str(error.value)
    assert "bad.yml" in str(error.value)


def test_files_that_are_not_text(folder: Path) -> None:
    file = folder / "bad.yml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(VoiceError, match=r"cannot be read: not UTF-8 at byte 0; save it as UTF-8$"):
        read_voice(file, [])
    file.write_bytes(b"#" * (1 << 20) + b"##")
    with pytest.raises(VoiceError, match="at most"):
        read_voice(file, [])


def test_unknown_voices_and_folders(folder: Path) -> None:
    (folder / "anna.yml").write_text(MINIMAL)
    with pytest.raises(
        VoiceError, match=r"unknown voice 'ana'; available: anna; did you mean 'anna'\?"
    ):
        VoiceRegistry.scan([folder]).get("ana")
    with pytest.raises(VoiceError, match="does not exist"):
        VoiceRegistry.scan([folder / "none"])


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", ".hidden", "x" * 65, "a\n", None, 3])
def test_what_is_no_voice_name(name: object) -> None:
    assert not is_voice_name(name)
