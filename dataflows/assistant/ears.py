"""Finds speech in microphone audio: Silero's detector, one state per browser.

Environment: TURN_MS, the silence that ends a turn (700); BARGE_IN_MS, the speech that begins one (200).

`activity` sends `speech` as soon as somebody speaks and `gone` when a browser leaves; `speech` sends whole
utterances, int16 at 16 kHz.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import faster_whisper
import numpy as np
import onnxruntime
import pyarrow as pa
from dora import Node
from numpy.typing import NDArray

RATE = 16_000
FRAME = 512  # samples per detection, 32 ms
CONTEXT = 64  # preceding samples that the detector sees again
SPEECH, SILENCE = 0.5, 0.35
LONGEST_S = 30
BEFORE = 10  # frames kept from before the first speech frame


class Detector:
    """The probability of speech, frame by frame."""

    def __init__(self) -> None:
        file = next((Path(faster_whisper.__file__).parent / "assets").glob("silero_vad*.onnx"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(file), options)

    def judge(self, memory: Memory, frame: NDArray[np.float32]) -> float:
        """The probability that this frame is speech, given those before it."""
        seen = np.concatenate([memory.context, frame])[None]
        found, memory.h, memory.c = self._session.run(
            None, {"input": seen, "h": memory.h, "c": memory.c}
        )
        memory.context = frame[-CONTEXT:]
        return float(np.ravel(found)[-1])


@dataclass
class Memory:
    """The detector's state for one browser."""

    h: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1, 128), np.float32))
    c: NDArray[np.float32] = field(default_factory=lambda: np.zeros((1, 1, 128), np.float32))
    context: NDArray[np.float32] = field(default_factory=lambda: np.zeros(CONTEXT, np.float32))


class Turn:
    """Turns frames and their probabilities into `speech` events and whole utterances.

    Args:
        turn_ms: silence that ends an utterance.
        barge_in_ms: speech that begins one; less is a click or a cough.
    """

    def __init__(self, turn_ms: float, barge_in_ms: float) -> None:
        self._most_silent = turn_ms / 1000 * RATE / FRAME
        self._least_spoken = barge_in_ms / 1000 * RATE / FRAME
        self._frames: deque[NDArray[np.int16]] = deque()
        self._spoken = self._silent = 0
        self.is_speaking = False
        self.spoken_ms = 0.0  # speech in the last utterance

    def take(self, frame: NDArray[np.int16], probability: float) -> NDArray[np.int16] | None:
        """The utterance that ended with this frame, if one did."""
        self._frames.append(frame)
        if probability >= SPEECH:
            self._spoken, self._silent = self._spoken + 1, 0
        elif probability < SILENCE:
            self._silent += 1
        self.is_speaking = self.is_speaking or self._spoken >= self._least_spoken
        if not self.is_speaking:
            if self._silent > BEFORE:
                self._spoken = 0
            while len(self._frames) > BEFORE + self._spoken + self._silent:
                self._frames.popleft()
            while not self._spoken and len(self._frames) > BEFORE:
                self._frames.popleft()
            return None
        if self._silent < self._most_silent and len(self._frames) * FRAME < LONGEST_S * RATE:
            return None
        utterance = np.concatenate(self._frames)
        self._frames.clear()
        self.spoken_ms = self._spoken * FRAME / RATE * 1000
        self._spoken = self._silent = 0
        self.is_speaking = False
        return utterance


class Ear:
    """The state of one browser."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.turn = Turn(
            float(os.environ.get("TURN_MS", "700")), float(os.environ.get("BARGE_IN_MS", "200"))
        )
        self.rest = np.zeros(0, np.int16)
        self.turns = 0
        self.last_speech_s = 0.0


def main() -> int:
    """Listen until the browser node ends."""
    node, detector = Node(), Detector()
    ears: dict[str, Ear] = {}
    while (event := node.next()) is not None and event["type"] != "STOP":
        if event["type"] != "INPUT":
            continue
        session = event["metadata"]["session_id"]
        if event["metadata"].get("gone"):
            ears.pop(session, None)
            node.send_output("activity", pa.array(["gone"]), {"session_id": session})
            continue
        hear(node, detector, ears.setdefault(session, Ear()), session, event["value"].to_numpy())
    return 0


def hear(
    node: Node, detector: Detector, ear: Ear, session: str, samples: NDArray[np.int16]
) -> None:
    """Run the detector on new audio and send what it finds."""
    waiting = np.concatenate([ear.rest, samples])
    count = len(waiting) // FRAME * FRAME
    ear.rest = waiting[count:]
    for frame in waiting[:count].reshape(-1, FRAME):
        probability = detector.judge(ear.memory, frame.astype(np.float32) / 32768)
        if probability >= SPEECH:
            ear.last_speech_s = time.time()
        was_speaking = ear.turn.is_speaking
        utterance = ear.turn.take(frame, probability)
        metadata = {"session_id": session, "question_id": ear.turns + 1}
        if ear.turn.is_speaking and not was_speaking:
            node.send_output("activity", pa.array(["speech"]), {**metadata, "at_s": time.time()})
        if utterance is not None:
            ear.turns += 1
            found = {"ended_s": ear.last_speech_s, "heard_s": time.time()}
            found["spoken_ms"] = ear.turn.spoken_ms
            node.send_output("activity", pa.array(["silence"]), metadata)
            node.send_output("speech", pa.array(utterance), {**metadata, **found})


if __name__ == "__main__":
    sys.exit(main())
