"""Stands in for the mofa audio player: plays in real time into a file, without a sound card.

Inputs: `audio` as dora-primespeech sends it (one list of float32 a message) or flat. Outputs:
`audio_complete` for each message when it is played, `buffer_status` in percent of BUFFER seconds. The
player leaves when it has played a message whose session_status is "ended": in a circle of nodes somebody
has to be the first.
Environment: OUT, the sound file; SPEEDUP makes time pass faster.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from dora import Node

STEP_S = 0.05


class Player:
    """Messages that are to be played, and what was."""

    def __init__(self, speedup: float, buffer_s: float) -> None:
        self.queue: deque[tuple[float, dict[str, Any]]] = deque()  # when it ends, metadata
        self.played: list[np.ndarray] = []
        self.rate = 0
        self._speedup = speedup
        self._buffer_s = buffer_s
        self._end = 0.0

    def take(self, value: pa.Array, metadata: dict[str, Any]) -> None:
        """Queue one message."""
        flat = value.flatten() if pa.types.is_list(value.type) else value
        samples = flat.to_numpy(zero_copy_only=False).astype(np.float32)
        self.rate = metadata["sample_rate"]
        self.played.append(samples)
        seconds = len(samples) / self.rate / self._speedup
        self._end = max(time.monotonic(), self._end) + seconds
        self.queue.append((self._end, metadata))

    def finished(self) -> list[dict[str, Any]]:
        """Metadata of the messages that have been played since the last call."""
        done = []
        while self.queue and self.queue[0][0] <= time.monotonic():
            done.append(self.queue.popleft()[1])
        return done

    @property
    def fill(self) -> float:
        """Percent of the buffer that is full."""
        left = max(0.0, self._end - time.monotonic()) * self._speedup
        return min(100.0, 100.0 * left / self._buffer_s)


def main() -> int:
    """Play until the stream is closed and everything is played; the exit code."""
    file = Path(os.environ.get("OUT", "out/player.wav")).resolve()
    player = Player(float(os.environ.get("SPEEDUP", "1")), float(os.environ.get("BUFFER", "10")))
    node, is_open = Node(), True
    while is_open or player.queue:
        event = node.next(timeout=STEP_S) if is_open else None
        if event is None:
            is_open = False
            time.sleep(0 if not player.queue else STEP_S)
        elif event["type"] == "INPUT":
            player.take(event["value"], event["metadata"])
        for metadata in player.finished():
            ids = {k: metadata[k] for k in ("question_id", "session_status") if k in metadata}
            node.send_output("audio_complete", pa.array(["received"]), ids)
            node.send_output("buffer_status", pa.array([player.fill]))
            is_open = is_open and metadata.get("session_status") != "ended"
    file.parent.mkdir(parents=True, exist_ok=True)
    if player.rate:
        soundfile.write(file, np.concatenate(player.played), player.rate)
    print(f"played: {file} ({len(player.played)} messages)", flush=True)
    return 0 if player.rate else 1


if __name__ == "__main__":
    sys.exit(main())
