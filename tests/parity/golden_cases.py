"""Where the golden cases are, which of them a test is to run, and how closely results must agree.

A selection is in the tree (`vectors/`). Larger sets of the same form may be added: folders that
DORA_MLX_TTS_GOLDENS names, or `../shared/goldens*` beside the repository. Usage::

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

VECTORS = Path(__file__).resolve().parent / "vectors"
_REPOSITORY = Path(__file__).resolve().parents[2]
_NAMED = "DORA_MLX_TTS_GOLDENS"

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


def folders() -> list[Path]:
    """Folders with a manifest, those of the tree first; a later one's cases replace an earlier one's."""
    named = os.environ.get(_NAMED)
    if named:
        more = [Path(name).expanduser() for name in named.split(os.pathsep) if name]
    else:
        more = sorted((_REPOSITORY.parent / "shared").glob("goldens*"))
    return [f for f in [*sorted(VECTORS.iterdir()), *more] if (f / "manifest.json").is_file()]


@functools.cache
def manifest() -> dict[str, Any]:
    """Cases and weight sets of all folders.

    An entry of `cases` also names its `folder`; one of `weights` holds the shapes and the salt to draw
    with. A weight set of a later folder replaces one of the same name, and with it every case that
    draws it: what a salt made can only be compared with the same salt.
    """
    found: dict[str, Any] = {"weights": {}, "cases": {}}
    for folder in folders():
        loaded = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        replaced = loaded["weights"].keys()
        for name in [n for n, e in found["cases"].items() if weight_sets(e) & replaced]:
            del found["cases"][name]
        for name, shapes in loaded["weights"].items():
            found["weights"][name] = {"shapes": shapes, "salt": loaded["salt"]}
        for name, entry in loaded["cases"].items():
            found["cases"][name] = {**entry, "folder": folder}
    return found


def weight_sets(entry: dict[str, Any]) -> set[str]:
    """Names of the weight sets that a case draws."""
    config = entry.get("config", {})
    drawn = [config[key] for key in config if key.endswith("weights")]
    return {name for name in (entry.get("weights"), *drawn) if isinstance(name, str)}


def named(group: str) -> list[str]:
    """Names of a group's cases, at least one."""
    names = [name for name, entry in manifest()["cases"].items() if entry["group"] == group]
    assert names, f"no cases of group {group!r}"
    return names


def cases(group: str, pattern: str = "") -> list[Any]:
    """Parameters (case names) of a group whose name matches `pattern`, with marks set.

    Slow cases carry the marker `slow`.
    """
    found = []
    for name in named(group):
        if not re.search(pattern, name):
            continue
        slow = manifest()["cases"][name].get("speed") == "slow"
        found.append(pytest.param(name, id=name, marks=[pytest.mark.slow] if slow else []))
    if found:
        return found
    why = f"such cases are in the large sets only: name them in {_NAMED}"
    return [pytest.param("absent", id="absent", marks=pytest.mark.skip(reason=why))]


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
