"""A stand-in for the mofa audio player: plays in real time into a file, without a sound card.

Inputs: `audio` as dora-primespeech sends it (one list of float32 per message) or flat; `control`, where
    `cancel` or `reset` (like `flush: true` on audio) discards everything not played yet. Outputs:
    `audio_complete` when a message has been played, `buffer_status` in percent of BUFFER seconds, and `played`,
    the seconds of a text that were heard. The player exits when it has played a message whose session_status is
    "ended", or everything once `control` is closed: in a cycle of nodes, one has to exit first.
Environment: OUT, the sound file; SPEEDUP makes time pass faster.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from dora import Node

STEP_S = 0.05
SILENCING = {"cancel", "reset"}


@dataclass
class Message:
    """Audio with its start of playback."""

    samples: np.ndarray
    metadata: dict[str, Any]
    begins: float
    ends: float

    def played(self, now: float) -> float:
        """The share of it that has been played."""
        return min(max((now - self.begins) / max(self.ends - self.begins, 1e-9), 0.0), 1.0)

    def report(self, now: float, *, stopped: bool = False) -> tuple[float, dict[str, Any]]:
        """Seconds of its text that have been played, and the text's number."""
        seconds = len(self.samples) / self.metadata["sample_rate"] * self.played(now)
        ids = {k: self.metadata[k] for k in ("session_id", "text_index") if k in self.metadata}
        position = self.metadata.get("start_s", 0.0) + seconds
        return position, {**ids, **({"stopped": True} if stopped else {})}


class Player:
    """Messages to play, and those already played."""

    def __init__(self, speedup: float, buffer_s: float) -> None:
        self.queue: deque[Message] = deque()
        self.played: list[np.ndarray] = []
        self.rate = 0
        self._speedup = speedup
        self._buffer_s = buffer_s
        self._end = 0.0
        self._cut = -1  # texts up to this number are cut

    def take(self, value: pa.Array, metadata: dict[str, Any]) -> None:
        """Queue one message, unless its text was cut."""
        if metadata.get("text_index", self._cut + 1) <= self._cut:
            return
        flat = value.flatten() if pa.types.is_list(value.type) else value
        samples = flat.to_numpy(zero_copy_only=False).astype(np.float32)
        self.rate = metadata["sample_rate"]
        begins = max(time.monotonic(), self._end)
        self._end = begins + len(samples) / self.rate / self._speedup
        self.queue.append(Message(samples, metadata, begins, self._end))

    def finished(self) -> list[Message]:
        """The messages that have been played since the last call."""
        done = []
        while self.queue and self.queue[0].ends <= time.monotonic():
            done.append(self.queue.popleft())
            self.played.append(done[-1].samples)
        return done

    def cut(self) -> tuple[float, dict[str, Any]] | None:
        """Discard everything not played; return how far the current text had been played."""
        now = self._end = time.monotonic()
        waiting = list(self.queue)
        self.queue.clear()
        if not waiting:
            return None
        self._cut = max(message.metadata.get("text_index", -1) for message in waiting)
        heard = int(len(waiting[0].samples) * waiting[0].played(now))
        self.played.append(waiting[0].samples[:heard])
        return waiting[0].report(now, stopped=True)

    def position(self) -> tuple[float, dict[str, Any]] | None:
        """How far the current text has been played."""
        return self.queue[0].report(time.monotonic()) if self.queue else None

    @property
    def fill(self) -> float:
        """Percent of the buffer that is full."""
        left = max(0.0, self._end - time.monotonic()) * self._speedup
        return min(100.0, 100.0 * left / self._buffer_s)


class Reporter:
    """Sends the player's reports."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._wanted = set(node.node_config().get("outputs", ()))

    def played(self, report: tuple[float, dict[str, Any]] | None) -> None:
        """Report how far a text was heard."""
        if report is not None and "played" in self._wanted:
            self._node.send_output("played", pa.array([report[0]]), report[1])

    def finished(self, message: Message, fill: float) -> None:
        """Report that a message was played."""
        metadata = message.metadata
        ids = {k: metadata[k] for k in ("question_id", "session_status") if k in metadata}
        if "audio_complete" in self._wanted:
            self._node.send_output("audio_complete", pa.array(["received"]), ids)
        if "buffer_status" in self._wanted:
            self._node.send_output("buffer_status", pa.array([fill]))


def receive(player: Player, event: dict[str, Any]) -> tuple[float, dict[str, Any]] | None:
    """Handle one message; if it cuts a text, return how far that was heard."""
    if event["id"] == "control":
        word = str(event["value"][0].as_py()).partition(":")[0].strip().lower()
        return player.cut() if word in SILENCING else None
    cut = player.cut() if event["metadata"].get("flush") else None
    player.take(event["value"], event["metadata"])
    return cut


def main() -> int:
    """Play until the stream is closed and everything is played; return the exit code."""
    file = Path(os.environ.get("OUT", "out/player.wav")).resolve()
    player = Player(float(os.environ.get("SPEEDUP", "1")), float(os.environ.get("BUFFER", "10")))
    node, is_open, is_last, reported = Node(), True, False, 0.0
    reporter = Reporter(node)
    while is_open or player.queue:
        event = node.next(timeout=STEP_S) if is_open else None
        if event is None:
            is_open = False
            time.sleep(0 if not player.queue else STEP_S)
        elif event["type"] == "INPUT":
            reporter.played(receive(player, event))
        elif event["type"] == "INPUT_CLOSED":
            is_last = is_last or event["id"] == "control"
        elif event["type"] == "ERROR" and is_last:  # nothing arrived for a while
            is_open = bool(player.queue)
        for message in player.finished():
            reporter.played(message.report(message.ends))
            reporter.finished(message, player.fill)
            is_open = is_open and message.metadata.get("session_status") != "ended"
        if time.monotonic() - reported >= STEP_S:
            reported = time.monotonic()
            reporter.played(player.position())
    file.parent.mkdir(parents=True, exist_ok=True)
    if player.rate:
        soundfile.write(file, np.concatenate(player.played), player.rate)
    print(f"played: {file} ({len(player.played)} messages)", flush=True)
    return 0 if player.rate else 1


if __name__ == "__main__":
    sys.exit(main())
