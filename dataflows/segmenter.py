"""A stand-in for dora-text-segmenter: splits a text into segments and sends one when the last one was played.

Environment: TEXT. The next segment is sent on `audio_complete`, as in the original; a segment without audio is
    recognized by its `segment_complete`.
"""

from __future__ import annotations

import os
import re
import sys

import pyarrow as pa
from dora import Node


def main() -> int:
    """Send the segments one by one; the exit code tells whether all were answered."""
    segments = [s for s in re.split(r"(?<=[.!?。！？])\s*", os.environ["TEXT"].strip()) if s]
    node = Node()
    sent = answered = 0
    while answered < len(segments):
        if sent == answered:
            status = "started" if sent == 0 else "streaming"
            metadata = {
                "question_id": "default",
                "session_status": "ended" if sent == len(segments) - 1 else status,
                "segment_index": sent,
                "request_id": f"segment-{sent}",
            }
            node.send_output("text_segment", pa.array([segments[sent]]), metadata)
            sent += 1
        event = node.next(timeout=60)
        if event is None or event["type"] in {"STOP", "ERROR"}:
            return 1
        if event["type"] != "INPUT":
            continue
        is_silent = event["id"] == "segment_complete" and event["value"][0].as_py() != "completed"
        answered += event["id"] == "audio_complete" or is_silent
    return 0


if __name__ == "__main__":
    sys.exit(main())
