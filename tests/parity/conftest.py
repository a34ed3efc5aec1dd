"""Fixtures over the golden cases; see golden_cases.py for finding and parametrizing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import golden_cases
import numpy as np
import pytest


@pytest.fixture(scope="session")
def load_case() -> Callable[[str], tuple[dict[str, np.ndarray], dict[str, Any]]]:
    """``load_case(name) -> (arrays, manifest entry)``."""
    return golden_cases.load_case


@pytest.fixture(scope="session")
def draw_weights() -> Callable[[str], dict[str, np.ndarray]]:
    """``draw_weights(weight set) -> checkpoint key -> float32 array``."""
    return golden_cases.draw_weights


@pytest.fixture(scope="session")
def assert_close() -> Callable[..., None]:
    """``assert_close(got, want, entry)`` at the entry's tolerances."""
    return golden_cases.assert_close
