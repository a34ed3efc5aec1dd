"""Reads a single value from an untrusted Arrow array: type and size first, then the value."""

from __future__ import annotations

import math

import pyarrow as pa

from dora_mlx_tts.errors import ProtocolError
from dora_mlx_tts.messages import brief

_UTF8_BYTES = 4  # at most, per character
_LONGEST_NUMBER = 64
_LONGEST_TYPE = 60


def one_string(value: object, limit: int, wanted: str = "one string") -> str:
    """The single string of an Arrow array; a ``uint8`` array (how dora passes bytes) is read as UTF-8.

    Args:
        value: The array.
        limit: Maximum number of characters.
        wanted: What it should be, for messages.

    Raises:
        ProtocolError: The value is not one string, or is longer than ``limit`` characters.
    """
    array = _array(value, wanted)
    if pa.types.is_uint8(array.type) and len(array):
        if array.null_count:
            raise ProtocolError("bytes must not be null")
        _check_size(len(array), limit)
        return _utf8(array.buffers()[1].slice(array.offset, len(array)).to_pybytes(), limit)
    scalar = _one(array, wanted)
    if not _is_text(array.type):
        raise ProtocolError(f"value must be {wanted}, got {_type_name(array.type)}")
    buffer = scalar.as_buffer()
    if buffer is None:
        raise ProtocolError(f"value must be {wanted}, got null")
    _check_size(buffer.size, limit)
    return _utf8(buffer.to_pybytes(), limit)


def _array(value: object, wanted: str) -> pa.Array:
    if value is None:
        raise ProtocolError(f"value must be an array with {wanted}, got none")
    if not isinstance(value, pa.Array):
        raise ProtocolError(
            f"value must be an Arrow array with {wanted}, got {type(value).__name__}"
        )
    return value


def _one(array: pa.Array, wanted: str) -> pa.Scalar:
    """The only item; dictionary arrays are decoded."""
    if len(array) != 1:
        raise ProtocolError(
            f"value must be an array with {wanted}, got {len(array)} {_type_name(array.type)} values"
        )
    if pa.types.is_dictionary(array.type) and _is_text(array.type.value_type):
        index = array.indices[0].as_py()
        if index is None or not 0 <= index < len(array.dictionary):
            raise ProtocolError(f"value must be {wanted}, got null")
        return array.dictionary[index]
    return array[0]


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(
        test(kind)
        for test in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
            pa.types.is_fixed_size_binary,
        )
    )


def _type_name(kind: pa.DataType) -> str:
    """A type's name; nested types may be too long to write out."""
    if pa.types.is_nested(kind) or pa.types.is_dictionary(kind) or hasattr(kind, "extension_name"):
        return type(kind).__name__.removesuffix("Type").lower()
    return str(kind)[:_LONGEST_TYPE]


def _check_size(size: int, limit: int) -> None:
    if size > _UTF8_BYTES * limit:
        raise _too_long(f"at least {size // _UTF8_BYTES}", limit)


def _utf8(data: bytes, limit: int) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"a text must be UTF-8; it is not at byte {error.start}") from None
    if len(text) > limit:
        raise _too_long(str(len(text)), limit)
    return text


def _too_long(length: str, limit: int) -> ProtocolError:
    return ProtocolError(f"a text must have at most {limit} characters, got {length}")


def one_number(value: object) -> float:
    """The single finite number of an Arrow array, typed or as a string.

    Raises:
        ProtocolError: The value is not one finite number.
    """
    array = _array(value, "one number")
    if _is_text(array.type):
        item: object = one_string(array, _LONGEST_NUMBER, "one number")
    elif any(
        test(array.type)
        for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    ):
        item = _one(array, "one number").as_py()
    else:
        raise ProtocolError(f"value must be one number, got {_type_name(array.type)}")
    try:
        number = float(item)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ProtocolError(f"value must be one number, got {brief(item)}") from None
    if not math.isfinite(number):
        raise ProtocolError(f"value must be a finite number, got {brief(item)}")
    return number
