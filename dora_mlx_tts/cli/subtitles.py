"""Subtitles from the times of words: SubRip and WebVTT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dora_mlx_tts.synthesis.records import Fragment, WordTiming

_LONGEST: Final = 42  # characters of a line that people can read at once
_LEAST_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle.

    Attributes:
        start_s: when it appears.
        end_s: when it goes.
        text: what it shows.
        words: start and first character in `text` of each of its words.
    """

    start_s: float
    end_s: float
    text: str
    words: tuple[tuple[float, int], ...] = ()


def cues_of(fragments: Sequence[Fragment]) -> list[Cue]:
    """Subtitles of a whole text: by its words, or by its sentences where words have no times."""
    found: list[Cue] = []
    for sentence in _sentences(fragments):
        words = [word for fragment in sentence for word in fragment.words]
        start, last = sentence[0].start_s, sentence[-1]
        if words:
            found += _by_words(sentence[0].text, words)
        else:
            found.append(Cue(start, last.start_s + last.duration_s, sentence[0].text))
    return found


def srt(cues: Iterable[Cue]) -> str:
    """SubRip."""
    return "".join(
        f"{number}\n{_time(cue.start_s, ',')} --> {_time(cue.end_s, ',')}\n{cue.text}\n\n"
        for number, cue in enumerate(cues, 1)
    )


def vtt(cues: Iterable[Cue]) -> str:
    """WebVTT, each word behind its time."""
    blocks = [
        f"{_time(cue.start_s, '.')} --> {_time(cue.end_s, '.')}\n{_timed(cue)}\n" for cue in cues
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _sentences(fragments: Sequence[Fragment]) -> Iterator[list[Fragment]]:
    group: list[Fragment] = []
    for fragment in fragments:
        if group and fragment.sentence_index != group[-1].sentence_index:
            yield group
            group = []
        group.append(fragment)
    if group:
        yield group


def _by_words(text: str, words: Sequence[WordTiming]) -> Iterator[Cue]:
    """Runs of words that fit a line; marks belong to the word before them."""
    ends = [word.start for word in words[1:]] + [len(text)]
    first = 0
    for number in range(len(words)):
        begin = words[first].start if first else 0
        full = number + 1 < len(words) and ends[number + 1] - begin > _LONGEST
        if not full and number + 1 < len(words):
            continue
        run = words[first : number + 1]
        shown = text[begin : ends[number]].rstrip()
        places = tuple((word.start_s, max(0, word.start - begin)) for word in run)
        yield Cue(run[0].start_s, max(run[-1].end_s, run[0].start_s + _LEAST_S), shown, places)
        first = number + 1


def _timed(cue: Cue) -> str:
    text, end = "", len(cue.text)
    for start_s, place in reversed(cue.words[1:]):
        text = f"<{_time(start_s, '.')}>{_escaped(cue.text[place:end])}{text}"
        end = place
    return _escaped(cue.text[:end]) + text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(seconds: float, mark: str) -> str:
    millis = max(0, round(seconds * 1000))
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{millis // 1000:02}{mark}{millis % 1000:03}"
