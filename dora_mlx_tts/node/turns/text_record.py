"""The facts that decide which text a piece belongs to: ids, numbers, and when the last piece came.

Kept for a while after the text is over, because its sender learns of that late and may repeat itself.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from typing import Final, Literal

from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.turns.numbers import SeenNumbers
from dora_mlx_tts.node.turns.utterance import Utterance

Relation = Literal["same", "differs", "unknown"]
Verdict = Literal["late", "repeated"]

_KEYS: Final = ("question_id", "segment_id")
"""Ids that separate texts."""
_NAMES: Final = ("request_id", "goal_id")
"""Ids that may differ between pieces of one text; each one seen identifies it."""
_VAGUE: Final = frozenset({"", "default"})
"""Meaningless ids: mofa's nodes give the same one to all questions without an id."""
_FIRST_NUMBERS: Final = frozenset({0, 1})
_MANY: Final = 64


class TextRecord:
    """One text, as known from its pieces.

    Attributes:
        utterance: the text.
        numbers: the sequence numbers of its pieces.
        has_fin: whether its pieces mark the last one.
        is_whole: whether the last piece has come.
        last_s: when the last piece came, or when waiting for `fin` ended.
    """

    def __init__(self, utterance: Utterance, now: float) -> None:
        self.utterance = utterance
        self.numbers = SeenNumbers()
        self.has_fin = False
        self.is_whole = False
        self.last_s = now
        self._ids: dict[str, str] = {}
        self._names: dict[tuple[str, str], None] = {}
        self._first: int | None = None
        self._prints: OrderedDict[int, int] = (
            OrderedDict()
        )  # of the first number and the newest ones
        self._pieces = 0

    def add(self, request: TextRequest, now: float) -> None:
        """Add a piece."""
        self.last_s = now
        self.has_fin = self.has_fin or request.has_fin
        self.is_whole = self.is_whole or request.fin or request.ended
        self._pieces += 1
        for key in _KEYS:
            value = request.id(key)
            if value is not None:
                self._ids.setdefault(key, value)
        for key in _NAMES:
            value = request.id(key)
            if value and len(self._names) < _MANY:
                self._names[key, value] = None
        if request.seq is not None:
            self._number(request.seq, _print(request))

    def _number(self, seq: int, fingerprint: int) -> None:
        if self._first is None:
            self._first = seq
        self.numbers.add(seq)
        self._prints[seq] = fingerprint
        if len(self._prints) > _MANY:
            del self._prints[next(seq for seq in self._prints if seq != self._first)]

    # ----------------------------------------------------------------------------- what a piece is

    def relation(self, request: TextRequest) -> Relation:
        """What the ids say: the same text, another text, or nothing."""
        found: Relation = "unknown"
        for key in _KEYS:
            mine, other = self._ids.get(key), request.id(key)
            if mine is None or other is None:
                continue
            if mine != other:
                return "differs"
            if mine not in _VAGUE:
                found = "same"
        return found

    def is_named(self, request: TextRequest) -> bool:
        """Whether a piece carries the request_id or goal_id of this text."""
        return any((key, request.id(key)) in self._names for key in _NAMES)

    def is_next(self, request: TextRequest) -> bool:
        """Whether a piece is numbered right after the last one."""
        return bool(self.numbers) and request.seq == self.numbers.highest + 1

    def is_repeated(self, request: TextRequest) -> bool:
        """Whether a piece with this number and text came before, as far back as remembered."""
        seq = request.seq
        return seq is not None and self._prints.get(seq) == _print(request)

    def contradicts(self, request: TextRequest) -> bool:
        """Whether a piece has the number of an earlier one but a different text."""
        known = self._prints.get(request.seq) if request.seq is not None else None
        return bool(request.text) and known is not None and known != _print(request)

    def verdict(
        self, request: TextRequest, now: float, *, idle_s: float, timeout_s: float
    ) -> Verdict | None:
        """Classify a piece that arrives after this text is over; None if it belongs to a new text.

        Args:
            request: the piece.
            now: current time on the session's clock.
            idle_s: seconds without a piece after which one without ids or numbers begins a new text.
            timeout_s: seconds after which any piece does.
        """
        relation, age = self.relation(request), now - self.last_s
        is_same, is_soon = relation == "same" or self.is_named(request), age < idle_s
        if relation == "differs" or age >= timeout_s:
            return None
        if self._repeats(request, is_same=is_same, is_soon=is_soon):
            return "repeated"
        belongs = is_same and (self.lacks_fin or self._was_left_out(request))
        if not (self.utterance.is_silenced or belongs):
            return None
        if relation != "same" and self._is_renamed(request):
            return None
        if request.seq is None or not self.numbers:
            return self._without_numbers(request, is_same=is_same, is_soon=is_soon)
        return self._by_number(request, request.seq, is_same=is_same, is_soon=is_soon)

    def _repeats(self, request: TextRequest, *, is_same: bool, is_soon: bool) -> bool:
        """Whether a piece is a repeat; a first number may begin a new text with the same word, so it needs more."""
        if not self.is_repeated(request) or self._has_other_names(request):
            return False
        is_first = request.seq == self._first and request.seq in _FIRST_NUMBERS
        return not is_first or is_same or (is_soon and (self._pieces == 1 or self._is_awaited))

    def _has_other_names(self, request: TextRequest) -> bool:
        """Whether a piece has a request_id or goal_id, and this text had only different ones."""
        keys = {key for key, _ in self._names}
        return any(
            key in keys and request.id(key) and (key, request.id(key)) not in self._names
            for key in _NAMES
        )

    @property
    def lacks_fin(self) -> bool:
        """Whether the sender marks the last piece, and it has not come."""
        return self.has_fin and not self.is_whole

    def _was_left_out(self, request: TextRequest) -> bool:
        """Whether a piece fills a gap in the numbers of this text."""
        seq, first = request.seq, self._first
        if seq is None or first is None or seq in self.numbers:
            return False
        return first < seq < self.numbers.highest

    @property
    def _is_awaited(self) -> bool:
        """Whether pieces of this cancelled text may still come."""
        return self.utterance.is_silenced and not self.is_whole

    def _is_renamed(self, request: TextRequest) -> bool:
        """Whether a piece has a request_id that no piece of this text had."""
        mine = [value for key, value in self._names if key == "request_id"]
        other = request.id("request_id")
        settled = self._pieces > 1 or request.seq is None
        return bool(other) and len(mine) == 1 and other != mine[0] and settled

    def _without_numbers(
        self, request: TextRequest, *, is_same: bool, is_soon: bool
    ) -> Verdict | None:
        if self.is_whole or request.flush or request.seq in _FIRST_NUMBERS:
            return None
        return "late" if is_same or is_soon else None

    def _by_number(
        self, request: TextRequest, seq: int, *, is_same: bool, is_soon: bool
    ) -> Verdict | None:
        """Classify by number: continuing numbers are late, and so are earlier gaps if the ids agree."""
        if seq > self.numbers.highest:
            if self.is_whole or (request.flush and not is_same):
                return None
            return "late" if is_same or is_soon or self.has_fin else None
        if not is_same or seq == self._first:
            return None
        return "repeated" if seq in self.numbers else "late"


def _print(request: TextRequest) -> int:
    """A fingerprint of a piece's text."""
    return zlib.crc32(request.text.encode("utf-8", "surrogatepass"))
