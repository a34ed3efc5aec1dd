"""Records what a voice says into one sound file and prints how fast it was.

Environment: OUT, the file to write; a JSON file with the figures is written next to it. The node checks its
    input: flat float32 with ``sample_rate``, no missing fragments, exactly one terminal reply per text. It
        continues after STOP, which dora delivers before the messages still in the queue. The exit code is 1 if
        anything was wrong.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from dora import Node


@dataclass
class Text:
    """The record of one text."""

    text: str = ""
    sent_at: float = 0.0
    pieces: dict[int, np.ndarray] = field(default_factory=dict)
    first_at: float = 0.0
    replies: list[dict[str, Any]] = field(default_factory=list)


class Recording:
    """Collects texts, fragments and replies, by ``request_id``."""

    def __init__(self) -> None:
        self.texts: dict[str, Text] = {}
        self.errors: list[str] = []
        self.sample_rate = 0

    def hear(self, event: dict[str, Any]) -> None:
        """Handle one input."""
        metadata, value = event["metadata"], event["value"]
        text = self.texts.setdefault(str(metadata.get("request_id")), Text())
        if event["id"] == "text":
            text.text += value[0].as_py()  # for a streamed text this is one piece
            text.sent_at = text.sent_at or metadata["sent_at"]
        elif event["id"] == "segment_complete":
            text.replies.append({**metadata, "value": value.to_pylist()})
        elif event["id"] == "audio":
            self._audio(text, value, metadata)

    def _audio(self, text: Text, value: pa.Array, metadata: dict[str, Any]) -> None:
        rate = metadata.get("sample_rate")
        if value.type != pa.float32() or type(rate) is not int or rate <= 0:
            self.errors.append(f"audio is {value.type} with sample_rate {rate!r}")
            return
        if self.sample_rate not in {0, rate}:
            self.errors.append(f"audio of {rate} Hz after {self.sample_rate} Hz")
            return
        self.sample_rate = rate
        text.first_at = text.first_at or time.time()
        if metadata["seq"] in text.pieces:
            self.errors.append(f"{metadata.get('request_id')}: fragment {metadata['seq']} twice")
        text.pieces[metadata["seq"]] = value.to_numpy()

    def check(self) -> None:
        """Check that every text has one reply, and as much audio as the reply says."""
        if not self.texts:
            self.errors.append("no text was seen")
        for key, text in self.texts.items():
            if not text.sent_at:
                self.errors.append(f"{key}: the text itself was not seen")
            if len(text.replies) != 1:
                self.errors.append(f"{key}: {len(text.replies)} terminal replies instead of 1")
                continue
            reply = text.replies[0]
            if reply["value"] != ["completed"]:
                self.errors.append(f"{key}: {reply['value']}: {reply['error']}")
            if sorted(text.pieces) != list(range(reply["fragments"])):
                self.errors.append(f"{key}: {len(text.pieces)} of {reply['fragments']} fragments")

    def samples(self) -> np.ndarray:
        """The audio of all texts in the order they were sent, [n]."""
        texts = sorted(self.texts.values(), key=lambda text: text.sent_at)
        pieces = [text.pieces[seq] for text in texts for seq in sorted(text.pieces)]
        return np.concatenate([np.zeros(0, np.float32), *pieces])

    def figures(self, file: Path) -> dict[str, Any]:
        """The record as plain values."""
        rows = []
        for text in sorted(self.texts.values(), key=lambda text: text.sent_at):
            reply = text.replies[0] if text.replies else {}
            rows.append(
                {
                    "text": text.text,
                    "outcome": reply.get("value", [""])[0],
                    "first_audio_ms": round(1e3 * (text.first_at - text.sent_at), 1)
                    if text.first_at and text.sent_at
                    else None,
                    **{key: reply.get(key) for key in ("ttfb_ms", "rtf", "audio_s", "fragments")},
                }
            )
        seconds = len(self.samples()) / self.sample_rate if self.sample_rate else 0.0
        return {
            "file": str(file),
            "sample_rate": self.sample_rate,
            "audio_s": round(seconds, 3),
            "texts": rows,
            "errors": self.errors,
        }


def main() -> int:
    """Record until the stream is closed, then write and print; return the exit code."""
    file = Path(os.environ.get("OUT", "out/hello.wav")).resolve()
    node = Node()
    recording = Recording()
    stopped_by_hand = False
    while (event := node.next()) is not None:
        if event["type"] == "INPUT":
            recording.hear(event)
        elif event["type"] == "STOP":
            stopped_by_hand = event["id"] == "MANUAL"
    if not stopped_by_hand:
        recording.check()
    file.parent.mkdir(parents=True, exist_ok=True)
    if recording.sample_rate:
        soundfile.write(file, recording.samples(), recording.sample_rate)
    figures = recording.figures(file)
    report = json.dumps(figures, ensure_ascii=False, indent=2)
    file.with_suffix(".json").write_text(report + "\n", encoding="utf-8")
    show(figures)
    return 1 if recording.errors else 0


def show(figures: dict[str, Any]) -> None:
    """Print what was said, the latency, the speed, and where the file is."""
    for row in figures["texts"]:
        print(f"{row['outcome']}: {row['text']}")
        if row["first_audio_ms"] is not None and row["rtf"] is not None:
            print(
                f"  first fragment after {row['first_audio_ms']:.0f} ms, "
                f"{row['audio_s']:.2f} s of speech at real-time factor {row['rtf']:.2f}"
            )
    for error in figures["errors"]:
        print(f"wrong: {error}")
    print(f"recorded: {figures['file']} ({figures['audio_s']:.2f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
