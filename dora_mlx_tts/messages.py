"""Error messages in one form: what is wrong, what would be right, and what was given.

::

    speed must be at most 2, got 3
    unknown voice 'ana'; available: anna, ben; did you mean 'anna'?
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MAX_SHOWN: Final = 80
_TAILS: Final = (", unable to parse", ", got a number with a fractional part")
"""Where pydantic continues to say what `got` says."""
_KINDS: Final = {
    "tuple_type": "a list", "list_type": "a list", "dict_type": "a table (name: value)",
    "mapping_type": "a table (name: value)", "model_type": "a table (name: value)", "path_type": "a path",
}  # fmt: skip
"""What people call the types that pydantic names after Python."""


def must_be(what: str, allowed: str, got: object) -> str:
    """`<what> must be <allowed>, got <value>`."""
    return f"{what} must be {allowed}, got {brief(got)}"


def one_of(names: Iterable[object]) -> str:
    """`'a', 'b' or 'c'`, for `must_be`."""
    *head, last = [repr(name) for name in names] or ["nothing"]
    return f"{', '.join(head)} or {last}" if head else last


def unknown(kind: str, name: object, available: Iterable[str]) -> str:
    """`unknown <kind> <name>; available: …`, with the nearest name where one is near."""
    names = list(available)
    near = difflib.get_close_matches(str(name)[:_MAX_SHOWN], names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {brief(name)}; available: {', '.join(names) or 'none'}{hint}"


def brief(value: object, limit: int = _MAX_SHOWN) -> str:
    """A value as one short line for a message; what is large is never written out first."""
    if isinstance(value, str | bytes):
        text = repr(value[:limit])
    elif isinstance(value, list | tuple | dict | set | frozenset) and len(value) > limit:
        text = f"{type(value).__name__} of {len(value)} items"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(brief(item, limit) for item in value[: limit // 2]) + "]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{brief(k)}: {brief(v)}" for k, v in value.items()) + "}"
    elif isinstance(value, int) and value.bit_length() > 8 * limit:
        text = "a huge number"
    else:
        text = repr(value)
    text = text.replace("\n", " ")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def explain(problem: ErrorDetails, known: Iterable[str]) -> str:
    """A problem that pydantic found, in the form of `must_be` or `unknown`.

    Args:
        problem: one of `ValidationError.errors()`.
        known: names that are allowed in its place, for one that is not.
    """
    *around, last = problem["loc"] or ("",)
    if last == "[key]":  # YAML reads yes, no, on, off and figures as something else than text
        owner = ".".join(map(str, around[:-1]))
        return must_be(f"{owner}: a name", "text (put it in quotes)", problem["input"])
    name = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return unknown("setting", name, known)
    if problem["type"] == "missing":
        return f"{name} is missing"
    if problem["type"] in _KINDS:
        return must_be(name or "value", _KINDS[problem["type"]], problem["input"])
    message = problem["msg"]
    if not message.startswith("Input should be "):
        message = message.removeprefix("Value error, ")
        return f"{name}: {message}" if name else message
    allowed = message.removeprefix("Input should be ")
    for tail in _TAILS:
        allowed = allowed.partition(tail)[0]
    return must_be(name or "value", allowed, problem["input"])
