"""The decoding kernel on the CPU: compiled with the system's C++ compiler over an emulated GPU."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.models.t2s import kernels

HERE = Path(__file__).parent / "kernels"
BLOCKS, WARPS = 4, 4


def build(folder: Path, net: tuple[int, ...], element: str = "float") -> Callable[..., Any]:
    """The kernel for one network, called as MLX's would be; skips where there is no compiler.

    Args:
        folder: for the library.
        net: real channels, channels, heads, inner width, layers, vocabulary, rows.
        element: "float", "__half" or "__nv_bfloat16".
    """
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    sizes = ",".join(map(str, (*net, BLOCKS, WARPS)))
    library = folder / f"kernel_{element}_{net[0]}.so"
    source = Path(kernels.__file__).parent
    command = [compiler, "-std=c++17", "-O1", "-shared", "-fPIC", "-pthread"]
    command += [f"-DNET={sizes}", f"-DELEMENT={element}", f"-I{source}"]
    subprocess.run([*command, "-o", str(library), str(HERE / "t2s_emulated.cpp")], check=True)
    run = ctypes.CDLL(str(library)).run

    def launch(
        *,
        inputs: list[mx.array],
        template: list[tuple[str, Any]],
        output_shapes: list[tuple[int, ...]],
        output_dtypes: list[mx.Dtype],
        **_: Any,
    ) -> list[mx.array]:
        outputs = [mx.full(s, -7, d) for s, d in zip(output_shapes, output_dtypes, strict=True)]
        mx.eval(inputs, outputs)
        views = [_address(array) for array in (*inputs, *outputs)]
        pointers = (ctypes.c_void_p * len(views))(*(address for _, address in views))
        run(pointers, int(dict(template)["SAMPLES"]))
        return outputs

    return launch


def _address(array: mx.array) -> tuple[object, int]:
    view = np.array(array.view(mx.uint16) if array.dtype == mx.bfloat16 else array, copy=False)
    return view, view.ctypes.data
