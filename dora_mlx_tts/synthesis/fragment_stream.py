"""`FragmentStream`: the reader's end of a text, and the boundary that only typed errors cross."""

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
"""A fragment; for a text that is still being written also None, if there is nothing to do yet."""

Untyped: TypeAlias = type[PackError | SynthesisError]


@contextmanager
def typed_errors(doing: str, untyped: Untyped = SynthesisError) -> Iterator[None]:
    """Turn errors of MLX, NumPy and other libraries into errors of this package, keeping the cause.

    Args:
        doing: the operation, for the message.
        untyped: error type for exceptions whose origin is unclear.

    Raises:
        BackendError: MLX failed, or memory ran out.
        TtsError: raised inside, or `untyped`.
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
    """The fragments of one text as they are synthesized; closing it ends synthesis.

    Attributes:
        voice: the voice's name.
        is_primed: whether the next fragment has been started.

    Args:
        fragments: the generator of fragments.
        clock: measures the synthesis time.
        voice: the voice's name.
        pace: plans the windows; None if the fragments already exist.
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
            TtsError: the text cannot be spoken; no other errors are raised.
        """
        found = self._next()
        while isinstance(found, Asked):
            found = self._next()
        return found

    def prime(self, until: Asked = Asked.SOUND) -> None:
        """Work towards the next fragment up to this kind of request, so that it can be batched with others.

        If synthesis has no such stopping point, the fragment is made now. Errors are raised by `__next__`.
        """
        while not self.is_primed or (until is Asked.SOUND and self._primed is Asked.READING):
            try:
                self._primed = self._advance()
            except StopIteration:
                self._primed, self.is_primed = None, False
                return  # and stays so
            except TtsError as error:
                self._primed = error
            self.is_primed = True

    def _next(self) -> Piece | Asked:
        if self.is_primed:
            primed, self._primed, self.is_primed = self._primed, None, False
            if isinstance(primed, TtsError):
                raise primed
            return primed  # type: ignore[return-value]  # None is a piece for growing texts
        return self._advance()

    def _advance(self) -> Piece | Asked:
        with typed_errors("synthesis"), self._clock.on(Work.SOUND):
            for fragment in self._fragments:
                return fragment
        raise StopIteration

    def follow(self, ahead_s: Callable[[], float | None], sharing: Callable[[], int]) -> None:
        """Plan windows so that the player does not run dry; arguments are those of `Pace.follow`."""
        if self._pace is not None:
            self._pace.follow(ahead_s, sharing)

    @property
    def work_s(self) -> Mapping[str, float]:
        """Seconds spent so far by kind of work (`Work`), without waiting for the reader."""
        return self._clock.seconds()

    def close(self) -> None:
        """End synthesis; has no effect on a stream that has ended."""
        close = getattr(self._fragments, "close", None)
        if callable(close):
            close()
