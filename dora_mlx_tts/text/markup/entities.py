"""HTML entities: `&amp;`, `&#39;`, `&#x2014;`."""

from __future__ import annotations

import html
import re
from html.entities import html5

_SO_FAR = re.compile(r"&(?:#(?:[0-9]{0,7}|[xX][0-9A-Fa-f]{0,6})|[A-Za-z][A-Za-z0-9]{0,30})?")
ENTITY = re.compile(_SO_FAR.pattern.removesuffix("?") + ";")


def may_be_entity(text: str) -> bool:
    """Whether `text`, from its ampersand on, can still become an entity."""
    return _SO_FAR.fullmatch(text) is not None


def decoded(entity: str) -> str | None:
    """The text of an entity, from ampersand to semicolon; None if its name is unknown.

    Spaces of any width become one space.
    """
    if not ENTITY.fullmatch(entity) or (entity[1] != "#" and entity[1:] not in html5):
        return None
    char = html.unescape(entity)
    if char in (entity, "�"):
        return None
    return " " if char.isspace() else char
