"""Write docs/reference/voice-file.md from the voices' schema; a test fails when it is out of date."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dora_mlx_tts.tools.voices.schema import voice_schema

FILE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "voice-file.md"

HEAD = """\
# Voice file

Made by `python scripts/voice_page.py` from the schema of voice files.

A voice is a YAML file in a voice folder, `<name>.yml` or `<name>/voice.yml`.
[`voices/voice.schema.json`](../../voices/voice.schema.json) is the schema for editors; `dora-mlx-tts voices schema` prints it.
[Voices and packs](../voices.md#the-voice-file) has an example.

| key | type | meaning |
| -- | -- | -- |
"""
REFERENCE = """
`reference` and each entry of `styles` have these keys:

| key | type | meaning |
| -- | -- | -- |
"""
MEANINGS = {
    "audio": "The recording, from this file's folder: 3 to 10 s.",
    "text": "Its exact transcript. Without one the voice is zero-shot: its timbre is kept, its way of speaking is not.",
    "language": "Language of the transcript.",
}
_ESCAPED = r"\<"
TAIL = """
`defaults` may hold every setting of speech, without the prefix `speech.`: see [settings](../settings.md).
Keys that are not listed here are errors.
Paths must stay inside the voice folders, also through links.
"""


def kind(entry: Mapping[str, Any]) -> str:
    """The type of a value, for people."""
    if "anyOf" in entry:
        return " or ".join(kind(choice) for choice in entry["anyOf"] if choice["type"] != "null")
    if "$ref" in entry:
        return "reference"
    if entry["type"] == "array":
        return f"list of {kind(entry['items'])}s"
    if entry["type"] == "object":
        return "table"
    return "path" if entry.get("format") == "path" else "text"


def row(name: str, entry: Mapping[str, Any], meaning: str, *, is_required: bool) -> str:
    """A line of a table."""
    note = " **Required.**" if is_required else ""
    return f"| `{name}` | {kind(entry)} | {meaning.replace('<', _ESCAPED)}{note} |"


def page() -> str:
    """The whole document."""
    schema = voice_schema()
    rows = [
        row(name, entry, entry["description"], is_required=name in schema["required"])
        for name, entry in schema["properties"].items()
    ]
    reference = schema["$defs"]["Reference"]
    inner = [
        row(name, entry, MEANINGS[name], is_required=name in reference["required"])
        for name, entry in reference["properties"].items()
    ]
    return HEAD + "\n".join(rows) + "\n" + REFERENCE + "\n".join(inner) + "\n" + TAIL


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
