"""Sends a few texts to a voice.

Environment: TEXTS, one text per line (or FILE, a file of them), "[voice] text" for another voice; WAIT=reply
    sends each text when the previous one was answered, WAIT=none sends all and exits at once; PATIENCE, seconds
    without an answer after which the node gives up (exit code 1).
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
from dora import Node

READY_S = 5.0  # nodes start together, so a voice not ready by then sends no status
LINE = re.compile(r"(?:\[(?P<voice>[^\]]+)\])?\s*(?P<text>.*)")


def main() -> int:
    """Send the texts; the exit code tells whether each was answered."""
    file = os.environ.get("FILE")
    texts = Path(file).read_text("utf-8") if file else os.environ.get("TEXTS", "Hello.")
    lines = [line.strip() for line in texts.splitlines()]
    lines = [line for line in lines if line]
    patience = float(os.environ.get("PATIENCE", "120"))
    node = Node()
    if os.environ.get("WAIT", "reply") == "none":
        for number, line in enumerate(lines):
            send(node, number, line)
        return 0
    wait_for(node, "status", READY_S)
    for number, line in enumerate(lines):
        request_id = send(node, number, line)
        if not wait_for(node, "segment_complete", patience, request_id):
            print(f"no answer to {request_id} within {patience:g} s", file=sys.stderr)
            return 1
    return 0


def send(node: Node, number: int, line: str) -> str:
    """Send one text with an id and the time; return the id."""
    match = LINE.fullmatch(line)
    voice, text = (match["voice"], match["text"]) if match else (None, line)
    metadata: dict[str, Any] = {
        "request_id": f"hello-{number}",
        "session_id": "hello",
        "seq": number,
        "fin": True,
        "sent_at": time.time(),
    }
    if voice:
        metadata["voice"] = voice
    node.send_output("text", pa.array([text]), metadata)
    return f"hello-{number}"


def wait_for(node: Node, port: str, seconds: float, request_id: str | None = None) -> bool:
    """Wait for a message on ``port``, that of ``request_id`` if given; False on timeout."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        event = node.next(timeout=left)
        if event is None:
            return False
        if event["type"] == "STOP":
            sys.exit(0 if event["id"] == "MANUAL" else 1)
        if event["type"] != "INPUT" or event["id"] != port:
            continue
        if request_id is None or event["metadata"].get("request_id") == request_id:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
