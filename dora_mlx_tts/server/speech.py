"""The speech of one request, for code that runs in an event loop."""

from __future__ import annotations

import asyncio
from typing import Self

from dora_mlx_tts.errors import EmptyTextError, TextError
from dora_mlx_tts.node.turns.text_stream import StreamRules
from dora_mlx_tts.server.speech_queue import SpeechQueue
from dora_mlx_tts.server.tickets import Ended, Manner, Update
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.text.sentences.scanner import Sentence, SentenceScanner


class SpeechStream:
    """Takes text, whole or in pieces, and yields fragments; must be read to the end or cancelled.

    Args:
        queue: speaks the request.
        rules: how to split texts.
        manner: how to speak it.

    Raises:
        BusyError: too many requests are being served.
        StoppedError: the engine is not running.
    """

    def __init__(self, queue: SpeechQueue, rules: StreamRules, manner: Manner) -> None:
        self._queue = queue
        self._rules = rules
        self._scanner = SentenceScanner(rules.scanner)
        self._updates: asyncio.Queue[Update] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._ticket = queue.submit(manner, self._deliver)

    def speak(self, text: str) -> None:
        """Speak a whole text; nothing else follows.

        Raises:
            TextError: the speech markup is malformed and must be refused, or there is nothing to pronounce.
        """
        try:
            parts = self._rules.parts(text)
            if not any(part.sentences for part in parts):
                raise EmptyTextError("the text holds nothing that can be pronounced")
        except TextError:
            self.cancel("refused")
            raise
        self._queue.add(self._ticket, parts, is_last=True)

    def feed(self, text: str) -> None:
        """Add a piece of a text as it is written; complete sentences are spoken at once."""
        self._add(self._scanner.feed(text))
        if len(self._scanner.open_text) > self._rules.limit:
            self._add(self._scanner.break_off())

    def close(self) -> None:
        """End the text."""
        self._add(self._scanner.flush(), is_last=True)

    def cancel(self, reason: str) -> None:
        """Cancel the rest."""
        self._queue.cancel(self._ticket, reason)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Fragment:
        update = await self._updates.get()
        if isinstance(update, Ended):
            if update.error is not None:
                raise update.error
            raise StopAsyncIteration
        self._queue.taken(self._ticket, update.duration_s)
        return update

    def _add(self, sentences: list[Sentence], *, is_last: bool = False) -> None:
        parts = [
            turn
            for sentence in sentences
            for turn in self._rules.turns(self._rules.part(sentence))
            if getattr(turn, "sentences", True)
        ]
        self._queue.add(self._ticket, parts, is_last=is_last)

    def _deliver(self, update: Update) -> None:
        self._loop.call_soon_threadsafe(self._updates.put_nowait, update)
