"""The cluster's dispatcher that dies once, in the middle of its work: `path: mortal_dispatcher.py`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "dataflows")]

import dispatcher
from dora import Node

TEXTS, REPLIES = 8, 2
"""Texts that have come and texts that are answered before that; what dora still holds for a process dies with it."""


class Mortal:
    """dora's node; its process ends at a fragment, if the file that DIE_ONCE names is not there yet."""

    def __init__(self):
        self._node = Node()
        self._texts = self._replies = 0

    def __getattr__(self, name):
        return getattr(self._node, name)

    def next(self, timeout=None):
        event = self._node.next(timeout=timeout)
        self._texts += event is not None and event.get("id") == "text"
        return event

    def send_output(self, port, value, metadata):
        mark = Path(os.environ["DIE_ONCE"])
        is_time = self._texts >= TEXTS and self._replies >= REPLIES
        if port == "audio" and is_time and not mark.exists():
            mark.touch()
            time.sleep(0.5)  # what was sent before leaves the process
            os._exit(9)
        self._node.send_output(port, value, metadata)
        self._replies += port == "segment_complete"


if __name__ == "__main__":
    dispatcher.Node = Mortal
    sys.exit(dispatcher.main())
