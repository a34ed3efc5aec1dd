"""A cache of spoken texts: their fragments, up to a number of bytes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.records import Asked, Fragment
from dora_mlx_tts.text.spoken import SpokenSentence

_OVERHEAD = 500
"""Approximate bytes of a fragment besides its samples and words."""
_WORD = 200


@dataclass(frozen=True, slots=True)
class PhraseStats:
    """Content of the cache, and how often it was hit."""

    hits: int
    misses: int
    kept: int
    mib: float


class PhraseCache:
    """Fragments of whole texts by what they were made from; the least recently used text is dropped first.

    Args:
        limit: maximum size in bytes; 0 turns the cache off.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._phrases: OrderedDict[bytes, tuple[Fragment, ...]] = OrderedDict()
        self._size = self._hits = self._misses = 0

    @property
    def is_on(self) -> bool:
        """Whether anything is kept."""
        return self._limit > 0

    def find(self, key: bytes) -> tuple[Fragment, ...] | None:
        """The fragments of a text, if cached."""
        found = self._phrases.get(key)
        if found is not None:
            self._phrases.move_to_end(key)
            self._hits += 1
        return found

    def recorded(
        self, key: bytes, fragments: Iterator[Fragment | Asked]
    ) -> Iterator[Fragment | Asked]:
        """Pass fragments on; once the last one was taken, all of them are cached."""
        self._misses += 1
        copies: list[Fragment] = []
        size = 0
        try:
            for fragment in fragments:
                if isinstance(fragment, Asked):
                    yield fragment
                    continue
                size += _size(fragment)
                if size <= self._limit:
                    copies.append(_copy(fragment))
                yield fragment
        finally:
            close = getattr(fragments, "close", None)
            if callable(close):
                close()
        if copies and size <= self._limit and copies[-1].is_final:
            self._keep(key, tuple(copies), size)

    def _keep(self, key: bytes, fragments: tuple[Fragment, ...], size: int) -> None:
        for older in self._phrases.pop(key, ()):
            self._size -= _size(older)
        self._phrases[key] = fragments
        self._size += size
        while self._size > self._limit:
            _, oldest = self._phrases.popitem(last=False)
            self._size -= sum(map(_size, oldest))

    def stats(self) -> PhraseStats:
        """The current figures."""
        return PhraseStats(self._hits, self._misses, len(self._phrases), self._size / 2**20)


def phrase_key(
    ready: ReadyVoice, settings: SpeechSettings, script: Sequence[SpokenSentence]
) -> bytes:
    """A key of everything that a text's samples depend on; an unset seed is a value like any other."""
    parts = (ready.fingerprint, settings.model_dump_json(), repr(tuple(script)))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def replayed(fragments: Sequence[Fragment], token: CancelToken) -> Iterator[Fragment]:
    """Copies of cached fragments, whose samples the reader may change, until the text is cancelled."""
    return map(_copy, takewhile(lambda _: not token.cancelled, fragments))


def _copy(fragment: Fragment) -> Fragment:
    return replace(fragment, samples=fragment.samples.copy())


def _size(fragment: Fragment) -> int:
    return fragment.samples.nbytes + _OVERHEAD + _WORD * len(fragment.words)
