"""Cancelled texts that can be resumed: which ones, for how long, and what remains of each."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from dora_mlx_tts.node.turns.kept_audio import KeptAudio, Start
from dora_mlx_tts.node.turns.remains import remains
from dora_mlx_tts.node.turns.sent_audio import CLOSING
from dora_mlx_tts.node.turns.targets import Target
from dora_mlx_tts.node.turns.text_stream import StreamRules
from dora_mlx_tts.node.turns.utterance import Utterance
from dora_mlx_tts.text.punctuation import is_east_asian
from dora_mlx_tts.text.sentences.pieces import spoken_text

_TEXTS: Final = 64
"""Maximum number of answered texts kept."""
_LONGEST_S: Final = 300.0
"""Maximum seconds of their audio."""


class Resumption:
    """Keeps the audio of texts while it may still be heard, and of cut texts a while longer.

    Args:
        window_s: seconds after a cut during which a text can be resumed; 0 keeps nothing.
    """

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self._answered: deque[Utterance] = deque()

    def begin(self, utterance: Utterance) -> None:
        """Begin to keep a text's audio."""
        utterance.kept = KeptAudio() if self.window_s else None

    def keep(self, utterance: Utterance) -> None:
        """Keep a text that was cut."""
        utterance.is_kept = self.window_s > 0

    def answered(self, utterance: Utterance, now: float) -> None:
        """Note that a text got its reply; it may still be heard, or be resumed."""
        if self.window_s and (utterance.is_kept or not utterance.cancelled):
            self._answered.append(utterance)
        self._forget(now)
        for newest in reversed(self._answered):  # older texts are heard first
            if sum(one.kept.length_s for one in self._answered if one.kept) <= _LONGEST_S:
                break
            newest.kept = None

    def _forget(self, now: float) -> None:
        for utterance in list(self._answered):
            cut_s = utterance.token.cancelled_s
            is_over = now - cut_s > self.window_s if cut_s else not self._is_heard(utterance, now)
            if is_over or len(self._answered) > _TEXTS:
                self._answered.remove(utterance)
                utterance.kept, utterance.is_kept = None, False

    @staticmethod
    def _is_heard(utterance: Utterance, now: float) -> bool:
        playback, sent_s = utterance.playback, utterance.audio.sent_s
        return playback.position(utterance.index, now).seconds < sent_s or playback.ahead_s(now) > 0

    def cut(self, target: Target, reason: str, now: float) -> int:
        """Keep answered texts that are still being heard; returns how many."""
        self._forget(now)
        chosen = [u for u in self._answered if not u.token.cancelled_s and target(u.request)]
        for utterance in chosen:
            utterance.token.cancel(reason, at_s=now)
            self.keep(utterance)
        return len(chosen)

    def sounding(self, target: Target, open_texts: set[Utterance], now: float) -> Utterance | None:
        """The text now being heard, if it matches ``target``."""
        self._forget(now)
        texts = sorted({*self._answered, *open_texts}, key=lambda u: u.index)
        for utterance in texts:
            if utterance.token.cancelled_s or not utterance.fragments:
                continue
            place = utterance.playback.position(utterance.index, now)
            if place.seconds < utterance.audio.sent_s and target(utterance.request):
                return utterance
        return None

    def take(self, target: Target, open_texts: set[Utterance], now: float) -> list[Utterance]:
        """Take the texts to resume, in order; each can be taken once."""
        self._forget(now)
        chosen = [u for u in {*self._answered, *open_texts} if u.is_kept and target(u.request)]
        for utterance in chosen:
            utterance.is_kept = False
            if utterance in self._answered:
                self._answered.remove(utterance)
        return sorted(chosen, key=lambda u: u.index)


def resumed(old: Utterance, start: Start, rules: StreamRules) -> Utterance:
    """A new text with the ids of a cut one, which speaks the part that was not heard.

    Audio that exists is played again from the cut; only the rest needs the engine.
    """
    echo = {**old.request.echo, "resumes": old.index}
    request = replace(old.request, echo=echo, flush=False, prepare=False)
    new = Utterance(request, -1, playback=old.playback)
    source = "".join(old.source)
    new.source = [source]
    place = old.position.seconds
    if not place and old.kept is None:
        new.parts.append(source)
        return new
    replay, made = None, _before_last_word(old.audio.heard(place))
    if old.kept is not None and old.kept.covers(place):
        replay, made = old.kept.after(place, start)
    left = remains(rules.whole(source), made)
    new.is_raw = False
    if replay is not None:
        new.parts.append(replay)
    if left:
        new.parts.append(spoken_text(" ".join(one.text for one in left), left))
    new.source = [
        *(f.text + " " for f in (replay.fragments if replay else ())),
        *(one.text + " " for one in left),
    ]
    return new


def _before_last_word(text: str) -> str:
    """The text without its last word, the one being said."""
    text = text.rstrip(CLOSING)
    return text[:-1] if is_east_asian(text[-1:] or " ") else text[: text.rfind(" ") + 1]
