"""The JSON schema of a voice file, for completion and checks in editors."""

from __future__ import annotations

from typing import Any

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.voices.voice import Voice

_MEANINGS = {
    "name": "Name used in requests; defaults to the name of the file or folder.",
    "aliases": "Other names.",
    "description": "One-line description for people.",
    "licence": "Licence of recording and pack together, for people.",
    "languages": "Codes of the languages it speaks well.",
    "pack": "Folder of the voice pack, relative to this file's folder.",
    "reference": "The recording that decides timbre and manner, and what is said in it.",
    "auxiliary": "Further recordings whose timbre is averaged in (not v3, v4, v5).",
    "styles": "Other recordings of the same person by name; each makes a voice <name>.<style>.",
    "prompt": "The reference prepared for this pack.",
    "defaults": "Speech settings that suit the voice.",
    "lexicon": "Word -> reading, by language.",
}


def voice_schema() -> dict[str, Any]:
    """The schema as a dictionary (JSON Schema, draft 2020-12)."""
    schema = Voice.model_json_schema()
    properties = schema["properties"]
    del properties["file"]
    schema["required"] = [name for name in schema["required"] if name not in {"file", "name"}]
    speech = SpeechSettings.model_json_schema()
    speech.pop("description", None)
    properties["defaults"] = {**speech, "title": "Defaults"}
    for name, meaning in _MEANINGS.items():
        properties[name]["description"] = meaning
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**head, **schema, "title": "Voice", "description": "A voice of dora-mlx-tts."}
