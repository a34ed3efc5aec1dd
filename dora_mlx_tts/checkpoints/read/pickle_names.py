"""The names that a checkpoint's pickle may use, and the plain value that replaces each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dora_mlx_tts.checkpoints.read.pickle_values import NumberType, plain_key

Call = Callable[[tuple[object, ...]], object]

# Storage class -> type of the stored values. bfloat16 is read as uint16, the upper half of a float32.
STORAGES: dict[str, np.dtype[Any]] = {
    "torch HalfStorage": np.dtype("<f2"),
    "torch FloatStorage": np.dtype("<f4"),
    "torch DoubleStorage": np.dtype("<f8"),
    "torch LongStorage": np.dtype("<i8"),
    "torch IntStorage": np.dtype("<i4"),
    "torch ShortStorage": np.dtype("<i2"),
    "torch CharStorage": np.dtype("i1"),
    "torch ByteStorage": np.dtype("u1"),
    "torch BoolStorage": np.dtype("?"),
    "torch BFloat16Storage": np.dtype("<u2"),
}
BFLOAT16 = "torch BFloat16Storage"

CLASSES = frozenset({"utils HParams"})
REBUILD_TENSOR = "torch._utils _rebuild_tensor_v2"


def _ordered_dict(arguments: tuple[object, ...]) -> dict[object, object]:
    (pairs,) = arguments or ([],)
    if not isinstance(pairs, list | tuple):
        raise TypeError("a dictionary is not made from pairs")
    return {plain_key(key): value for key, value in pairs}


def _first(arguments: tuple[object, ...]) -> object:
    return arguments[0]


def _as_list(arguments: tuple[object, ...]) -> list[object]:
    (values,) = arguments or ([],)
    if not isinstance(values, list | tuple):
        raise TypeError("a set is not made from a list")
    return list(values)


def _as_text(arguments: tuple[object, ...]) -> str:
    return ":".join(str(part) for part in arguments if isinstance(part, str | int))


def _as_path(arguments: tuple[object, ...]) -> str:
    return "/".join(part for part in arguments if isinstance(part, str))


def _encoded(arguments: tuple[object, ...]) -> bytes:
    """Old pickle protocols write bytes as text to encode in Latin-1."""
    text, encoding = arguments
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError("bytes are not written as latin1 text")
    return text.encode("latin-1")


def _number_type(arguments: tuple[object, ...]) -> NumberType:
    code = arguments[0]
    if not isinstance(code, str):
        raise TypeError("a number type is not named by text")
    return NumberType(code)


def _number(arguments: tuple[object, ...]) -> int | float | bool:
    dtype, raw = arguments
    if not isinstance(dtype, NumberType):
        raise TypeError("a number has no type")
    return dtype.number(raw)


CALLS: dict[str, Call] = {
    "collections OrderedDict": _ordered_dict,
    "torch._utils _rebuild_parameter": _first,
    "torch.serialization _get_layout": _as_text,
    "torch device": _as_text,
    "torch Size": _as_list,
    "builtins set": _as_list,
    "__builtin__ set": _as_list,  # the same class, as written by protocol 2
    "_codecs encode": _encoded,
    "numpy dtype": _number_type,
    "numpy.core.multiarray scalar": _number,
    "numpy._core.multiarray scalar": _number,
    **dict.fromkeys(
        (
            f"{module} {kind}"
            for module in ("pathlib", "pathlib._local")
            for kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
        ),
        _as_path,
    ),
}
