"""Who speaks next, what is cancelled, and that every text gets exactly one terminal reply.

Two threads meet here: one hears (``submit``, ``cancel``, ``close``, ``stop``), one speaks (``take``,
``settle``). A text is *open* from ``submit`` to ``settle``; cancelling marks it and never removes it, so the
speaking side answers every text in order. A sentence assembler for streamed tokens belongs in front of
``submit``: it turns pieces into utterances and leaves everything below as it is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Protocol

from dora_mlx_tts.messages import Command, TextRequest

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.records import Fragment

DEFAULT_QUEUE_LIMIT: Final = 1000

Selection = Callable[[TextRequest], bool]
"""Which texts a cancellation is aimed at."""


class SpeechEngine(Protocol):
    """Turns a text into fragments; closing the iterator cancels, too."""

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        cancelled: Callable[[], bool] = ...,
        **settings: Any,  # noqa: ANN401  names and values are the engine's business
    ) -> Iterator[Fragment]:
        """Fragments of ``text`` in order, the last one marked final; raises TtsError subclasses.

        ``cancelled`` is asked all the time while speaking; once it says True the stream ends.
        """
        ...


@dataclass(eq=False, slots=True)
class Utterance:
    """One text on its way from the queue to its terminal reply.

    Attributes:
        request: The text and what its sender said about it.
        index: Running number of the text in this node; on all its outputs.
        cancelled_by: The command that cancelled it, empty while it is wanted.
        fragments: Audio messages sent so far, the next one's ``seq``.
    """

    request: TextRequest
    index: int
    cancelled_by: str = ""
    fragments: int = 0
    _spoken: dict[int, str] = field(default_factory=dict)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for silence; looked at before every fragment."""
        return bool(self.cancelled_by)

    @property
    def session(self) -> str:
        """The conversation that this text belongs to; texts without an id share one."""
        return self.request.id("session_id") or ""

    def spoke(self, fragment: Fragment) -> None:
        """Remember that this fragment has left."""
        self.fragments += 1
        self._spoken[int(fragment.sentence_index)] = str(fragment.text)

    @property
    def spoken_text(self) -> str:
        """The sentences of which audio has left, the last of them perhaps in part."""
        return " ".join(text for _, text in sorted(self._spoken.items()) if text)


class Conversation:
    """The queue of texts with its limit, its turns and its cancellations.

    Texts of one session are spoken in the order of arrival; sessions take turns, text by text.
    """

    def __init__(self, queue_limit: int = DEFAULT_QUEUE_LIMIT) -> None:
        self.queue_limit = queue_limit
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, deque[Utterance]] = OrderedDict()
        self._open: set[Utterance] = set()
        self._speaking: Utterance | None = None
        self._depth = 0
        self._numbers = count()
        self._closed = False
        self._stopped = False

    # ------------------------------------------------------------------------------- hearing side

    def next_index(self) -> int:
        """The running number for a text that is answered without being queued."""
        with self._changed:
            return next(self._numbers)

    def submit(self, request: TextRequest) -> Utterance | None:
        """Queue a text; None where the queue is full, and then the caller refuses it.

        A ``flush`` first silences everything older of the same session.
        """
        with self._changed:
            if request.flush:
                self._mark(
                    lambda other: other.id("session_id") == request.id("session_id"), "flush"
                )
            if self._depth >= self.queue_limit:
                return None
            utterance = Utterance(request, next(self._numbers))
            if self._stopped:
                utterance.cancelled_by = "stop"
            self._depth += not utterance.cancelled
            self._open.add(utterance)
            self._waiting.setdefault(utterance.session, deque()).append(utterance)
            self._changed.notify_all()
            return utterance

    def cancel(self, selection: Selection, reason: str) -> int:
        """Silence the texts of ``selection``, the one being spoken included; how many they were."""
        with self._changed:
            return self._mark(selection, reason)

    def close(self) -> None:
        """No more texts will come; ``take`` hands out what is queued and then ends."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Silence everything and end; every open text is still handed out to be answered."""
        with self._changed:
            self._mark(lambda _: True, "stop")
            self._stopped = True
            self._closed = True
            self._changed.notify_all()

    def _mark(self, selection: Selection, reason: str) -> int:
        chosen = [u for u in self._open if not u.cancelled and selection(u.request)]
        for utterance in chosen:
            utterance.cancelled_by = reason
            self._depth -= utterance is not self._speaking
        return len(chosen)

    # ------------------------------------------------------------------------------ speaking side

    def take(self) -> Utterance | None:
        """The next text, cancelled ones included; waits for one. None once closed and empty."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if not self._waiting:
                return None
            session, texts = next(iter(self._waiting.items()))
            utterance = texts.popleft()
            if texts:
                self._waiting.move_to_end(session)
            else:
                del self._waiting[session]
            self._depth -= not utterance.cancelled
            self._speaking = utterance
            return utterance

    def settle(self, utterance: Utterance) -> bool:
        """Claim the terminal reply of a text: True exactly once."""
        with self._changed:
            if utterance not in self._open:
                return False
            self._open.remove(utterance)
            if self._speaking is utterance:
                self._speaking = None
            return True

    # -------------------------------------------------------------------------------------- watch

    @property
    def depth(self) -> int:
        """Texts that wait and are still wanted; this is what the limit counts."""
        with self._changed:
            return self._depth

    @property
    def open_texts(self) -> int:
        """Texts without a terminal reply yet."""
        with self._changed:
            return len(self._open)


def cancel_selection(command: Command) -> Selection:
    """Texts that match every id of the command; without ids, all."""
    keys = ("session_id", "question_id", "segment_id", "request_id", "goal_id")
    wanted = {key: command.id(key) for key in keys if command.id(key) is not None}
    return lambda text: all(text.id(key) == value for key, value in wanted.items())


def reset_selection(command: Command) -> Selection:
    """The ecosystem's smart reset: ``question_id`` names the turn that *stays*; without one, all go.

    A ``session_id`` limits it to that session.
    """
    session, question = command.id("session_id"), command.id("question_id")

    def selected(text: TextRequest) -> bool:
        if session is not None and text.id("session_id") != session:
            return False
        return question is None or text.id("question_id") != question

    return selected


SELECTIONS: Final = {"cancel": cancel_selection, "reset": reset_selection}
"""Commands that silence, and what each is aimed at."""
