"""How finely networks compute."""

from __future__ import annotations

from typing import Literal

Precision = Literal["auto", "float32", "int8"]
"""float32 everywhere; coarser where that is as good; 8 bits wherever possible."""
