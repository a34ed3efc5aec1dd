"""A file of a stranger is data: naming a Python function in it calls nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SettingError, TtsError, VoiceError
from dora_mlx_tts.text.lexicon import ReadingOptions
from dora_mlx_tts.voices.voice import read_voice

TAGS = [
    "!!python/object/apply:os.mkdir [{marker}]",
    "!!python/object/new:os.mkdir [{marker}]",
    "!!python/object/apply:pathlib.Path.mkdir [!!python/object/apply:pathlib.Path [{marker}]]",
    "!!python/name:os.mkdir",
    "!!python/module:os",
]
READERS: list[tuple[str, Callable[[Path], object], type[TtsError]]] = [
    ("description: {}\npack: p\nreference: {{audio: a.wav}}\n", lambda f: read_voice(f, []), VoiceError),
    ("voice: {}\n", lambda f: Settings.load(f, {}), SettingError),
    ("en: {{word: {}}}\n", lambda f: ReadingOptions.load(f, None), SettingError),
]  # fmt: skip


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize(("content", "read", "kind"), READERS, ids=["voice", "settings", "lexicon"])
def test_a_tag_of_python_is_refused(
    tmp_path: Path,
    content: str,
    read: Callable[[Path], object],
    kind: type[TtsError],
    tag: str,
) -> None:
    marker = tmp_path / "was-here"
    file = tmp_path / "anna.yml"
    file.write_text(content.format(tag.format(marker=marker)))
    with pytest.raises(kind, match=r"anna\.yml"):
        read(file)
    assert not marker.exists()
