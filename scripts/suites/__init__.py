"""Test suites of other normalizers, read from a checkout of theirs; nothing of them is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from suites import nemo, paddle, wetext
from suites.case import Case

READERS: dict[str, Callable[[Path, str], Iterator[Case]]] = {
    "nemo": nemo.cases,
    "paddle": paddle.cases,
    "wetext": wetext.cases,
}
"""Readers by the name of the suite: of a checkout and a language code."""
