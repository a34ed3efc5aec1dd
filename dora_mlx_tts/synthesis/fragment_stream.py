"""`FragmentStream`: the reader's end of a text, and the border that only typed errors pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeAlias, TypeVar

from dora_mlx_tts.errors import BackendError, PackError, SynthesisError, TtsError
from dora_mlx_tts.runtime.cancel import Cancelled
from dora_mlx_tts.synthesis.pace import Pace
from dora_mlx_tts.synthesis.records import Asked, Fragment
from dora_mlx_tts.synthesis.work_clock import Work, WorkClock

Piece = TypeVar("Piece", bound=Fragment | None)
"""A fragment; of a text that is still being written also None, where there is nothing to do yet."""

Untyped: TypeAlias = type[PackError | SynthesisError]


@contextmanager
def typed_errors(doing: str, untyped: Untyped = SynthesisError) -> Iterator[None]:
    """Turn what MLX, NumPy and other libraries raise into errors of this package; the cause stays.

    Args:
        doing: what is done inside, for the message.
        untyped: for errors that tell nothing about where they come from.

    Raises:
        BackendError: MLX or the memory failed.
        TtsError: one that was raised inside, or `untyped`.
    """
    try:
        yield
    except (TtsError, Cancelled):
        raise
    except (RuntimeError, MemoryError) as error:  # MLX has no errors of its own
        raise BackendError(f"{doing} failed on this device: {_named(error)}") from error
    except Exception as error:
        raise untyped(f"{doing} failed: {_named(error)}") from error


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class FragmentStream(Iterator[Piece], Generic[Piece]):
    """The fragments of one text as they are made; closing it ends synthesis.

    Attributes:
        voice: the name of who speaks.
        is_primed: whether the next fragment was begun.

    Args:
        fragments: a generator of them.
        clock: what their making takes.
        voice: the name of who speaks.
        pace: plans its windows; None where they are made already.
    """

    def __init__(
        self,
        fragments: Iterator[Piece | Asked],
        clock: WorkClock,
        voice: str,
        pace: Pace | None = None,
    ) -> None:
        self.voice = voice
        self._pace = pace
        self._fragments = fragments
        self._clock = clock
        self._primed: Asked | Piece | TtsError | None = None
        self.is_primed = False

    def __iter__(self) -> FragmentStream[Piece]:
        return self

    def __next__(self) -> Piece:
        """The next fragment.

        Raises:
            StopIteration: there is none, or the text was cancelled.
            TtsError: the text cannot be spoken; nothing else is raised.
        """
        found = self._next()
        while isinstance(found, Asked):
            found = self._next()
        return found

    def prime(self, until: Asked = Asked.SOUND) -> None:
        """Work until that is asked for on the way to the next fragment, so that others' is done with it.

        Where synthesis knows no such place the fragment is made now. Errors wait for `__next__`.
        """
        while not self.is_primed or (until is Asked.SOUND and self._primed is Asked.READING):
            try:
                self._primed = self._advance()
            except StopIteration:
                self._primed, self.is_primed = None, False
                return  # and will be so again
            except TtsError as error:
                self._primed = error
            self.is_primed = True

    def _next(self) -> Piece | Asked:
        if self.is_primed:
            primed, self._primed, self.is_primed = self._primed, None, False
            if isinstance(primed, TtsError):
                raise primed
            return primed  # type: ignore[return-value]  # None is a piece where texts grow
        return self._advance()

    def _advance(self) -> Piece | Asked:
        with typed_errors("synthesis"), self._clock.on(Work.SOUND):
            for fragment in self._fragments:
                return fragment
        raise StopIteration

    def follow(self, ahead_s: Callable[[], float | None], sharing: Callable[[], int]) -> None:
        """Let windows be planned for a player that must not run dry; arguments are those of `Pace.follow`."""
        if self._pace is not None:
            self._pace.follow(ahead_s, sharing)

    @property
    def work_s(self) -> Mapping[str, float]:
        """Seconds spent so far by kind of work (`Work`), without waiting for the reader."""
        return self._clock.seconds()

    def close(self) -> None:
        """End synthesis; a stream that has ended stays so."""
        close = getattr(self._fragments, "close", None)
        if callable(close):
            close()
