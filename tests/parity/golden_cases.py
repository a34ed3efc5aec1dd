"""Where the golden cases are, which of them a test is to run, and how closely results must agree.

Cases are found through the folder's manifest, so any folder of the same form works. Usage::

    from golden_cases import cases

    @pytest.mark.parametrize("name", cases("t2s", r"_prefill$"))
    def test_prefill(name, load_case, draw_weights, assert_close):
        arrays, entry = load_case(name)
        weights = draw_weights(entry["weights"])
        ...
        assert_close(got, arrays["logits"], entry)
"""

from __future__ import annotations

import functools
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import weights_recipe

_REPOSITORY = Path(__file__).resolve().parents[2]

# Groups with tests; another one fails test_groups.py.
COVERED = frozenset(
    {
        "t2s",
        "sampling",
        "hubert",
        "bert",
        "reference",
        "dsp",
        "sovits",
        "sv",
        "v3",
        "v4",
        "glue",
        "files",
    }
)


def find_folder() -> Path | None:
    """The goldens folder, or None when there is none on this machine."""
    named = os.environ.get("DORA_MLX_TTS_GOLDENS")
    folder = Path(named) if named else _REPOSITORY.parent / "shared" / "goldens"
    return folder if (folder / "manifest.json").is_file() else None


@functools.cache
def manifest() -> dict[str, Any]:
    """The folder's manifest; without a folder an empty one."""
    folder = find_folder()
    if folder is None:
        return {"salt": "", "weights": {}, "cases": {}}
    loaded: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return loaded


def cases(group: str, pattern: str = "") -> list[Any]:
    """Parameters (case names) of a group whose name matches ``pattern``, with marks set.

    Slow cases carry the marker ``slow``.
    """
    if find_folder() is None:
        why = "no goldens folder: set DORA_MLX_TTS_GOLDENS or put it at ../shared/goldens"
        return [pytest.param("absent", id="absent", marks=pytest.mark.skip(reason=why))]
    found = []
    for name, entry in manifest()["cases"].items():
        if entry["group"] != group or not re.search(pattern, name):
            continue
        marks = [pytest.mark.slow] if entry.get("speed") == "slow" else []
        found.append(pytest.param(name, id=name, marks=marks))
    return found


def load_case(name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and manifest entry of a case."""
    folder = find_folder()
    if folder is None:
        pytest.skip("no goldens folder")
    entry = dict(manifest()["cases"][name])
    with np.load(folder / entry["file"]) as archive:
        arrays = {key: archive[key] for key in archive.files}
    return arrays, entry


@functools.lru_cache(maxsize=1)
def _drawn(weights: str) -> dict[str, np.ndarray]:
    return weights_recipe.draw_all(manifest()["weights"][weights], manifest()["salt"])


def draw_weights(weights: str) -> dict[str, np.ndarray]:
    """Checkpoint key -> float32 tensor of one of the manifest's weight sets.

    The last set drawn is kept (full-size sets take seconds); the arrays are not to be changed.
    """
    return dict(_drawn(weights))


def assert_close(
    got: Any,
    want: np.ndarray,
    entry: dict[str, Any],
    *,
    what: str = "result",
    atol: float | None = None,
    rtol: float | None = None,
) -> None:
    """Require equal shapes, finite values and ``|got - want| <= atol + rtol * |want|``.

    The tolerances are the entry's unless given; integers and booleans must be equal when the entry
    names no tolerance.
    """
    have = np.asarray(got)
    assert have.shape == want.shape, f"{what}: shape {have.shape}, expected {want.shape}"
    absolute = float(entry.get("atol", 0.0)) if atol is None else atol
    relative = float(entry.get("rtol", 0.0)) if rtol is None else rtol
    left, right = have.astype(np.float64), want.astype(np.float64)
    assert np.isfinite(left).all(), f"{what}: {np.count_nonzero(~np.isfinite(left))} not finite"
    error = np.abs(left - right)
    excess = error - (absolute + relative * np.abs(right))
    if excess.size and excess.max() > 0:
        place = np.unravel_index(int(excess.argmax()), excess.shape)
        pytest.fail(
            f"{what}: {np.count_nonzero(excess > 0)} of {excess.size} values outside atol"
            f" {absolute:g}, rtol {relative:g}; worst at {tuple(map(int, place))}: got"
            f" {left[place]:.7g}, expected {right[place]:.7g}; largest error {error.max():.3g}"
        )
