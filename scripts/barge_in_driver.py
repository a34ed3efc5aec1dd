"""The driver node of `barge_ins.py`: talks in several conversations, plays, interrupts, lets go on; dora starts it."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from dora import Node

TEXTS = (
    "The ferry to the island leaves from the second pier. It takes forty minutes when the sea is calm.",
    "Please put the blue folder on my desk, and leave the window open. I will be back after lunch.",
    "Our garden has two old apple trees, and every autumn we make juice. The children love to help.",
)
STEP_S = 0.02
REPORTS_S = (0.03, 0.12)
CUTS_S = (0.2, 7.0)
FADE_S = 0.012
PATIENCE_S = 120.0


@dataclass
class Text:
    """What came of one text, and how far it was played.

    Attributes:
        samples: of its fragments, in order.
        words: where each begins in its audio, and the word.
    """

    samples: list[np.ndarray] = field(default_factory=list)
    words: list[tuple[float, str]] = field(default_factory=list)
    rate: int = 0
    position_s: float = 0.0
    played_at: float = 0.0

    def play(self, now: float) -> None:
        """Go on in real time, as far as there is sound."""
        if self.samples:
            self.position_s = min(self.position_s + now - self.played_at, self.length_s)
        self.played_at = now

    @property
    def length_s(self) -> float:
        """What was sent."""
        return sum(map(len, self.samples)) / self.rate if self.rate else 0.0

    def audio(self) -> np.ndarray:
        """All of it."""
        return np.concatenate(self.samples) if self.samples else np.zeros(0, np.float32)


@dataclass
class Result:
    """One barge-in.

    Attributes:
        heard: words that had begun when it was cut.
        told: words of `spoken_text`.
        known: words whose times had left when it was cut; those of the last fragment may be missing.
        how: `reported` or `estimated`.
        once: whether every word was heard once, the cut one again.
        equal: whether what was played again is the sound that was made before; None where nothing was.
        said: the text.
        sound: the file with what was heard, the cut word from its beginning; empty where nothing was resumed.
        fault: what else was wrong.
    """

    said: str = ""
    sound: str = ""
    heard: int = 0
    told: int = 0
    known: int = 0
    how: str = ""
    once: bool = False
    equal: bool | None = None
    fault: str = ""


class Conversation:
    """Says a text, interrupts it, lets it go on, again and again."""

    def __init__(self, name: str, node: Node, rng: random.Random, barge_ins: int) -> None:
        self._node, self._rng, self._name = node, rng, name
        self._left = barge_ins
        self.results: list[Result] = []
        self.inbox: list[tuple[str, Any, dict[str, Any]]] = []
        self.texts: dict[int, Text] = {}
        self._steps = self._talk()
        self.is_over = False
        self._next_report = 0.0
        self._playing: int | None = None
        self._cut: int | None = None  # what still comes of it is thrown away

    def tick(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        text = self.texts.get(self._playing) if self._playing is not None else None
        if text is not None:
            text.play(now)
            if now >= self._next_report and text.samples:
                self._report(text, stopped=False)
                self._next_report = now + self._rng.uniform(*REPORTS_S)
        self.is_over = self.is_over or next(self._steps, "over") == "over"

    def take(self, port: str, value: Any, metadata: dict[str, Any]) -> None:  # noqa: ANN401  Arrow
        """A message of the node."""
        index = metadata.get("text_index")
        if port == "audio":
            text = self.texts.setdefault(index, Text())
            text.rate = metadata["sample_rate"]
            if not text.samples:
                text.played_at = time.monotonic()
            text.samples.append(value.to_numpy(zero_copy_only=False).astype(np.float32))
            if self._playing is None and index != self._cut:
                self._playing = index
        elif port == "words":
            text = self.texts.setdefault(index, Text())
            text.words += list(zip(metadata["starts_s"], value.to_pylist(), strict=True))
        self.inbox.append((port, value, metadata))

    def _report(self, text: Text, *, stopped: bool) -> None:
        ids = {"session_id": self._name, "text_index": self._playing}
        metadata = {**ids, **({"stopped": True} if stopped else {})}
        self._node.send_output("played", pa.array([text.position_s]), metadata)

    def _talk(self) -> Iterator[str]:
        while self._left:
            self._left -= 1
            result = Result()
            self.results.append(result)
            try:
                yield from self._one(result)
            except TimeoutError as error:
                result.fault = str(error)
            self._playing = None

    def _one(self, result: Result) -> Iterator[str]:
        self.inbox.clear()
        self.texts.clear()
        question = f"{self._name}-{self._left}"
        ids = {"session_id": self._name, "question_id": question}
        result.said = said = self._rng.choice(TEXTS)
        self._node.send_output("text", pa.array([said]), ids)
        yield from self._until("its first sound", lambda: self._playing is not None)
        index = self._playing if self._playing is not None else -1
        first = self.texts[index]
        cut_s = time.monotonic() + self._rng.uniform(*CUTS_S)
        while time.monotonic() < cut_s and not (
            self._has("segment_complete") and self._is_played(first)
        ):
            yield "waits"
        command = json.dumps({"command": "cancel", "keep": True, "question_id": question})
        self._node.send_output("control", pa.array([command]), {"session_id": self._name})
        self._report(first, stopped=True)
        self._playing, self._cut = None, index
        position_s = first.position_s
        yield from self._until("the acknowledgement", lambda: self._has("status", "cancelled"))
        answer = self._told(index)
        if answer is None:  # the reply comes once the player has had its say
            yield from self._until("the reply", lambda: self._told(index) is not None)
            answer = self._told(index) or {}
        result.heard = sum(start < position_s for start, _ in first.words)
        result.told, result.how = len(answer["spoken_text"].split()), answer["heard"]
        result.known = len(first.words)
        if result.heard == result.known:  # only the node knows how many of the next were begun
            result.heard = max(result.heard, result.told)
        is_whole = first.position_s >= first.length_s - 0.05
        if is_whole and self._has("segment_complete", "completed"):
            result.once = True  # heard to its end
            return
        yield from self._go_on(result, said, first, question)

    def _go_on(self, result: Result, said: str, first: Text, question: str) -> Iterator[str]:
        before = len(self.inbox)
        command = json.dumps({"command": "resume", "question_id": question})
        self._node.send_output("control", pa.array([command]), {"session_id": self._name})

        def resumed() -> dict[str, Any] | None:
            replies = [m for port, _, m in self.inbox[before:] if port == "segment_complete"]
            return next((m for m in replies if "resumes" in m), None)

        yield from self._until("the reply to what was resumed", lambda: resumed() is not None)
        reply = resumed() or {}
        yield from self._until("the last of its sound", lambda: self._is_all_here(reply))
        rest = self.texts.get(reply["text_index"], Text())
        words = said.split()
        begun = len(words) - len(rest.words)
        joined = [word for _, word in first.words[:begun]] + [word for _, word in rest.words]
        plain = [word.strip(".,").lower() for word in joined]
        result.once = (
            plain == [word.strip(".,").lower() for word in words]
            and abs(begun - max(result.heard - 1, 0)) <= 1
        )
        result.equal = _is_replayed(first, rest, begun)
        if os.environ.get("SOUND"):
            result.sound = f"{question}.wav"
            start = round(first.words[begun][0] * first.rate) if begun < len(first.words) else None
            heard = np.concatenate([first.audio()[:start], rest.audio()])
            soundfile.write(Path(os.environ["SOUND"]) / result.sound, heard, first.rate)

    def _is_all_here(self, reply: dict[str, Any]) -> bool:
        if not reply["fragments"]:  # it was cut in the silence behind its last word
            return True
        text = self.texts.get(reply["text_index"], Text())
        return len(text.samples) >= reply["fragments"] and bool(text.words)

    def _is_played(self, text: Text) -> bool:
        return text.position_s >= text.length_s

    def _told(self, index: int) -> dict[str, Any] | None:
        """What was said to be heard: by the reply, or by the answer to the cancel where the reply came before."""
        for port, value, metadata in self.inbox:
            is_reply = port == "segment_complete" and metadata["text_index"] == index
            if is_reply and value[0].as_py() == "cancelled":
                return metadata
        if not self._has("segment_complete", "completed"):
            return None
        answers = [
            m for port, v, m in self.inbox if port == "status" and v[0].as_py() == "cancelled"
        ]
        return next(
            (m for m in answers if m.get("text_index") == index),
            {"spoken_text": "", "heard": "gone"},
        )

    def _has(self, port: str, word: str = "") -> bool:
        return any(at == port and word in {"", str(v[0].as_py())} for at, v, _ in self.inbox)

    def _until(self, what: str, is_there: Callable[[], bool]) -> Iterator[str]:
        end = time.monotonic() + PATIENCE_S
        while not is_there():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come; came: {self._came()}")
            yield "waits"

    def _came(self) -> list[str]:
        """Replies and states of this barge-in, for whoever looks for a fault."""
        told = ("text_index", "resumes", "error_type", "error", "spoken_text", "fragments", "code")
        return [
            f"{port} {value[0].as_py()} { {key: one[key] for key in told if key in one} }"
            for port, value, one in self.inbox
            if port in {"segment_complete", "status"}
        ]


def _is_replayed(first: Text, rest: Text, begun: int) -> bool | None:
    """Whether the sound from the cut word on is the one that was made, behind the fade."""
    if begun >= len(first.words):
        return None
    rate, fade = first.rate, round(FADE_S * first.rate)
    start = round(first.words[begun][0] * rate) if begun else 0
    old, new = first.audio()[start:], rest.audio()
    last = (
        first.words[-1][0] - first.words[begun][0]
    )  # up to where the last word that was made begins
    length = min(len(old), len(new), round(last * rate)) - fade
    if length <= fade:
        return None
    for shift in (0, -1, 1):
        a, b = old[fade + max(shift, 0) :][:length], new[fade + max(-shift, 0) :][:length]
        size = min(len(a), len(b))
        if np.array_equal(a[:size], b[:size]):
            return True
    return False


def main() -> int:
    """Run the conversations; what was found goes to OUT."""
    node = Node()
    count, runs = int(os.environ["CONVERSATIONS"]), int(os.environ["RUNS"])
    seed = int(os.environ["FIRST_SEED"])
    talks = {}
    for number in range(count):
        rng = random.Random(1000 * seed + number)  # noqa: S311  no secret
        talks[f"c{number}"] = Conversation(f"c{number}", node, rng, runs)
    while not all(talk.is_over for talk in talks.values()):
        event = node.next(timeout=STEP_S)
        while event is not None and event["type"] == "INPUT":
            metadata = event["metadata"]
            talk = talks.get(str(metadata.get("session_id")))
            if talk is not None:
                talk.take(event["id"], event["value"], metadata)
            event = node.next(timeout=0.001)
        if event is not None and event["type"] == "STOP":
            break
        for talk in talks.values():
            if not talk.is_over:
                talk.tick()
    results = [asdict(result) for talk in talks.values() for result in talk.results]
    Path(os.environ["OUT"]).write_text(json.dumps(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
