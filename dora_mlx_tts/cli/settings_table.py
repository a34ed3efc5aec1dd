"""Every setting as a row, for help texts and documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dora_mlx_tts.config.environment import environment_names
from dora_mlx_tts.config.settings import Settings, SpeechSettings


class SettingRow(NamedTuple):
    """One line of the table of settings."""

    name: str
    environment: str
    default: str
    allowed: str
    meaning: str


def settings_table() -> list[SettingRow]:
    """Every setting, for help texts and documents."""
    rows = []
    for model, prefix in ((Settings, ""), (SpeechSettings, "speech.")):
        schema = model.model_json_schema(mode="validation")["properties"]
        names = environment_names(model)
        for name, field in model.model_fields.items():
            if field.exclude:
                continue
            value = field.get_default(call_default_factory=True)
            default = "" if value in (None, (), {}) else str(value)
            environment = ", ".join(names[name])
            meaning = field.description or ""
            rows.append(
                SettingRow(prefix + name, environment, default, _allowed(schema[name]), meaning)
            )
    return rows


_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_KINDS = {"string": "text", "array": "paths", "boolean": "true, false", "object": "pairs"}


def _allowed(schema: Mapping[str, Any]) -> str:
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return _allowed(option)
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    bounds = [f"{sign} {schema[key]}" for key, sign in _BOUNDS.items() if key in schema]
    kind = schema.get("type", "")
    if kind == "array" and schema["items"].get("format") != "path":
        return "names"
    return ", ".join(bounds) or _KINDS.get(kind, kind)
