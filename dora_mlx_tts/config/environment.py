"""Settings from environment variables, read tolerantly: a node's environment is written for many programs.

Empty means not set. Numbers out of range become the nearest allowed one. Variables with common names that are
meant for other programs (gettext's LANGUAGE, GNU screen's WINDOW) are ignored. Everything ignored or changed is
noted in a remark; a value that cannot be understood is an error that names the variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dora_mlx_tts.config.languages import CODES, canonical
from dora_mlx_tts.config.values import MOST_TOKENS
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import explain, unknown

PREFIX: Final = "MLX_TTS_"
"""Prefix for the name of any setting; such a variable is unambiguous and takes precedence over the others."""

_DORA: Final = "DORA_NODE_CONFIG"
_MAX_CONFIG: Final = 4 << 20
_ANY: Final = str(MOST_TOKENS)
_MEANT: Final = {"top_k": {"0": _ANY, "-1": _ANY}}
"""Meanings in other programs of values that are out of range here."""
_BOUNDS: Final = ("ge", "le", "gt", "lt")


class Env:
    """Environment variables that set a field; the first one found takes precedence."""

    def __init__(self, *names: str) -> None:
        self.names = names


@dataclass(frozen=True, slots=True)
class EnvironmentValues:
    """The settings of a model given by the environment.

    Attributes:
        values: setting -> value, allowed.
        variables: setting -> the variable that set it.
        remarks: what was changed or ignored, one sentence each.
    """

    values: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def environment_names(model: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """Setting -> environment variables that set it; the first one takes precedence."""
    return {
        name: mark.names
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Env)
    }


def dataflow_variables(environ: Mapping[str, str]) -> dict[str, str] | None:
    """The variables that the dataflow sets for this node; None outside a dataflow, or if unknown."""
    config = environ.get(_DORA, "")
    if not config or len(config) > _MAX_CONFIG:
        return None
    try:
        root = yaml.compose(config, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    wanted, descriptor = _entry(root, "node_id"), _entry(root, "dataflow_descriptor")
    nodes = _entry(descriptor, "nodes")
    if not isinstance(wanted, yaml.ScalarNode) or not isinstance(nodes, yaml.SequenceNode):
        return None
    names = _keys(_entry(descriptor, "env"))
    for node in nodes.value:
        if getattr(_entry(node, "id"), "value", None) == wanted.value:
            names |= _keys(_entry(node, "env")) | _keys(_entry(_entry(node, "custom"), "env"))
    return {name: environ[name] for name in names if name in environ}


def read_environment(
    model: type[BaseModel], environ: Mapping[str, str], own: Mapping[str, str] | None = None
) -> EnvironmentValues:
    """The settings of a model given by the environment.

    Args:
        model: the settings.
        environ: the environment.
        own: the variables that the dataflow sets for this node; None if unknown.

    Raises:
        SettingError: a variable's value cannot be understood; the message names it.
    """
    found = EnvironmentValues()
    for name, names in environment_names(model).items():
        for variable in (PREFIX + name.upper(), *names):
            text = str(environ.get(variable, "")).strip()
            if not text or not _is_ours(variable, text, environ, own):
                continue
            if _take(
                found,
                model,
                name,
                variable,
                text,
                inherited=own is not None and variable not in own,
            ):
                break
    return found


def _take(
    found: EnvironmentValues,
    model: type[BaseModel],
    name: str,
    variable: str,
    text: str,
    *,
    inherited: bool,
) -> bool:
    """Read one variable; returns whether it has a value for the setting."""
    try:
        value = _value(found, model, name, variable, text)
    except SettingError as error:
        if not inherited or variable.startswith((PREFIX, "DORA_")):
            raise
        found.remarks.append(f"{error}; ignored, because the dataflow does not set it")
        return False
    if value is None:
        return False
    found.values[name], found.variables[name] = value, variable
    return True


def _value(
    found: EnvironmentValues, model: type[BaseModel], name: str, variable: str, text: str
) -> object:
    if name == "language" and canonical(text) is None:
        problem = f"environment variable {variable}: {unknown('language', text, CODES)}"
        if variable != "LANGUAGE":
            raise SettingError(problem)
        found.remarks.append(f"{problem}; ignored")
        return None
    text = _MEANT.get(name, {}).get(text, text)
    try:
        model.model_validate({name: text})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:  # for two settings that contradict each other
            return text
        problem = f"environment variable {variable}: {explain(first, ())}"
        nearest = _nearest(first, model.model_fields[name].default)
        if nearest is None:
            raise SettingError(problem) from error
        found.remarks.append(f"{problem}; using {nearest}")
        return nearest
    return text


def _nearest(problem: ErrorDetails, default: object) -> object:
    """The allowed number nearest to one out of range; the default if there is no nearest one."""
    for bound in _BOUNDS:
        limit = problem.get("ctx", {}).get(bound)
        if limit is None:
            continue
        if bound in {"ge", "le"}:
            return limit
        if isinstance(limit, int) and isinstance(default, int | None):
            return limit - 1 if bound == "lt" else limit + 1
        return default
    return None


def _is_ours(
    variable: str, text: str, environ: Mapping[str, str], own: Mapping[str, str] | None
) -> bool:
    """Whether a variable whose name is also used by others is meant for this program."""
    if variable not in _SHARED or (own is not None and variable in own):
        return True
    meant_for_us = _SHARED[variable]
    return own is None and meant_for_us(text, environ)


def _is_speech_language(text: str, environ: Mapping[str, str]) -> bool:
    """LANGUAGE is also gettext's list of locales, along with a LANG of the same language."""
    locale = next((environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(n)), "C")
    desktop = locale.partition(".")[0].partition("_")[0].lower()
    return "_" not in text.removeprefix("all_").removeprefix("auto_") and (
        canonical(text) is not None and canonical(text) != canonical(desktop)
    )


_SHARED: Final[Mapping[str, Callable[[str, Mapping[str, str]], bool]]] = {
    "LANGUAGE": _is_speech_language,
    "WINDOW": lambda _text, environ: "STY" not in environ,  # of GNU screen
    "PROFILE": lambda text, _environ: text.lower() in {"auto", "none", "primespeech", "kokoro"},
}
"""Variables that desktops and terminals also set -> whether a value is meant for this program."""


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _keys(node: yaml.Node | None) -> set[str]:
    if not isinstance(node, yaml.MappingNode):
        return set()
    return {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
