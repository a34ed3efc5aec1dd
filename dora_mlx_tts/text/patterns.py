"""Regular expressions that are compiled when they are first used.

The rules of a language have hundreds of them, and a text needs few: compiling all would make up most of
the time until the first sentence is read.
"""

from __future__ import annotations

import re
from typing import cast


class LazyPattern:
    """Stands for a pattern, and takes over its methods once one of them is asked for.

    Args:
        pattern: the regular expression.
        flags: as for `re.compile`.
    """

    def __init__(self, pattern: str, flags: int) -> None:
        self._source = pattern, flags

    def __getattr__(self, name: str) -> object:
        """The attribute of the compiled pattern; it is kept, so that later calls cost nothing more."""
        if name.startswith("__"):  # copying and pickling ask for what a pattern need not have
            raise AttributeError(name)
        value: object = getattr(re.compile(*self._source), name)
        setattr(self, name, value)
        return value


def expression(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression as from `re.compile`, compiled at its first use.

    A mistake in it is raised then, too.
    """
    return cast("re.Pattern[str]", LazyPattern(pattern, flags))
