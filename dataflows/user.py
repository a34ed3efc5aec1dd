"""A stand-in for a user who asks, interrupts the answer and asks something else.

It asks, listens for LISTEN seconds of wall time from first audio on, sends `cancel` and asks again. Then it
checks the results: `cancel` was acknowledged, no audio of the first answer followed, the first text was
reported as cancelled with what was heard of it, and the second answer was spoken in full. The exit code is 1 if
anything was wrong. OUT names a JSON file for the figures.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
from dora import Node

PATIENCE_S = 60.0
FIRST, SECOND = 1, 2  # the questions


class Talk:
    """What has been heard so far."""

    def __init__(self) -> None:
        self.first_sound_at = 0.0
        self.cancelled_at = 0.0
        self.acknowledged_at = 0.0
        self.strays = 0  # audio of the first answer after the acknowledgement
        self.replies: dict[int, dict[str, Any]] = {}

    def hear(self, event: dict[str, Any]) -> None:
        """Handle one message of the voice."""
        metadata, now = event["metadata"], time.monotonic()
        if event["id"] == "audio" and metadata["question_id"] == FIRST:
            self.first_sound_at = self.first_sound_at or now
            self.strays += bool(self.acknowledged_at)
        elif event["id"] == "status" and event["value"][0].as_py() == "cancelled":
            self.acknowledged_at = now
        elif event["id"] == "segment_complete":
            self.replies[metadata["question_id"]] = metadata

    def errors(self) -> list[str]:
        """Everything that went wrong."""
        first, second = self.replies.get(FIRST, {}), self.replies.get(SECOND, {})
        checks = {
            "cancel was not acknowledged": self.acknowledged_at > 0,
            f"{self.strays} fragments came after that": self.strays <= 1,
            f"the first answer ended as {first.get('outcome')}": first.get("outcome")
            == "cancelled",
            "nothing of the first answer was heard": bool(first.get("spoken_text")),
            f"the second answer ended as {second.get('outcome')}": second.get("outcome")
            == "completed",
        }
        return [what for what, is_right in checks.items() if not is_right]

    def figures(self) -> dict[str, Any]:
        """The figures as plain values."""
        acknowledged = self.acknowledged_at - self.cancelled_at
        return {
            "acknowledged_ms": round(1e3 * acknowledged, 1) if self.acknowledged_at else None,
            "stray_fragments": self.strays,
            "heard": self.replies.get(FIRST, {}).get("spoken_text"),
            "how": self.replies.get(FIRST, {}).get("heard"),
            "remaining": self.replies.get(FIRST, {}).get("remaining_text"),
            "then": self.replies.get(SECOND, {}).get("spoken_text"),
            "errors": self.errors(),
        }


def main() -> int:
    """Talk; the exit code tells whether the voice behaved correctly."""
    listen = float(os.environ.get("LISTEN", "0.5"))
    node, talk = Node(), Talk()
    end = time.monotonic() + PATIENCE_S
    node.send_output("question", pa.array(["first"]))
    while time.monotonic() < end and SECOND not in talk.replies:
        event = node.next(timeout=0.05)
        if event is None or event["type"] == "STOP":
            break
        if event["type"] == "INPUT":
            talk.hear(event)
        heard = time.monotonic() - talk.first_sound_at if talk.first_sound_at else 0.0
        if heard >= listen and not talk.cancelled_at:
            talk.cancelled_at = time.monotonic()
            node.send_output("control", pa.array(["cancel"]), {"question_id": FIRST})
            node.send_output("question", pa.array(["second"]))
    return report(talk)


def report(talk: Talk) -> int:
    """Print and write the results; return the exit code."""
    figures = talk.figures()
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    print(text, flush=True)
    if os.environ.get("OUT"):
        file = Path(os.environ["OUT"]).resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")
    return 1 if figures["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
