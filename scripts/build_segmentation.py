"""Pack what jieba knows of words for `dora_mlx_tts/text/zh/segment`.

Usage: python scripts/build_segmentation.py

jieba 0.42.1 must be installed (`make venv` does so). Only its modules of literals are run. `words.txt`: its dictionary
in byte order. `markov.npz` and `plain_markov.npz`: its two hidden Markov models; see
`dora_mlx_tts/text/zh/segment/markov_tables.py` and `plain_markov.py`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "dora_mlx_tts" / "text" / "zh" / "segment"
PLAIN_STATES = "BMES"
IMPOSSIBLE = -3.14e100
"""jieba's logarithm of nothing."""


def jieba_file(name: str) -> Path:
    """A file of the installed package."""
    spec = importlib.util.find_spec("jieba")
    if spec is None or spec.origin is None:
        raise SystemExit("jieba must be installed: pip install jieba==0.42.1")
    return Path(spec.origin).with_name(name)


def table(package: str, name: str) -> Any:  # noqa: ANN401 - each table has a form of its own
    """The value that a module of jieba assigns to `P`, without importing the package."""
    spec = importlib.util.spec_from_file_location(name, jieba_file(package) / f"{name}.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"jieba has no table {package}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.P


def words() -> bytes:
    """Lines `word frequency tag`, each once, in byte order."""
    lines = set(jieba_file("dict.txt").read_bytes().splitlines())
    return b"\n".join(sorted(lines)) + b"\n"


def tagged_model() -> Mapping[str, np.ndarray]:
    """The model whose states have a part of speech, by character rather than by state."""
    start, step, emit, listed = (
        table("posseg", name)
        for name in ("prob_start", "prob_trans", "prob_emit", "char_state_tab")
    )
    states = sorted(start)
    number = {state: index for index, state in enumerate(states)}
    steps = [(number[p], number[q], value) for p, to in step.items() for q, value in to.items()]
    values = {(char, state): v for state, of_state in emit.items() for char, v in of_state.items()}
    allowed = {(char, state) for char, of_char in listed.items() for state in of_char}
    rows = [
        (ord(char), number[state], values.get((char, state), IMPOSSIBLE), (char, state) in allowed)
        for char, state in sorted(allowed.union(values))
    ]
    origin, target, value = zip(*steps, strict=True)
    char, state, emission, is_listed = zip(*rows, strict=True)
    return {
        "states": np.array([f"{position} {tag}" for position, tag in states]),
        "start": np.array([start[state] for state in states]),
        "origins": np.array(origin, np.uint8),
        "targets": np.array(target, np.uint8),
        "steps": np.array(value),
        "characters": np.array(char, np.uint16),
        "states_of_characters": np.array(state, np.uint8),
        "emissions": np.array(emission),
        "listed": np.array(is_listed),
    }


def plain_model() -> Mapping[str, np.ndarray]:
    """The model without parts of speech."""
    start, step, emit = (
        table("finalseg", name) for name in ("prob_start", "prob_trans", "prob_emit")
    )
    chars = sorted({char for of_state in emit.values() for char in of_state})
    return {
        "start": np.array([start[state] for state in PLAIN_STATES]),
        "steps": np.array(
            [[step[p].get(q, IMPOSSIBLE) for q in PLAIN_STATES] for p in PLAIN_STATES]
        ),
        "characters": np.array([ord(char) for char in chars], np.int32),
        "emissions": np.array(
            [[emit[state].get(char, IMPOSSIBLE) for state in PLAIN_STATES] for char in chars]
        ),
    }


def main() -> None:
    """Write the three files."""
    FOLDER.joinpath("words.txt").write_bytes(words())
    np.savez_compressed(FOLDER / "markov.npz", **tagged_model())
    np.savez_compressed(FOLDER / "plain_markov.npz", **plain_model())
    for name in ("words.txt", "markov.npz", "plain_markov.npz"):
        print(f"{FOLDER / name}: {FOLDER.joinpath(name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
