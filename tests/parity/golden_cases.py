"""Where the golden cases are, which of them a test is to run, and how closely results must agree.

Cases are found through the folders' manifests, so any folder of the same form works. Usage::

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
        "cfm_v5",
        "v5",
        "files_v5",
    }
)

_MAIN = "DORA_MLX_TTS_GOLDENS"
_FOLDERS = {_MAIN: "goldens", "DORA_MLX_TTS_GOLDENS_V5": "goldens-v5"}
"""Environment variable -> name of the folder beside this repository, in ../shared."""


def find_folder(variable: str = _MAIN) -> Path | None:
    """A goldens folder, or None when there is none on this machine."""
    named = os.environ.get(variable)
    folder = Path(named) if named else _REPOSITORY.parent / "shared" / _FOLDERS[variable]
    return folder if (folder / "manifest.json").is_file() else None


@functools.cache
def manifest() -> dict[str, Any]:
    """Cases and weight sets of all folders.

    An entry of `cases` also names its `folder`; one of `weights` holds shapes and the salt to draw
    with. Without a folder both are empty. `salt` is the main folder's.
    """
    found: dict[str, Any] = {"salt": "", "weights": {}, "cases": {}}
    for variable in _FOLDERS:
        folder = find_folder(variable)
        if folder is None:
            continue
        loaded = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        found["salt"] = found["salt"] or loaded["salt"]
        found["weights"] |= {
            name: {"shapes": shapes, "salt": loaded["salt"]}
            for name, shapes in loaded["weights"].items()
        }
        found["cases"] |= {
            name: {**entry, "folder": folder} for name, entry in loaded["cases"].items()
        }
    return found


def named(group: str) -> list[str]:
    """Names of a group's cases; skips the calling test when there are none on this machine."""
    names = [name for name, entry in manifest()["cases"].items() if entry["group"] == group]
    if not names:
        pytest.skip(_absent())
    return names


def _absent() -> str:
    places = ", ".join(f"{variable} or ../shared/{name}" for variable, name in _FOLDERS.items())
    return f"no golden cases of this group: looked at {places}"


def cases(group: str, pattern: str = "") -> list[Any]:
    """Parameters (case names) of a group whose name matches ``pattern``, with marks set.

    Slow cases carry the marker ``slow``.
    """
    found = []
    for name, entry in manifest()["cases"].items():
        if entry["group"] != group or not re.search(pattern, name):
            continue
        marks = [pytest.mark.slow] if entry.get("speed") == "slow" else []
        found.append(pytest.param(name, id=name, marks=marks))
    if not found:
        return [pytest.param("absent", id="absent", marks=pytest.mark.skip(reason=_absent()))]
    return found


def load_case(name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and manifest entry of a case."""
    entry = dict(manifest()["cases"][name])
    with np.load(entry["folder"] / entry["file"]) as archive:
        arrays = {key: archive[key] for key in archive.files}
    return arrays, entry


@functools.lru_cache(maxsize=1)
def _drawn(weights: str) -> dict[str, np.ndarray]:
    described = manifest()["weights"][weights]
    return weights_recipe.draw_all(described["shapes"], described["salt"])


def draw_weights(weights: str) -> dict[str, np.ndarray]:
    """Checkpoint key -> float32 tensor of one of the manifests' weight sets.

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
