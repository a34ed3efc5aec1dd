"""Metal kernels on the CPU: MLX writes their source as it does on a Mac, the system's C++ compiler builds it."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import mlx.core as mx
import numpy as np
import pytest

HERE = Path(__file__).parent / "kernels"
_MAKE = mx.fast.metal_kernel  # MLX's own


class MetalEmulator:
    """Stands in for `mx.fast.metal_kernel`; skips where there is no compiler.

    Args:
        folder: for sources and libraries.
        change: what is done to a kernel's source, by its name, before it is compiled, such as breaking it.

    Attributes:
        launches: by kernel.
    """

    libraries: ClassVar[dict[str, Callable[..., None]]] = {}
    """What is compiled already, by its text: the same for all."""

    def __init__(self, folder: Path, change: Callable[[str, str], str] | None = None) -> None:
        if shutil.which("g++") is None:
            pytest.skip("no C++ compiler")
        self._folder, self._change = folder, change
        self._built: dict[tuple[object, ...], Callable[..., None]] = {}
        self.launches: Counter[str] = Counter()

    def metal_kernel(self, name: str, **made: Any) -> Callable[..., list[mx.array]]:
        """As MLX's: a kernel to call."""
        return partial(self._launch, name, _MAKE(name=name, **made))

    def _launch(self, name: str, kernel: Any, **call: Any) -> list[mx.array]:
        self.launches[name] += 1
        inputs = call["inputs"]
        kinds = tuple((array.dtype, array.ndim == 0, array.size < 8) for array in inputs)
        key = (name, str(call["template"]), kinds, str(call["output_dtypes"]))
        if key not in self._built:
            self._built[key] = self._build(name, kernel, call)
        grid, group = call["grid"], call["threadgroup"]
        assert grid[1:] == group[1:] == (1, 1)
        assert grid[0] % group[0] == 0, "MLX would cut the last group short"
        assert group[0] <= 1024
        shapes = zip(call["output_shapes"], call["output_dtypes"], strict=True)
        outputs = [_unwritten(shape, dtype) for shape, dtype in shapes]
        mx.eval(inputs, outputs)
        views = [np.array(array, copy=False) for array in (*map(_contiguous, inputs), *outputs)]
        pointers = (ctypes.c_void_p * len(views))(*(view.ctypes.data for view in views))
        self._built[key](pointers, grid[0] // group[0], group[0], self.launches.total())
        return outputs

    def _build(self, name: str, kernel: Any, call: dict[str, Any]) -> Callable[..., None]:
        text = written(kernel, call)
        program = _program(text if self._change is None else self._change(name, text))
        if program not in self.libraries:
            source = self._folder / f"{name}_{len(self.libraries)}.cpp"
            source.write_text(program)
            library = source.with_suffix(".so")
            command = [
                "g++",
                "-std=c++17",
                "-O1",
                "-w",
                "-shared",
                "-fPIC",
                "-pthread",
                f"-I{HERE}",
            ]
            subprocess.run([*command, "-o", str(library), str(source)], check=True)
            self.libraries[program] = ctypes.CDLL(str(library)).run
        return self.libraries[program]


def _unwritten(shape: tuple[int, ...], dtype: mx.Dtype) -> mx.array:
    """What a buffer may hold before it is written: no number, where the type has that."""
    number = float("nan") if mx.issubdtype(dtype, mx.floating) else 113
    return mx.full(shape, number, dtype)


def _contiguous(array: mx.array) -> mx.array:
    array = mx.contiguous(array)
    mx.eval(array)
    return array


def written(kernel: Any, call: dict[str, Any]) -> str:
    """The source that MLX compiles for a call on a Mac.

    Without a Mac MLX records such a call when it exports a function, and prints the source if asked; it
    also checks the arguments then.
    """
    inputs, others = call["inputs"], {k: v for k, v in call.items() if k != "inputs"}

    def traced(*arrays: mx.array) -> list[mx.array]:
        return list(kernel(inputs=list(arrays), verbose=True, **others))

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "printed"
        sys.stdout.flush()
        kept = os.dup(1)
        try:
            with target.open("wb") as file:
                os.dup2(file.fileno(), 1)
                mx.export_function(str(Path(folder) / "f.mlxfn"), traced, *inputs)
                ctypes.CDLL(None).fflush(None)
        finally:
            os.dup2(kept, 1)
            os.close(kept)
        text = target.read_text(encoding="utf-8")
    return text.split("```\n", 1)[1].rsplit("```", 1)[0]


def _program(source: str) -> str:
    """A C++ program around a kernel as MLX writes it: `run(pointers, groups, threads, seed)`."""
    body, instance = source.split("\ntemplate [[host_name(", 1)
    arguments = re.search(r"decltype\(\w+<(.*)>\) ", instance)[1]
    name, parameters = re.search(r"\[\[kernel\]\] void (\w+)\((.*?)\) \{", body, re.DOTALL).groups()
    given = []
    for index, parameter in enumerate(parameters.split(",\n")):
        place = re.fullmatch(r"\s*\w+ (\w+) \[\[\1\]\]", parameter)
        if place:
            given.append(f"metal_places::{place[1]}()")
        else:
            kind = re.fullmatch(
                r"\s*(const )?(device|constant) (\w+)\* \w+ \[\[buffer\((\d+)\)\]\]", parameter
            )
            assert kind, parameter
            assert int(kind[4]) == index
            given.append(f"static_cast<{kind[1] or ''}{kind[3]}*>(pointers[{index}])")
    shared = re.sub(r"^(\s*)threadgroup (\w+ \w+\[)", r"\1static \2", body, flags=re.MULTILINE)
    return f"""#include "metal.hpp"
{shared}
static void** pointers;
static void one() {{ {name}<{arguments}>({", ".join(given)}); }}
extern "C" void run(void** given, int groups, int threads, int seed) {{
  pointers = given;
  emulator::launch_in_turn(one, groups, threads, seed);
}}
"""
