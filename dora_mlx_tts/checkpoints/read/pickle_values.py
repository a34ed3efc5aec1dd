"""Stand-ins for objects while a checkpoint's pickle is read, and the plain values they become."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.tensors import LazyTensor

MAX_DEPTH = 64
MAX_VALUES = 200_000
_MAX_INTEGER = 2**63
_NUMBER_CODES = frozenset(("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"))
_BYTE_ORDERS = frozenset("<>=|")


@dataclass(frozen=True)
class Global:
    """A class or function that a pickle names: ``"module name"``. Never imported."""

    name: str


@dataclass
class Record:
    """Stands for an object of a known class; only its fields are kept."""

    fields: dict[object, object] = field(default_factory=dict)


@dataclass
class NumberType:
    """A numpy number type; only kind, size and byte order matter."""

    code: str
    order: str = "<"

    def set_state(self, state: object) -> None:
        """Take the byte order from numpy's state tuple ``(version, order, ...)``.

        Raises:
            ValueError: The state is not such a tuple.
        """
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else None
        if order not in _BYTE_ORDERS:
            raise ValueError("a number type has no byte order")
        self.order = order

    def number(self, raw: object) -> int | float | bool:
        """The Python number of ``raw`` bytes.

        Raises:
            ValueError: This is not a number type, or the bytes do not match it.
        """
        if self.code not in _NUMBER_CODES:
            raise ValueError(f"{self.code!r} is not a number type")
        order = "<" if self.order in "=|" else self.order
        dtype = np.dtype(order + self.code)
        if not isinstance(raw, bytes) or len(raw) != dtype.itemsize:
            raise ValueError("a number has the wrong length")
        value: int | float | bool = np.frombuffer(raw, dtype)[0].item()
        return value


def plain_key(key: object) -> str | int | float | bytes:
    """``key`` if it may be a dictionary key.

    Nested keys could take forever to hash, and so could many large integers: Python hashes integers modulo 2^61
    - 1, so beyond 64 bits an attacker can make any number of them collide.

    Raises:
        TypeError: It is neither text nor a number.
        ValueError: It is an integer of more than 64 bits.
    """
    if not isinstance(key, str | int | float | bytes):
        raise TypeError(f"a dictionary key is a {type(key).__name__}")
    if isinstance(key, int) and abs(key) >= _MAX_INTEGER:
        raise ValueError("a dictionary key is an integer of more than 64 bits")
    return key


def plain_value(value: object, source: str) -> object:
    """Convert ``value`` to containers, numbers, text and tensors only.

    A short pickle can describe a value that contains itself or expands to an enormous tree; limits on depth and
    count stop both.

    Raises:
        WeightsError: A limit is exceeded, or something is neither container, number nor text.
    """
    return _Copier(source).copy(value, 0)


class _Copier:
    def __init__(self, source: str) -> None:
        self.source = source
        self.left = MAX_VALUES

    def copy(self, value: object, depth: int) -> object:
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            raise WeightsError(
                f"{self.source}: its pickle holds more than {MAX_VALUES} values or more than"
                f" {MAX_DEPTH} levels"
            )
        if isinstance(value, Record):
            value = value.fields
        if isinstance(value, dict):
            return {key: self.copy(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.copy(item, depth + 1) for item in value)
        return self._leaf(value)

    def _leaf(self, value: object) -> object:
        if isinstance(value, int) and abs(value) >= _MAX_INTEGER:
            raise WeightsError(f"{self.source}: its pickle holds an integer of over 64 bits")
        if value is None or isinstance(value, str | bytes | int | float | LazyTensor):
            return value
        raise WeightsError(
            f"{self.source}: its pickle leaves a bare {type(value).__name__} in the value"
        )
