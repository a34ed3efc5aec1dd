"""Inputs that once broke the node, from outside; `promises.py` has them and says which tests look from inside."""

from __future__ import annotations

import promises
import pytest


@pytest.mark.parametrize("name", promises.CASES)
def test_what_once_broke_the_node_does_not(name):
    promises.CASES[name]()
