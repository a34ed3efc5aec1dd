"""Where settings come from: file and environment, and how invalid values are reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import explain
from dora_mlx_tts.yaml_reader import Limits, Place, YamlFile, read_yaml

CONFIG_FILE: Final = "dora-mlx-tts.yml"
CONFIG_VARIABLE: Final = "DORA_MLX_TTS_CONFIG"
_LIMITS: Final = Limits(bytes=1 << 20)


_Model = TypeVar("_Model", bound=BaseModel)
Origin = str | YamlFile
"""The origin of values, for messages: a name, or a file with known lines."""


def validated(model: type[_Model], values: object, origin: Origin, within: Place = ()) -> _Model:
    """Validate values as a model.

    Args:
        model: the model class.
        values: name -> value.
        origin: where they come from.
        within: their place in a file.

    Raises:
        SettingError: a name is unknown or a value not allowed; the message says which and where.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SettingError(_explain(error, model, origin, within)) from error


def validated_part(
    model: type[BaseModel], values: Mapping[str, Any], origin: str
) -> Mapping[str, Any]:
    """The unchanged values, if a model of them alone is valid.

    Raises:
        SettingError: it is not.
    """
    validated(model, dict(values), origin)
    return values


def _explain(error: ValidationError, model: type[BaseModel], origin: Origin, within: Place) -> str:
    known = [name for name, field in model.model_fields.items() if field.exclude is not True]
    problems: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False):
        place = (*within, *problem["loc"])
        where = origin if isinstance(origin, str) else origin.at(place)
        problems.setdefault(where, []).append(explain(problem, known))
    return "; ".join(f"{where}: {'; '.join(found)}" for where, found in problems.items())


def read_file(
    path: Path | None, environ: Mapping[str, str], internal: Collection[str] = ()
) -> YamlFile | None:
    """The configuration file, or None if there is none.

    Args:
        path: the file; None uses the one that DORA_MLX_TTS_CONFIG names, or `dora-mlx-tts.yml`, if any.
        environ: the environment.
        internal: names that no file may use.

    Raises:
        SettingError: the file cannot be used.
    """
    variable = environ.get(CONFIG_VARIABLE, "").strip()
    named = path or (Path(variable) if variable else None)
    file = (named or Path(CONFIG_FILE)).expanduser()
    if named is None and not file.is_file():
        return None
    content = read_yaml(file, error=SettingError, limits=_LIMITS, holds="settings (name: value)")
    for name in internal:
        if name in content.values:
            raise SettingError(
                f"{content.at((name,))}: unknown setting {name!r}; settings of speech go under 'speech'"
            )
    return content


def filled(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """A file's values without names whose value is empty, unless empty is allowed there."""
    fields = model.model_fields
    return {
        name: value
        for name, value in values.items()
        if value is not None or (name in fields and fields[name].default is None)
    }
