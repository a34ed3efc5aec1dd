"""Voices from recordings: adding, looking at them, removing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from dora_mlx_tts.audio.io import checked
from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.errors import ReferenceAudioError, VoiceError
from dora_mlx_tts.tools.voices.check import check_voice
from dora_mlx_tts.tools.voices.create import NewReference, NewVoice, add_voice, remove_voice
from dora_mlx_tts.tools.voices.recording_check import check_recording
from dora_mlx_tts.voices.registry import BUILTIN, VoiceRegistry

TEXT = "The morning train was late again, and nobody on the platform seemed surprised at all."


def speech(seconds: float = 5.0, rate: int = 24000, gain: float = 1.0) -> np.ndarray:
    """Harmonics and hiss in syllables."""
    t = np.arange(round(seconds * rate)) / rate
    tone = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 40))
    hiss = np.random.default_rng(1).normal(size=len(t)) * 0.3
    swell = np.maximum(0, np.sin(2 * np.pi * 2.5 * t)) ** 2
    return (0.15 * gain * (tone + hiss) * swell).astype(np.float32)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "anna.wav"
    soundfile.write(path, speech(), 24000)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    folder.mkdir()
    return folder


def new(wav: Path, **changes: object) -> NewVoice:
    given = {"name": "anna", "pack": Path("starter"), "reference": NewReference(wav, TEXT, "en")}
    return NewVoice(**{**given, **changes})


def test_a_voice_is_added(folder: Path, wav: Path) -> None:
    voice = add_voice(
        folder,
        new(wav, auxiliary=[wav], styles={"glad": NewReference(wav)}, defaults={"speed": 1.1}),
    )
    assert voice == VoiceRegistry.scan([folder]).get("anna")
    assert {path.name for path in (folder / "anna").iterdir()} == {
        "voice.yml", "reference.wav", "auxiliary-1.wav", "style-1.wav",
    }  # fmt: skip
    assert voice.reference.audio.read_bytes() == wav.read_bytes()
    assert (voice.reference.text, voice.reference.language) == (TEXT, "en")
    assert voice.pack == (BUILTIN / "starter").resolve()
    assert VoiceRegistry.scan([folder]).get("anna.glad").reference.text is None
    assert "/" not in (folder / "anna" / "voice.yml").read_text().split("pack:")[1].split("\n")[0]


def test_what_cannot_be_added(folder: Path, wav: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.wav"
    soundfile.write(short, speech(1.0), 24000)
    phone = tmp_path / "memo.m4a"
    phone.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(200))
    odd = tmp_path / "odd.au"
    soundfile.write(odd, speech(), 24000)
    (folder / "taken").mkdir()
    (folder / "link").symlink_to(tmp_path)
    for changes, kind, match in (
        ({"name": "../anna"}, VoiceError, "voice name must be"),
        ({"name": "taken"}, VoiceError, "is not a voice"),
        ({"name": "link"}, VoiceError, "is not a voice"),
        ({"pack": Path("nowhere")}, VoiceError, "no such folder"),
        ({"pack": tmp_path}, VoiceError, "leaves the folders"),
        ({"reference": NewReference(short, TEXT)}, ReferenceAudioError, "got 1.00 s"),
        ({"reference": NewReference(odd, TEXT)}, ReferenceAudioError, "unknown suffix"),
        ({"reference": NewReference(phone, TEXT)}, ReferenceAudioError, "convert it: ffmpeg"),
        ({"reference": NewReference(tmp_path, TEXT)}, ReferenceAudioError, "must be a file"),
        ({"reference": NewReference(tmp_path / "no.wav", TEXT)}, ReferenceAudioError, "no.wav"),
        ({"defaults": {"speed": 9}}, VoiceError, "less than or equal"),
    ):
        with pytest.raises(kind, match=match):
            add_voice(folder, new(wav, **changes))
    assert sorted(path.name for path in folder.iterdir()) == ["link", "taken"]
    add_voice(folder, new(wav))
    with pytest.raises(VoiceError, match="allow replacing"):
        add_voice(folder, new(wav))
    add_voice(folder, new(wav, description="second"), overwrite=True)
    assert VoiceRegistry.scan([folder]).get("anna").description == "second"


def test_a_voice_is_removed(folder: Path, wav: Path) -> None:
    add_voice(folder, new(wav))
    (folder / "flat.yml").write_text(
        "pack: starter\nreference: {audio: anna/reference.wav}\n", encoding="utf-8"
    )
    found = VoiceRegistry.scan([folder])
    assert remove_voice(found.get("flat")) == [folder / "flat.yml"]
    assert len(remove_voice(found.get("anna"))) == 2
    assert not list(folder.iterdir())
    with pytest.raises(VoiceError, match="ships with the package"):
        remove_voice(found.get("starter-en"))


def weights(samples: np.ndarray, rate: int = 24000) -> dict[str, str]:
    return {f.about: f.weight for f in check_recording(checked(samples, rate, "test"))}


def test_recordings_are_judged() -> None:
    assert set(weights(speech()).values()) == {"good"}
    assert weights(speech(gain=0.05))["level"] == "warning"
    assert weights(np.clip(speech(gain=20), -1, 1))["clipping"] == "warning"
    noisy = speech() + 0.05 * np.random.default_rng(2).normal(size=len(speech()))
    assert weights(noisy.astype(np.float32))["noise"] == "warning"
    assert weights(speech() + np.float32(0.05))["offset"] == "warning"
    edge = np.concatenate([np.zeros(24000, np.float32), speech()])
    assert weights(edge)["silence"] == "warning"
    pause = np.concatenate([speech(), np.zeros(40000, np.float32), speech()])
    assert weights(pause)["silence"] == "warning"
    assert weights(speech(rate=8000), 8000)["bandwidth"] == "warning"


def test_voices_are_checked(
    folder: Path, wav: Path, without_encoder: Callable[[Path], None]
) -> None:
    def found(**changes: object) -> dict[str, str]:
        voice = add_voice(folder, new(wav, **changes), overwrite=True)
        return {f.about: f.weight for f in check_voice(voice).findings}

    good = found()
    assert good["reference: text"] == "good"
    assert good["pack"] == "good"
    without_encoder(folder / "mute")
    assert found(pack=Path("mute"))["pack"] == "error"  # it cannot encode recordings
    assert found(pack=Path("mute"), reference=NewReference(wav))["pack"] == "good"
    assert found(reference=NewReference(wav, "Hi.", "en"))["reference: text"] == "error"
    assert found(reference=NewReference(wav, "Hi there, my friend.", "en"))["reference: text"] == (
        "warning"
    )
    assert found(reference=NewReference(wav, "…", "en"))["reference: text"] == "error"
    voice = add_voice(folder, new(wav), overwrite=True)
    soundfile.write(voice.reference.audio, speech(0.5), 24000)
    result = check_voice(voice)
    assert not result.usable
    shutil.rmtree(folder / "anna")
    assert not check_voice(voice).usable


def run(*arguments: object, folder: Path) -> object:
    environment = {"DORA_MLX_TTS_VOICES": str(folder)}
    return CliRunner().invoke(cli, ["voices", *map(str, arguments)], env=environment)


def test_commands(folder: Path, wav: Path, without_encoder: Callable[[Path], None]) -> None:
    arguments = ["add", "anna", "--audio", wav, "--pack", "starter", "--languages", "en, zh"]
    added = run(*arguments, "--json", folder=folder)
    assert added.exit_code == 0, added.output
    assert json.loads(added.stdout)["usable"] is True
    assert run(*arguments, folder=folder).exit_code == 1
    shown = run("check", "anna", folder=folder)
    assert shown.exit_code == 0
    assert "ok: reference: noise" in shown.output
    without_encoder(folder / "mute")
    mute = [argument if argument != "starter" else "mute" for argument in arguments]
    bad = run(*mute, "--text", TEXT, "--overwrite", folder=folder)
    assert "ERROR: pack" in bad.output
    assert run("check", folder / "anna" / "voice.yml", folder=folder).exit_code == 1
    assert run("remove", "anna", folder=folder).exit_code == 1  # nobody says yes
    assert run("remove", "anna", "--yes", folder=folder).exit_code == 0
    assert run("check", "anna", folder=folder).exit_code == 1
    alone = CliRunner().invoke(cli, ["voices", *map(str, arguments)], env={"HOME": str(folder)})
    assert "no voice folder" in alone.output


SPOKEN = (
    ("calm", "Close your eyes, breathe in slowly, and listen to the rain on the roof."),
    ("lively", "What a wonderful surprise, come in and tell me all about your long journey!"),
)


@pytest.mark.parametrize("number", [0, 1])
def test_a_pack_with_a_table_compares_recording_and_text(folder: Path, number: int) -> None:
    recording = Path(__file__).parents[2] / "voices" / "recordings" / f"{SPOKEN[number][0]}.flac"

    def words(text: str) -> tuple[str, str]:
        voice = add_voice(
            folder, new(recording, reference=NewReference(recording, text, "en")), overwrite=True
        )
        (found,) = [f for f in check_voice(voice).findings if f.about == "reference: words"]
        return found.weight, found.text

    right, other = SPOKEN[number][1], SPOKEN[1 - number][1]
    assert words(right)[0] == "good"
    weight, text = words(other)
    assert weight == "warning"
    assert "another text" in text
    weight, text = words(right[:-1] + ", and then we all went home together.")
    assert weight == "warning"
    assert "left out at the end" in text


def test_a_pack_that_does_not_clone_says_so_once(folder: Path, wav: Path) -> None:
    arguments = ["add", "anna", "--audio", wav, "--pack", "starter"]
    added = run(*arguments, folder=folder)
    assert added.output.count("does not clone") == 1
    assert "does not clone" not in run("check", "starter-en", folder=folder).output


def test_show_says_where_settings_come_from(folder: Path, wav: Path) -> None:
    add_voice(folder, new(wav, defaults={"speed": 1.1, "top_k": 9}))
    shown = json.loads(run("show", "anna", "--json", folder=folder).stdout)["settings"]
    assert shown["speed"] == {"value": 1.1, "origin": "voice"}
    assert shown["top_k"] == {"value": 9, "origin": "voice"}
    assert shown["attempts"] == {"value": 5, "origin": "pack"}
    assert "window" not in shown
    environment = {"DORA_MLX_TTS_VOICES": str(folder), "TOP_K": "4"}
    text = CliRunner().invoke(cli, ["voices", "show", "anna"], env=environment).output
    assert "top_k:              4 (environment)" in text
    shutil.rmtree(folder / "anna")
    (folder / "anna.yml").write_text("pack: gone\nreference: {audio: a.wav}\n")
    broken = run("show", "anna", folder=folder)
    assert broken.exit_code == 0
    assert "no such pack" in broken.output
