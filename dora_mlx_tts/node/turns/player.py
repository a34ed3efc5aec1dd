"""What a conversation's player reports to have played, and estimates for when it reports nothing.

Reports may come late, twice or out of order, and may stop. Positions within a text only grow, so a smaller one
identifies an older report. The listener thread delivers reports while the speaking thread asks for positions,
so each player has its own lock.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, NamedTuple

from dora_mlx_tts.messages import must_be
from dora_mlx_tts.node.protocol.messages import Played
from dora_mlx_tts.node.turns.playback import PlaybackClock
from dora_mlx_tts.node.turns.sent_audio import SentAudio

FRESH_S: Final = 1.0
"""Seconds after its last report during which a player counts as reporting."""
SURE_S: Final = 0.2
"""Uncertainty in seconds up to which a position counts as reported: half of it is less than a word."""
_TEXTS: Final = 256
"""Maximum number of texts remembered."""
_REPORTS: Final = 64
"""Maximum number of reports remembered per text."""
_TOLERANCE_S: Final = 0.25
_RESTART_S: Final = 5.0
"""A total that falls by more than this, in seconds, comes from a restarted player."""


class Position(NamedTuple):
    """How far a text has been played.

    Attributes:
        seconds: seconds of its audio.
        is_reported: whether the player reported it, shortly before or after.
    """

    seconds: float
    is_reported: bool


class _Report(NamedTuple):
    position_s: float
    at_s: float


class _Track:
    """The reports on one text, in the order of its audio."""

    def __init__(self, audio: SentAudio) -> None:
        self.audio = audio
        self.reports: deque[_Report] = deque(maxlen=_REPORTS)
        self.stopped = False
        self.is_cut = False

    @property
    def position_s(self) -> float:
        """The last reported position."""
        return self.reports[-1].position_s if self.reports else 0.0

    @property
    def rest_s(self) -> float:
        """Seconds of sent audio still to be played, as far as reports tell."""
        return 0.0 if self.stopped or self.is_cut else self.unplayed_s

    @property
    def unplayed_s(self) -> float:
        """Seconds of sent audio not reported as played, even if it never will be."""
        return max(0.0, self.audio.sent_s - self.position_s)

    def add(self, position_s: float, at_s: float, *, stopped: bool) -> None:
        """Add a report unless a later one is known."""
        self.stopped = self.stopped or stopped
        last = self.reports[-1] if self.reports else None
        if last is None or (position_s >= last.position_s and at_s >= last.at_s):
            self.reports.append(_Report(position_s, at_s))
        elif position_s > last.position_s:
            self.reports[-1] = _Report(position_s, last.at_s)

    def at(self, now: float) -> Position | None:
        """The position at a time; None if no report determines it.

        No player is faster than real time, so a report before that time and one after it bound the position.
        """
        if self.stopped:
            return Position(self.position_s, is_reported=True)
        before = next((report for report in reversed(self.reports) if report.at_s <= now), None)
        after = next((report for report in self.reports if report.at_s > now), None)
        if before is None:
            return None if after is None else Position(after.position_s, is_reported=True)
        low = before.position_s
        high = min(low + now - before.at_s, self.audio.sent_s)
        if after is not None:
            high = min(high, after.position_s)
            low = min(max(low, after.position_s - (after.at_s - now)), high)
        if high - low > SURE_S:
            return Position(high, is_reported=False)
        return Position((low + high) / 2, is_reported=True)


class Player(PlaybackClock):
    """A conversation's player: the estimate, corrected by what it reports."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(now)
        self._lock = threading.RLock()
        self._tracks: OrderedDict[int, _Track] = OrderedDict()
        self._total_s = 0.0

    def begin(self, text_index: int, audio: SentAudio) -> None:
        """Begin a text whose first audio is about to be sent; a report on it may come at any moment."""
        with self._lock:
            if text_index in self._tracks:
                return
            self._tracks[text_index] = _Track(audio)
            if len(self._tracks) > _TEXTS:
                self._tracks.popitem(last=False)

    def knows(self, text_index: int) -> bool:
        """Whether audio of a text was sent to it, as far back as it remembers."""
        with self._lock:
            return text_index in self._tracks

    def report(self, played: Played) -> str:
        """Add a report; returns what is wrong with it, or an empty string."""
        with self._lock:
            if played.text_index is None:
                wrong = self._report_total(played)
                self._correct(played.at_s)
                return wrong
            track = self._tracks.get(played.text_index)
            was_over = track is not None and (track.stopped or track.is_cut)
            wrong = self._report_text(played, track, played.text_index)
            if not was_over:  # reports on a discarded text delay nothing
                self._correct(played.at_s)
            return wrong

    def _report_text(self, played: Played, track: _Track | None, index: int) -> str:
        if track is None:
            is_old = bool(self._tracks) and index < next(reversed(self._tracks))
            return "" if is_old else f"played: no audio of text {index} was sent in this session"
        if played.position_s > track.audio.sent_s + _TOLERANCE_S:
            return _beyond(track.audio.sent_s, played.position_s)
        place = min(played.position_s, track.audio.sent_s)
        track.add(place, played.at_s, stopped=played.stopped)
        return ""

    def _report_total(self, played: Played) -> str:
        """Add a total of the session: its increase belongs to the oldest text still being heard."""
        if played.position_s < self._total_s - _RESTART_S:
            self._total_s = 0.0
        left = played.position_s - self._total_s
        if left < 0:
            return ""
        tracks = self._heard_next()
        unplayed = sum(track.unplayed_s for track in tracks)
        if left > unplayed + _TOLERANCE_S:
            return _beyond(self._total_s + unplayed, played.position_s)
        self._total_s = played.position_s
        for track in tracks:
            share = min(left, track.unplayed_s)
            left -= share
            if share or played.stopped:
                track.add(
                    track.position_s + share, played.at_s, stopped=played.stopped and not left
                )
            if left <= 0:
                break
        return ""

    def _heard_next(self) -> list[_Track]:
        """Texts that a total may include, oldest first: a cut text only while nothing was sent after it."""
        tracks = list(self._tracks.values())
        last_cut = max((n for n, track in enumerate(tracks) if track.is_cut), default=-1)
        later = [track for track in tracks[last_cut + 1 :] if not track.stopped]
        return later or [track for track in tracks[-1:] if not track.stopped]

    def reset(self, now: float) -> None:
        """Whatever was still to play is thrown away."""
        with self._lock:
            super().reset(now)
            for track in self._tracks.values():
                track.is_cut = track.is_cut or track.rest_s > 0

    def _correct(self, at_s: float) -> None:
        """Move the end of playback to when the rest will have played."""
        rests = 0.0
        for track in reversed(self._tracks.values()):
            rests += track.rest_s
            if track.reports:
                self._end_s = at_s + rests
                return

    def position(self, text_index: int, now: float) -> Position:
        """How far a text had been played at a given time."""
        with self._lock:
            track = self._tracks.get(text_index)
            if track is None:
                return Position(0.0, is_reported=False)
            place = track.at(now)
            if place is not None:
                return place
            estimate = track.audio.estimate(now)
            rest = 0.0
            for index in reversed([index for index in self._tracks if index < text_index]):
                older = self._tracks[index]
                rest += older.rest_s
                if older.reports:
                    age = now - older.reports[-1].at_s
                    begun = min(max(0.0, age - rest), estimate)
                    if 0 <= age <= FRESH_S and begun <= SURE_S:
                        return Position(begun / 2, is_reported=True)
                    break
            return Position(estimate, is_reported=False)

    def will_tell(self, text_index: int, cut_s: float, now: float) -> bool:
        """Whether a report that says where a text was cut may still come."""
        with self._lock:
            track = self._tracks.get(text_index)
            newest = max(
                (t.reports[-1].at_s for t in self._tracks.values() if t.reports), default=None
            )
            if track is None or newest is None or now - newest > FRESH_S:
                return False
            return not track.stopped and not any(report.at_s > cut_s for report in track.reports)


def _beyond(sent_s: float, position_s: float) -> str:
    wanted = f"at most the {sent_s:.3f} s that were sent"
    return must_be("played position", wanted, round(position_s, 3))
