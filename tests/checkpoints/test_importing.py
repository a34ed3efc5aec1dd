"""Voices of other tools: the model tree of dora-primespeech, and characters' folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import whole_voice
from click.testing import CliRunner
from torch_files import save_checkpoint

from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.tools.voices.importers import (
    character_voice,
    choose,
    install,
    language,
    primespeech_voices,
)
from dora_mlx_tts.voices.registry import VoiceRegistry

TEXT = "Hello there, my friend, how are you?"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A model tree with two voices."""
    root = tmp_path / "primespeech" / "moyoyo"
    for name in ("GPT_weights", "SoVITS_weights", "ref_audios"):
        (root / name).mkdir(parents=True)
    weights, config = whole_voice.t2s()
    sovits, sovits_config = whole_voice.sovits("v2")
    for stem in ("one", "two"):
        save_checkpoint(root / "GPT_weights" / f"{stem}_best_gpt.ckpt", weights, config)
        save_checkpoint(root / "SoVITS_weights" / f"{stem}_best_sovits.pth", sovits, sovits_config)
        whole_voice.recording(root / "ref_audios" / f"{stem}_ref.wav")
    whole_voice.save_hubert(root / "chinese-hubert-base")
    whole_voice.save_bert(root / "chinese-roberta-wwm-ext-large")
    return tmp_path / "primespeech"


def entry(stem: str, **changes: object) -> dict[str, object]:
    return {
        "repository": "somebody/models",
        "gpt_weights": f"GPT_weights/{stem}_best_gpt.ckpt",
        "sovits_weights": f"{stem}_best_sovits.pth",
        "reference_audio": f"ref_audios/{stem}_ref.wav",
        "prompt_text": TEXT,
        "text_lang": "en",
        "prompt_lang": "en",
        "speed_factor": 1.1,
        **changes,
    }


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "voices.json"
    path.write_text(json.dumps({"One": entry("one"), "Two": entry("two"), "Gone": entry("gone")}))
    return path


def test_the_model_tree_is_converted(tmp_path: Path, tree: Path, table: Path) -> None:
    voices = tmp_path / "voices"
    arguments = ["voices", "import", "primespeech", str(tree), "--table", str(table)]
    result = CliRunner().invoke(cli, [*arguments, "--to", str(voices), "--json"])
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.stdout)["voices"]) == 2
    found = VoiceRegistry.scan([voices])
    one = found.get("one")
    assert one.reference.text == TEXT
    assert one.languages == ("en",)
    assert one.defaults == {"speed": 1.1}
    packs = [Pack.open(found.get(name).pack) for name in ("One", "Two")]
    assert all(set(pack.manifest.parts) == {"t2s", "sovits", "ssl", "bert"} for pack in packs)
    assert len(list((voices / "packs" / "parts").iterdir())) == 2
    again = CliRunner().invoke(cli, [*arguments, "--to", str(voices), "--voice", "one"])
    assert again.exit_code == 1
    assert CliRunner().invoke(
        cli, [*arguments, "--to", str(voices), "--voice", "one", "--overwrite"]
    ).exit_code == 0  # fmt: skip


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ({"One": entry("one", gpt_weights="../../x.ckpt")}, "leaves the folders"),
        ({"One": entry("one", reference_audio="/etc/passwd")}, "leaves the folders"),
        (
            {"One": entry("one", gpt_weights=3)},
            "line 1: gpt_weights must be a path inside the model tree, got 3",
        ),
        ({"One": 3}, "is no voice"),
        ({"../One": entry("one")}, "is no voice"),
        ({"Gone": entry("gone")}, "has the files of no voice"),
        ({"VOICE_CONFIGS": 3}, "must be a table of voices"),
    ],
)
def test_tables_that_are_wrong(tmp_path: Path, tree: Path, content: object, match: str) -> None:
    (tmp_path / "t.json").write_text(json.dumps(content))
    with pytest.raises(VoiceError, match=match):
        primespeech_voices(tree, tmp_path / "t.json")
    assert not (tmp_path / "voices").exists()


def test_the_table_may_be_the_python_file_itself(tmp_path: Path, tree: Path) -> None:
    file = tmp_path / "config.py"
    before = "import os\nraise SystemExit\n"
    file.write_text(f"{before}VOICE_CONFIGS = {{'One': {entry('one')!r}, '../x': 3}}\n")
    with pytest.raises(VoiceError, match=r"config.py, line 3: '../x' is no voice"):
        primespeech_voices(tree, file)
    file.write_text(f"{before}VOICE_CONFIGS: dict = {{'One': {entry('one')!r}}}\n")
    assert [voice.name for voice in primespeech_voices(tree, file)] == ["One"]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("VOICE_CONFIGS = {'One': open('/etc/passwd')}", "line 1: more than plain values"),
        ("VOICE_CONFIGS = {[]: 1}", "more than plain values"),
        ("VOICE_CONFIGS = dict()", "assigns no dictionary"),
        ("def f(): VOICE_CONFIGS = {}", "assigns no dictionary"),
        ("VOICE_CONFIGS = {", "not Python"),
        ("(" * 5000, "not Python"),
        ("x = '\0'", "not Python"),
        ("#" * 300_000, "at most"),
    ],
)
def test_python_tables_that_are_wrong(tmp_path: Path, tree: Path, content: str, match: str) -> None:
    (tmp_path / "config.py").write_text(content)
    with pytest.raises(VoiceError, match=match):
        primespeech_voices(tree, tmp_path / "config.py")


def test_voices_are_chosen(tmp_path: Path, tree: Path, table: Path) -> None:
    found = primespeech_voices(tree / "moyoyo", table)
    assert [voice.name for voice in choose(found, ["TWO"])] == ["Two"]
    with pytest.raises(VoiceError, match="unknown voice 'three'; available: One, Two"):
        choose(found, ["three"])
    with pytest.raises(VoiceError, match="must be a model tree"):
        primespeech_voices(tmp_path, table)


@pytest.fixture
def character(tmp_path: Path) -> Path:
    folder = tmp_path / "Paimon v2"
    folder.mkdir()
    save_checkpoint(folder / "p.ckpt", *whole_voice.t2s())
    save_checkpoint(folder / "p.pth", *whole_voice.sovits("v2"))
    for name in ("calm", "angry"):
        whole_voice.recording(folder / f"{name}.wav")
    return folder


def test_a_character_with_a_configuration(tmp_path: Path, character: Path) -> None:
    emotions = {
        "angry": {"ref_wav_path": "angry.wav", "prompt_text": TEXT, "prompt_language": "英文"},
        "default": {"ref_wav_path": "calm.wav", "prompt_text": TEXT, "prompt_language": "auto"},
    }
    config = {"gpt_path": "p.ckpt", "sovits_path": "p.pth", "emotion_list": emotions}
    (character / "infer_config.json").write_text(json.dumps(config), encoding="utf-8-sig")
    found = character_voice(character)
    assert found.name == "Paimon-v2"
    assert found.reference.audio == character / "calm.wav"
    assert found.styles["angry"].language == "en"
    voice, report = install(found, tmp_path / "voices")
    assert report.model == "v2"
    assert VoiceRegistry.scan([tmp_path / "voices"]).get("Paimon-v2.angry").pack == voice.pack


def test_a_character_with_texts_beside_its_recordings(tmp_path: Path, character: Path) -> None:
    (character / "calm.lab").write_text(TEXT)
    (character / "train.list").write_text(f"D:\\x\\angry.wav|p|EN|{TEXT} Angrily.\nno line\n")
    hubert = whole_voice.save_hubert(tmp_path / "hubert")
    arguments = ["voices", "import", "character", str(character), "--to", str(tmp_path / "voices")]
    result = CliRunner().invoke(cli, [*arguments, "--ssl", str(hubert)])
    assert result.exit_code == 0, result.output
    voice = VoiceRegistry.scan([tmp_path / "voices"]).get("Paimon-v2")
    assert (voice.reference.text, voice.reference.language) == (f"{TEXT} Angrily.", "en")
    assert voice.styles["calm"].text == TEXT
    assert Pack.open(voice.pack).has("ssl")


def test_characters_that_are_incomplete(tmp_path: Path, character: Path) -> None:
    def refused(match: str) -> None:
        with pytest.raises(VoiceError, match=match):
            character_voice(character)

    (character / "q.ckpt").write_bytes(b"")
    refused(r"must hold exactly one \.ckpt file, got p\.ckpt, q\.ckpt")
    (character / "q.ckpt").unlink()
    config = character / "infer_config.json"
    for text, match in (
        ("[", "not JSON"),
        ("[]", "must hold a dictionary, got a list"),
        ('{"gpt_path": "../../x.ckpt"}', "leaves the folders"),
        ('{"emotion_list": {"a": {"ref_wav_path": "/etc/passwd"}}}', "leaves the folders"),
        ('{"emotion_list": {"a": 3}}', "names no recording"),
    ):
        config.write_text(text)
        refused(match)
    config.unlink()
    (character / "secret.txt").write_text("x")
    (character / "calm.txt").symlink_to("/etc/hostname")
    refused("leaves the folders")
    for path in (character / "calm.txt", character / "calm.wav", character / "angry.wav"):
        path.unlink()
    refused("no recordings")
    with pytest.raises(VoiceError, match="no such folder"):
        character_voice(tmp_path / "nobody")


def test_languages_of_other_tools() -> None:
    names = ("中文", "英文", "多语种混合", "ZH", "jp", None, "yue")
    assert [language(name) for name in names] == ["all_zh", "en", "auto", "zh", "ja", "auto", "yue"]
