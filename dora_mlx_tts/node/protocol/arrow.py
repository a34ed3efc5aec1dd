"""Reads a single value from an untrusted Arrow array."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from dora_mlx_tts.errors import ProtocolError
from dora_mlx_tts.messages import must_be


def one_string(value: object, limit: int) -> str:
    """The single string of an Arrow array; bytes (``uint8``, which dora makes of them) are UTF-8.

    Raises:
        ProtocolError: It is not that, or longer than ``limit`` characters.
    """
    if value is None:
        raise ProtocolError("value must be an array with one string, got none")
    if not isinstance(value, pa.Array):
        raise ProtocolError(
            f"value must be an Arrow array with one string, got {type(value).__name__}"
        )
    if pa.types.is_uint8(value.type) and len(value):
        if len(value) > 4 * limit:
            raise _too_long(len(value) // 4, limit)
        return _utf8(np.asarray(value).tobytes(), limit)
    if len(value) != 1:
        raise ProtocolError(
            f"value must be an array with one string, got {len(value)} {value.type} values"
        )
    try:
        item = value[0].as_py()
    except UnicodeDecodeError:
        raise ProtocolError("the string is not UTF-8") from None
    if isinstance(item, bytes):
        return _utf8(item, limit)
    if not isinstance(item, str):
        raise ProtocolError(f"{must_be('value', 'one string', item)} ({value.type})")
    if len(item) > limit:
        raise _too_long(len(item), limit)
    return item


def _utf8(data: bytes, limit: int) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"bytes that are not UTF-8 (at byte {error.start})") from None
    if len(text) > limit:
        raise _too_long(len(text), limit)
    return text


def _too_long(length: int, limit: int) -> ProtocolError:
    return ProtocolError(f"a text must have at most {limit} characters, got {length} or more")


def one_number(value: object) -> float:
    """The single finite number of an Arrow array.

    Raises:
        ProtocolError: It is not that.
    """
    if not isinstance(value, pa.Array) or len(value) != 1:
        raise ProtocolError("value must be an Arrow array with one number")
    item = value[0].as_py()
    try:
        number = float(item)
    except (TypeError, ValueError):
        raise ProtocolError(must_be("value", "one number", item)) from None
    if not math.isfinite(number):
        raise ProtocolError(must_be("value", "a finite number", item))
    return number
