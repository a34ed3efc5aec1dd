"""Regular expressions compiled at first use, and what importing the front end leaves alone."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re
import subprocess
import sys

import pytest

import dora_mlx_tts.text.en.normalize as rules
from dora_mlx_tts.text import mixed, spans
from dora_mlx_tts.text.patterns import LazyPattern, expression


def test_first_use_compiles_and_later_uses_are_those_of_the_pattern() -> None:
    found = expression(r"(\d+) (cats?)", re.IGNORECASE)
    match = found.search("See 3 CATS")
    assert match is not None
    assert match.groups() == ("3", "CATS")
    assert "search" in vars(found)
    assert found.pattern == r"(\d+) (cats?)"


def test_mistake_is_raised_at_first_use() -> None:
    wrong = expression("(")
    with pytest.raises(re.error):
        wrong.search("x")


def test_every_rule_compiles() -> None:
    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    assert mixed.read_mixed
    assert spans.split_spans
    all_of_them = [
        item for item in gc.get_objects() if type(item) is LazyPattern and item._source[0] != "("
    ]
    assert len(all_of_them) > 300
    for item in all_of_them:
        re.compile(*item._source)


def test_front_end_does_not_load_the_settings() -> None:
    code = "import sys, dora_mlx_tts.text.frontend; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
