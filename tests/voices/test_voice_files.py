"""Voice files: lines in messages, limits, styles, the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dora_mlx_tts.cli.voices import voices as command
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.voices import registry
from dora_mlx_tts.voices.registry import VoiceRegistry
from dora_mlx_tts.voices.voice import Voice, read_voice
from dora_mlx_tts.yaml_reader import DEFAULT_LIMITS, read_yaml

MINIMAL = "pack: pack\nreference: {audio: a.wav}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "anna.yml"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (MINIMAL + "colour: red\n", 3, "unknown setting 'colour'; available: name,"),
        (MINIMAL + "defaults:\n  speed: 1.0\n  top_k: 0\n", 5, "defaults.top_k must be greater"),
        (
            MINIMAL + "defaults:\n  pitch: 1\n",
            4,
            "unknown setting 'defaults.pitch'; available: language,",
        ),
        ("pack: pack\n\nreference:\n  audio: a.wav\n  txt: x\n", 5, "available: audio, text,"),
        (MINIMAL + "aliases:\n  - fine\n  - [1]\n", 5, "aliases.1"),
        (MINIMAL + "pack: other\n", 3, "pack is given twice"),
        (MINIMAL + "file: x\n", 3, "'file' must not"),
        (MINIMAL + "name: [\n", 4, "not YAML"),
        (MINIMAL + "defaults: 3\n", 3, "defaults"),
        (MINIMAL + "styles:\n  happy:\n    text: x\n", 4, "styles.happy.audio is missing"),
        (MINIMAL + "styles: {a/b: {audio: x.wav}}\n", 3, "name must be letters"),
        (MINIMAL + f"a: &a [{'x, ' * 50}]\nb: &b [{'*a, ' * 50}]\nc: [{'*b, ' * 50}]\n", None, ""),
        ("a: &a [*a]\n", 1, "contains itself"),
        ("a: " + "[" * 40 + "]" * 40 + "\n", 1, "more than 20 levels"),
    ],
)
def test_messages_name_the_line(file: Path, text: str, line: int | None, word: str) -> None:
    file.write_text(text)
    with pytest.raises(VoiceError) as caught:
        read_voice(file, [])
    message = str(caught.value)
    assert str(file) in message
    if line is None:
        assert f"more than {DEFAULT_LIMITS.values} values" in message
    else:
        assert f"line {line}:" in message
    assert word in message


@pytest.mark.parametrize("text", ["- " * 60_000, "a: " + "{a: " * 20_000, "? " * 60_000])
def test_endless_nesting_is_an_error(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(VoiceError, match=r"not YAML|levels"):
        read_yaml(file, error=VoiceError, holds="a voice")


def test_references_and_merges_are_read(file: Path) -> None:
    file.write_text(
        MINIMAL + "defaults: &d {speed: 1.2}\nlexicon: {en: {a: &r b, c: *r}}\nx: {<<: *d, y: 1}\n"
    )
    content = read_yaml(file, error=VoiceError, holds="a voice")
    assert content.values["lexicon"] == {"en": {"a": "b", "c": "b"}}
    assert content.values["x"] == {"speed": 1.2, "y": 1}
    assert content.line(("lexicon", "en", "c")) == 4
    assert content.line(("lexicon", "en", "nowhere", 3)) == 4
    assert content.line(("nowhere",)) is None


def test_styles_are_voices(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "builtin").mkdir()
    monkeypatch.setattr(registry, "BUILTIN", tmp_path / "builtin")
    file.write_text(
        MINIMAL
        + "aliases: [Ann]\ndefaults: {speed: 1.2}\nstyles:\n  happy: {audio: b.wav, text: Hi.}\n"
    )
    found = VoiceRegistry.scan([tmp_path])
    assert [voice.name for voice in found] == ["anna", "anna.happy"]
    happy = found.get("ann.HAPPY")
    assert happy.reference.audio == (tmp_path / "b.wav").resolve()
    assert happy.reference.text == "Hi."
    assert happy.defaults == {"speed": 1.2}
    assert happy.pack == found.get("anna").pack
    file.write_text(MINIMAL + "styles: {happy: {audio: ../b.wav}}\n")
    with pytest.raises(VoiceError, match="leaves the folders"):
        read_voice(file, [])


def test_the_schema_says_what_the_reader_says() -> None:
    result = CliRunner().invoke(command, ["schema"])
    schema = json.loads(result.stdout)
    assert set(schema["properties"]) == set(Voice.model_fields) - {"file"}
    assert set(schema["required"]) == {"pack", "reference"}
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Reference"]["required"] == ["audio"]
    defaults = schema["properties"]["defaults"]
    assert defaults["additionalProperties"] is False
    assert defaults["properties"]["speed"]["maximum"] == 2
    assert all(part["description"] for part in schema["properties"].values())
