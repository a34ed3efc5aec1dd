"""The assistant's nodes as modules, and a dataflow that notes what they send."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "dataflows" / "assistant"))


class Outputs:
    """A node that notes what is sent."""

    def __init__(self):
        self.sent = []
        self.news = threading.Condition()

    def send_output(self, port, value, metadata):
        with self.news:
            self.sent.append((port, value.to_pylist(), metadata))
            self.news.notify_all()

    def wait(self, found):
        with self.news:
            assert self.news.wait_for(lambda: found(self.sent), 20), self.sent

    def on(self, port):
        return [
            (value[0] if value else None, data) for name, value, data in self.sent if name == port
        ]


@pytest.fixture
def outputs():
    return Outputs()
