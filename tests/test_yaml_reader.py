"""One reader for settings, voices and lexicons: each refuses the same files, with its own error."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SettingError, TtsError, VoiceError
from dora_mlx_tts.text.lexicon import Lexicon
from dora_mlx_tts.voices.voice import read_voice
from dora_mlx_tts.yaml_reader import Limits, read_yaml

READERS = {
    "settings": (lambda file: Settings.load(file, {}), SettingError),
    "voice": (partial(read_voice, roots=[]), VoiceError),
    "lexicon": (Lexicon.load, SettingError),
}
HOSTILE = {
    "bomb": ("en: {a: &a [" + "x, " * 200 + "], b: &b [" + "*a, " * 200 + "], c: [" + "*b, " * 200 + "]}", "values"),
    "itself": ("en: &a {b: *a}", "line 1: a value contains itself"),
    "deep": ("en: " + "[" * 30 + "]" * 30, "levels"),
    "deeper": ("a: " + "{a: " * 20_000, "not YAML|levels"),
    "twice": ("en:\n  cat: K\n  dog: D\n  cat: K\n", "line 4: cat is given twice"),
    "list": ("- en\n- zh\n", "got a list"),
    "word": ("hello\n", "got a str"),
    "number": ("1: {a: b}\n", "got the name 1"),
    "torn": ("en: {a: b\nzh: [\n", "line [23]: not YAML"),
    "object": ("en: !!python/object/apply:os.system [date]\n", "line 1: not YAML"),
    "nul": ("en: 'a\0b'\n", "not YAML"),
    "date": ("en: {a: 2024-99-99}\n", "not YAML"),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused(tmp_path: Path, reader: str, kind: str) -> None:
    read, error = READERS[reader]
    text, message = HOSTILE[kind]
    file = tmp_path / "file.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=message) as caught:
        read(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("reader", READERS)
def test_files_that_cannot_be_read(tmp_path: Path, reader: str) -> None:
    read, error = READERS[reader]
    file = tmp_path / "file.yml"
    with pytest.raises(error, match="cannot be read"):
        read(file)
    file.write_bytes(b"en: \xff\xfe")
    with pytest.raises(error, match="cannot be read"):
        read(file)
    file.write_bytes(b"#" * (5 << 20))
    with pytest.raises(error, match=r"must have at most \d+ bytes"):
        read(file)


def test_mistakes_in_settings_name_their_line(tmp_path: Path) -> None:
    file = tmp_path / "file.yml"
    file.write_text("voice: anna\nspeech:\n  top_k: 5\n  speed: fast\n")
    with pytest.raises(
        SettingError, match=r"yml, line 4: speed must be a valid number, got 'fast'"
    ):
        Settings.load(file, {})
    file.write_text("voice: anna\n\nqueue_limit: 0\n")
    with pytest.raises(SettingError, match=r"yml, line 3: queue_limit must be greater than"):
        Settings.load(file, {})


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file.yml"
    for text in ("", "# nothing yet\n", "---\n", "null\n"):
        file.write_text(text)
        assert read_yaml(file, error=TtsError, holds="x").values == {}
        assert Settings.load(file, {}) == Settings.load(None, {})
        assert not Lexicon.load(file)
    with pytest.raises(VoiceError, match="pack is missing"):
        read_voice(file, [])


@pytest.mark.parametrize(
    ("limits", "text", "passes"),
    [
        (Limits(bytes=5), "a: bc", True),
        (Limits(bytes=5), "a: bcd", False),
        (Limits(values=3), "a: b", True),
        (Limits(values=3), "a: [b]", False),
        (Limits(depth=2), "a: [b]", True),
        (Limits(depth=2), "a: [[b]]", False),
    ],
)
def test_limits(tmp_path: Path, limits: Limits, text: str, passes: bool) -> None:
    file = tmp_path / "file.yml"
    file.write_text(text)
    read: Callable[[], object] = partial(
        read_yaml, file, error=VoiceError, limits=limits, holds="x"
    )
    if passes:
        read()
    else:
        with pytest.raises(VoiceError):
            read()


@pytest.mark.parametrize("raw", ["a\0b", "a\x07b"])
def test_a_message_is_one_line(tmp_path: Path, raw: str) -> None:
    file = tmp_path / "file.yml"
    file.write_text(f"en: {raw}\n", encoding="utf-8")
    with pytest.raises(SettingError, match="not YAML") as caught:
        read_yaml(file, error=SettingError, holds="words")
    assert "\n" not in str(caught.value)


def test_half_a_character_can_be_written(tmp_path: Path) -> None:
    """As JSON writes what lies beyond 16 bits, whole and torn."""
    file = tmp_path / "file.yml"
    file.write_text(r'{"whole": "\ud83d\ude00", "torn": "a\ud83d", "\ud83d": 1}', encoding="utf-8")
    values = read_yaml(file, error=SettingError, holds="words").values
    assert values == {"whole": "😀", "torn": "a\ufffd", "\ufffd": 1}
