"""What every test shares."""

from __future__ import annotations

import pytest

from dora_mlx_tts.runtime import blas


@pytest.fixture(scope="session", autouse=True)
def fast_matrix_products() -> None:
    """MLX's own BLAS on Linux would make the networks' tests 5 to 20 times slower."""
    blas.accelerate()
