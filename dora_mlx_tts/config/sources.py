"""Where settings come from: file and environment, and what is said of values that are not allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from dora_mlx_tts.errors import SettingError

CONFIG_FILE: Final = "dora-mlx-tts.yml"
_MAX_CONFIG_BYTES: Final = 1 << 20


class Env:
    """Environment variables that set a field, the first one found winning."""

    def __init__(self, *names: str) -> None:
        self.names = names


_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], values: object, origin: str) -> _Model:
    """The values as a model.

    Raises:
        SettingError: a name is unknown or a value not allowed; says which and where.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SettingError(_explain(error, model, origin)) from error


def validated_part(
    model: type[BaseModel], values: Mapping[str, Any], origin: str
) -> Mapping[str, Any]:
    """The values as they are, if a model made of them alone would be valid.

    Raises:
        SettingError: it would not.
    """
    validated(model, dict(values), origin)
    return values


def _explain(error: ValidationError, model: type[BaseModel], origin: str) -> str:
    problems = []
    for problem in error.errors(include_url=False):
        name = ".".join(map(str, problem["loc"])) or "value"
        if problem["type"] == "extra_forbidden":
            known = ", ".join(n for n, f in model.model_fields.items() if f.exclude is not True)
            problems.append(f"{name} is unknown; allowed: {known}")
        else:
            given = repr(problem["input"])[:60]
            message = problem["msg"][:1].lower() + problem["msg"][1:]
            problems.append(f"{name} = {given}: {message}")
    return f"{origin}: " + "; ".join(problems)


def from_environment(model: type[BaseModel], environ: Mapping[str, str]) -> dict[str, str]:
    """What the environment says about a model's settings."""
    found = {}
    for name, variables in environment_names(model).items():
        for variable in variables:
            value = environ.get(variable)
            if value is not None and not _is_locale(variable, value):
                found[name] = value
                break
    return found


def _is_locale(variable: str, value: str) -> bool:
    """LANGUAGE is also gettext's list of locales ("en_US:en"), which is no choice of speech."""
    return variable == "LANGUAGE" and (":" in value or "_" in value.removeprefix("all_")[:3])


def environment_names(model: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """Setting -> environment variables that set it, the first one winning."""
    return {
        name: mark.names
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Env)
    }


def read_file(
    path: Path | None, environ: Mapping[str, str], internal: Collection[str] = ()
) -> tuple[dict[str, Any], str]:
    """The configuration file's values and what to call it in messages.

    Args:
        path: the file; None takes the one that DORA_MLX_TTS_CONFIG names, or `dora-mlx-tts.yml`, if any.
        environ: the environment.
        internal: names that no file may use.

    Raises:
        SettingError: the file cannot be used.
    """
    named = path or (
        Path(environ["DORA_MLX_TTS_CONFIG"]) if environ.get("DORA_MLX_TTS_CONFIG") else None
    )
    file = named or Path(CONFIG_FILE)
    if named is None and not file.is_file():
        return {}, "settings"
    try:
        if file.stat().st_size > _MAX_CONFIG_BYTES:
            raise SettingError(f"{file}: larger than {_MAX_CONFIG_BYTES} bytes")
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file}: cannot be read: {error}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingError(f"{file}: not YAML: {error}") from error
    if values is None:
        return {}, str(file)
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise SettingError(f"{file}: must hold settings, name: value, a line each")
    for name in internal:
        if name in values:
            raise SettingError(f"{file}: {name} is unknown; settings of speech go under 'speech'")
    return values, str(file)
