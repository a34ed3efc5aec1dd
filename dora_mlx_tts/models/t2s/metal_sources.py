"""The Metal kernels of a decoding step: inputs, outputs and code of each, using `kernels/t2s_step.metal`."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Final

import mlx.core as mx

from dora_mlx_tts.models.t2s.step_kernel import CompiledKernel

_WHERE = """
  t2s::Where w = {int(thread_index_in_threadgroup), int(thread_index_in_simdgroup),
                  int(simdgroup_index_in_threadgroup), int(threadgroup_position_in_grid.x)};
  typedef t2s::Net<T, C, H, ROWS, SLOTS, SIMDS> N;
"""
_NORM = ["parts", "residual", "bias", "gain", "shift"]
_JOIN = "  t2s::join<N>(x, parts, PARTS, residual, bias, gain, shift, kept, w);\n"
_ATTEND = """
  threadgroup float merged[ROWS * 3 * (C / H)];
  threadgroup float heads[ROWS * (C / H)];
  threadgroup float met[SIMDS * (C / H + 2)];
  t2s::project<N>(merged, x, matrix, matrix_bias, w);
  t2s::extend<N>(tail, longer, merged, at[t2s::TAIL], w);
  t2s::attention<N>(heads, met, cache, tail, merged, at, padding, w);
  t2s::part_of<N>(out_matrix + w.group * N::D, C, N::D, heads, made, w.group, H, w);
"""
_SOURCES: Final = {
    "first": ("  threadgroup float x[ROWS * C];\n  t2s::take<N>(x, given, kept, w);\n" + _ATTEND),
    "attend": ("  threadgroup float x[ROWS * C];\n" + _JOIN + _ATTEND),
    "feed": (
        "  threadgroup float x[ROWS * C];\n  threadgroup float inner[ROWS * WIDTH];\n"
        + _JOIN
        + "  t2s::widen<N>(inner, x, matrix, matrix_bias, WIDTH, w);\n"
        "  t2s::part_of<N>(out_matrix + w.group * WIDTH, F, WIDTH, inner, made, w.group, F / WIDTH, w);\n"
    ),
    "predict": (
        "  threadgroup float x[ROWS * C];\n"
        + _JOIN
        + "  t2s::predict<N>(x, matrix, logits, V, GROUPS, w);\n"
    ),
    "sample": (
        "  threadgroup float values[SIMDS];\n"
        "  threadgroup int places[SIMDS];\n"
        "  threadgroup int counts[2 * SIMDS];\n"
        "  t2s::sample<N, V>(logits, seen, draws, rates, at, pairs, table, audio_places, pairs_out, seen_out, x, values,"
        " places, counts, w);\n"
    ),
}
_READ = ["matrix", "matrix_bias", "out_matrix", "cache", "tail", "at", "padding"]
_INPUTS: Final = {
    "first": ["given", *_READ],
    "attend": [*_NORM, *_READ],
    "feed": [*_NORM, "matrix", "matrix_bias", "out_matrix"],
    "predict": [*_NORM, "matrix"],
    "sample": ["logits", "seen", "draws", "rates", "at", "pairs", "table", "audio_places"],
}
_OUTPUTS: Final = {
    "first": ["made", "kept", "longer"],
    "attend": ["made", "kept", "longer"],
    "feed": ["made", "kept"],
    "predict": ["logits", "kept"],
    "sample": ["pairs_out", "seen_out", "x"],
}


def header() -> str:
    """The common header of all kernels of the step."""
    folder = resources.files(__package__) / "kernels"
    names = ("t2s_rules.h", "t2s_step.metal")
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


@lru_cache(maxsize=1)
def kernels() -> dict[str, CompiledKernel]:
    """The kernels of a step by name; MLX compiles each when it first runs."""
    text = header()
    return {
        name: mx.fast.metal_kernel(  # type: ignore[misc]  # MLX's stub says object
            name=f"t2s_{name}",
            input_names=_INPUTS[name],
            output_names=_OUTPUTS[name],
            source=_WHERE + source,
            header=text,
        )
        for name, source in _SOURCES.items()
    }


def whole() -> str:
    """All source code that is compiled."""
    return "\n".join([header(), _WHERE, *_SOURCES.values()])
