"""The one value in an Arrow array, whatever strangers put there."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from dora_mlx_tts.errors import ProtocolError
from dora_mlx_tts.node.protocol.metadata import brief


def one_string(value: object, limit: int) -> str:
    """The single string of an Arrow array; bytes (``uint8``, which dora makes of them) are UTF-8.

    Raises:
        ProtocolError: It is not that, or longer than ``limit`` characters.
    """
    if value is None:
        raise ProtocolError("no value; one string is allowed")
    if not isinstance(value, pa.Array):
        raise ProtocolError(f"{type(value).__name__}; an Arrow array with one string is allowed")
    if pa.types.is_uint8(value.type) and len(value):
        if len(value) > 4 * limit:
            raise _too_long(len(value) // 4, limit)
        return _utf8(np.asarray(value).tobytes(), limit)
    if len(value) != 1:
        raise ProtocolError(f"an array of {len(value)} items ({value.type}); one string is allowed")
    try:
        item = value[0].as_py()
    except UnicodeDecodeError:
        raise ProtocolError("the string is not UTF-8") from None
    if isinstance(item, bytes):
        return _utf8(item, limit)
    if not isinstance(item, str):
        raise ProtocolError(f"{brief(item)} ({value.type}); one string is allowed")
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
    return ProtocolError(f"a text of at least {length} characters; {limit} are allowed")


def one_number(value: object) -> float:
    """The single finite number of an Arrow array.

    Raises:
        ProtocolError: It is not that.
    """
    if not isinstance(value, pa.Array) or len(value) != 1:
        raise ProtocolError("an Arrow array with one number is allowed")
    item = value[0].as_py()
    try:
        number = float(item)
    except (TypeError, ValueError):
        raise ProtocolError(f"{brief(item)}; one number is allowed") from None
    if not math.isfinite(number):
        raise ProtocolError(f"{brief(item)}; a finite number is allowed")
    return number
