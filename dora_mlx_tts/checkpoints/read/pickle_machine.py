"""A stack machine that reads the pickle inside a checkpoint as data.

A pickle is a small program. Python's own reader runs it, importing and calling whatever it names. This one
knows only the instructions that build containers and numbers, and replaces the few classes that checkpoints use
with plain values. Nothing is imported, called or given attributes. See the documentation of ``pickletools`` for
the instructions; that module decodes the bytes here.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Mapping

from dora_mlx_tts.checkpoints.read.pickle_values import (
    Global,
    NumberType,
    Record,
    plain_key,
    plain_value,
)
from dora_mlx_tts.errors import UnsafeFileError, WeightsError

MAX_INSTRUCTIONS = 1_000_000

Call = Callable[[tuple[object, ...]], object]

# An invalid escape in a text causes a warning, which may be raised as an error.
_DAMAGES = (ValueError, TypeError, struct.error, OverflowError, IndexError, DeprecationWarning)


def read_pickle(
    data: bytes,
    source: str,
    *,
    calls: Mapping[str, Call],
    classes: frozenset[str],
    values: frozenset[str],
    persistent: Callable[[object], object],
) -> object:
    """The value a pickle describes, in plain containers.

    Args:
        data: The pickle.
        source: Name for errors.
        calls: Allowed callables (``"module name"``) and the function that replaces each.
        classes: Allowed classes whose instances become dictionaries of their fields.
        values: Allowed names that are only passed around, such as storage classes.
        persistent: Resolves a persistent id.

    Raises:
        UnsafeFileError: The pickle refers to or does something that is not allowed.
        WeightsError: The pickle is damaged, too long or nested too deeply.
    """
    machine = _Machine(source, calls, classes, values, persistent)
    try:
        result = machine.run(data)
    except _DAMAGES as error:
        raise WeightsError(f"{source}: its pickle is damaged: {error}") from error
    return plain_value(result, source)


class _Machine:
    """Stack, marks and memo of one run."""

    def __init__(
        self,
        source: str,
        calls: Mapping[str, Call],
        classes: frozenset[str],
        values: frozenset[str],
        persistent: Callable[[object], object],
    ) -> None:
        self.source = source
        self.calls = calls
        self.classes = classes
        self.allowed = frozenset(calls) | classes | values
        self.persistent = persistent
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}

    def run(self, data: bytes) -> object:
        """Execute the instructions up to STOP."""
        for count, (opcode, argument, _position) in enumerate(pickletools.genops(data)):
            if count > MAX_INSTRUCTIONS:
                raise self.damaged(f"more than {MAX_INSTRUCTIONS} instructions")
            if opcode.name == "STOP":
                break
            step = _STEPS.get(opcode.name)
            if step is None:
                raise UnsafeFileError(
                    f"{self.source}: its pickle uses the instruction {opcode.name}, which builds"
                    " foreign objects; only tensors, numbers, text and containers are allowed"
                )
            step(self, argument)
        if len(self.stack) != 1 or self.marks:
            raise self.damaged("it does not end with one value")
        return self.stack[0]

    def damaged(self, why: str) -> WeightsError:
        """The error for a malformed pickle."""
        return WeightsError(f"{self.source}: its pickle is damaged: {why}")

    def refused(self, what: str) -> UnsafeFileError:
        """The error for a pickle that contains more than data."""
        allowed = ", ".join(sorted(self.allowed))
        return UnsafeFileError(f"{self.source}: its pickle {what}; allowed names are: {allowed}")

    def pop(self) -> object:
        """Pop the top value, but not below the last mark."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise self.damaged("a value is missing")
        return self.stack.pop()

    def top(self) -> object:
        """The top value, left on the stack."""
        value = self.pop()
        self.stack.append(value)
        return value

    def pop_to_mark(self) -> list[object]:
        """Pop everything above the last mark, and the mark."""
        if not self.marks:
            raise self.damaged("a mark is missing")
        start = self.marks.pop()
        taken = self.stack[start:]
        del self.stack[start:]
        return taken

    def named(self, name: str) -> Global:
        """The value for an allowed name."""
        if name not in self.allowed:
            raise self.refused(f"names {'.'.join(name.split(' ', 1))!r}")
        return Global(name)


def _push(machine: _Machine, argument: object) -> None:
    machine.stack.append(argument)


def _constant(make: Callable[[], object]) -> Callable[[_Machine, object], None]:
    def step(machine: _Machine, _argument: object) -> None:
        machine.stack.append(make())

    return step


def _nothing(machine: _Machine, argument: object) -> None:
    """Ignore PROTO and FRAME, which do not affect the value."""


def _mark(machine: _Machine, _argument: object) -> None:
    machine.marks.append(len(machine.stack))


def _pop_one(machine: _Machine, _argument: object) -> None:
    machine.pop()


def _pop_marked(machine: _Machine, _argument: object) -> None:
    machine.pop_to_mark()


def _duplicate(machine: _Machine, _argument: object) -> None:
    machine.stack.append(machine.top())


def _tuple_of(count: int) -> Callable[[_Machine, object], None]:
    def step(machine: _Machine, _argument: object) -> None:
        taken = [machine.pop() for _ in range(count)]
        machine.stack.append(tuple(reversed(taken)))

    return step


def _from_marked(make: Callable[[list[object]], object]) -> Callable[[_Machine, object], None]:
    def step(machine: _Machine, _argument: object) -> None:
        machine.stack.append(make(machine.pop_to_mark()))

    return step


def _set_items(machine: _Machine, pairs: list[object]) -> None:
    target = machine.top()
    if not isinstance(target, dict) or len(pairs) % 2:
        raise machine.damaged("items are set on something that is not a dictionary")
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        target[plain_key(key)] = value


def _dict_of_marked(machine: _Machine, _argument: object) -> None:
    pairs = machine.pop_to_mark()
    machine.stack.append({})
    _set_items(machine, pairs)


def _set_item(machine: _Machine, _argument: object) -> None:
    value, key = machine.pop(), machine.pop()
    _set_items(machine, [key, value])


def _set_marked(machine: _Machine, _argument: object) -> None:
    _set_items(machine, machine.pop_to_mark())


def _extend(machine: _Machine, values: list[object]) -> None:
    target = machine.top()
    if not isinstance(target, list):
        raise machine.damaged("values are appended to something that is not a list")
    target.extend(values)


def _append(machine: _Machine, _argument: object) -> None:
    _extend(machine, [machine.pop()])


def _append_marked(machine: _Machine, _argument: object) -> None:
    _extend(machine, machine.pop_to_mark())


def _get(machine: _Machine, argument: object) -> None:
    if not isinstance(argument, int) or argument not in machine.memo:
        raise machine.damaged("it refers to a value that it never stored")
    machine.stack.append(machine.memo[argument])


def _put(machine: _Machine, argument: object) -> None:
    if not isinstance(argument, int):
        raise machine.damaged("a value is stored without a number")
    machine.memo[argument] = machine.top()


def _memoize(machine: _Machine, _argument: object) -> None:
    machine.memo[len(machine.memo)] = machine.top()


def _name(machine: _Machine, argument: object) -> None:
    machine.stack.append(machine.named(str(argument)))


def _stack_name(machine: _Machine, _argument: object) -> None:
    name, module = machine.pop(), machine.pop()
    if not (isinstance(name, str) and isinstance(module, str)):
        raise machine.damaged("a name is not text")
    machine.stack.append(machine.named(f"{module} {name}"))


def _persistent(machine: _Machine, _argument: object) -> None:
    machine.stack.append(machine.persistent(machine.pop()))


def _reduce(machine: _Machine, _argument: object) -> None:
    arguments, function = machine.pop(), machine.pop()
    call = machine.calls.get(function.name) if isinstance(function, Global) else None
    if call is None:
        named = function.name if isinstance(function, Global) else type(function).__name__
        raise machine.refused(f"calls {named!r}")
    if not isinstance(arguments, tuple):
        raise machine.damaged("a call has no argument list")
    machine.stack.append(call(arguments))


def _new_object(machine: _Machine, _argument: object) -> None:
    arguments, cls = machine.pop(), machine.pop()
    if not isinstance(cls, Global) or cls.name not in machine.classes:
        named = cls.name if isinstance(cls, Global) else type(cls).__name__
        raise machine.refused(f"makes an object of {named!r}")
    if arguments != ():
        raise machine.refused(f"passes arguments to {cls.name!r}")
    machine.stack.append(Record())


def _build(machine: _Machine, _argument: object) -> None:
    state, target = machine.pop(), machine.top()
    if isinstance(target, Record) and isinstance(state, dict):
        target.fields.update(state)
    elif isinstance(target, dict) and isinstance(state, dict):
        pass  # a state dict's own attributes (_metadata): not part of its items
    elif isinstance(target, NumberType):
        target.set_state(state)
    else:
        raise machine.refused(f"sets the state of a {type(target).__name__}")


_PUSHED = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING"
    " UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8"
)
_STEPS: dict[str, Callable[[_Machine, object], None]] = {
    **dict.fromkeys(_PUSHED.split(), _push),
    **dict.fromkeys(("PROTO", "FRAME"), _nothing),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    "MEMOIZE": _memoize,
    "NONE": _constant(lambda: None),
    "NEWTRUE": _constant(lambda: True),
    "NEWFALSE": _constant(lambda: False),
    "EMPTY_LIST": _constant(list),
    "EMPTY_DICT": _constant(dict),
    "EMPTY_TUPLE": _constant(tuple),
    "EMPTY_SET": _constant(list),  # keeps the order; uniqueness does not matter in a configuration
    "MARK": _mark,
    "POP": _pop_one,
    "POP_MARK": _pop_marked,
    "DUP": _duplicate,
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "TUPLE": _from_marked(tuple),
    "LIST": _from_marked(list),
    "FROZENSET": _from_marked(list),
    "DICT": _dict_of_marked,
    "SETITEM": _set_item,
    "SETITEMS": _set_marked,
    "APPEND": _append,
    "APPENDS": _append_marked,
    "ADDITEMS": _append_marked,
    "GLOBAL": _name,
    "STACK_GLOBAL": _stack_name,
    "BINPERSID": _persistent,
    "REDUCE": _reduce,
    "NEWOBJ": _new_object,
    "BUILD": _build,
}
