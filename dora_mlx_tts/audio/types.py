"""Types for arrays of audio."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]
"""Mono audio, [n]; 1.0 is full scale."""

Spectrum: TypeAlias = NDArray[np.float32]
"""Frames of a spectrogram and their bins; each function documents the order."""
