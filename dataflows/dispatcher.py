"""Shares texts among several voices and puts their speech back in order.

Environment: WORKERS, names separated by commas; for each NAME the node has an output `text_NAME` and the inputs
`audio_NAME`, `done_NAME` and `status_NAME`. PATIENCE, seconds without a word from a working voice after which it is given up.

Every text gets a seed of its own, so that a text which another voice has to say again sounds the same:
the fragments that were already passed on are left out, and nobody hears that anything happened.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from dora import Node

STEP_S = 0.2
QUIET_S = 1.0


@dataclass
class Job:
    """One text: where it is being spoken, what came of it, what was passed on."""

    number: int
    text: pa.Array
    metadata: dict[str, Any]
    worker: str = ""
    fragments: dict[int, tuple[pa.Array, dict[str, Any]]] = field(default_factory=dict)
    passed_on: int = 0
    reply: tuple[pa.Array, dict[str, Any]] | None = None
    replied_at: float = 0.0
    tries: int = 0


class Dispatcher:
    """Routes and orders; speaking is the workers' business."""

    def __init__(self, node: Node, workers: list[str], patience_s: float) -> None:
        self.busy: dict[str, Job | None] = dict.fromkeys(workers)
        self.heard_at = dict.fromkeys(workers, time.monotonic())
        self.lost: set[str] = set()
        self.waiting: deque[Job] = deque()
        self.order: deque[Job] = deque()
        self._node = node
        self._patience_s = patience_s
        self._pids: dict[str, int] = {}
        self._count = 0

    def hear(self, event: dict[str, Any]) -> None:
        """Take one event."""
        if event["type"] == "INPUT" and event["id"] == "text":
            self._accept(event["value"], event["metadata"])
        elif event["type"] == "INPUT":
            kind, _, worker = event["id"].partition("_")
            self.heard_at[worker] = time.monotonic()
            self.lost.discard(worker)
            if kind == "status":
                self._notice_restart(worker, event["metadata"].get("pid"))
            self._take(kind, worker, event["value"], event["metadata"])
        elif event["type"] == "INPUT_CLOSED":
            self._lose(str(event["id"]).partition("_")[2])
        elif event["type"] == "NODE_RESTARTED":
            self._lose(str(event["id"]), comes_back=True)

    def look_around(self) -> None:
        """Give up voices that have been silent for too long, and share out what waits."""
        for worker, job in self.busy.items():
            if job is not None and time.monotonic() - self.heard_at[worker] > self._patience_s:
                self._lose(worker)
        self._repair()
        for worker, job in self.busy.items():
            if job is None and worker not in self.lost and self.waiting:
                self._give(worker, self.waiting.popleft())

    def _repair(self) -> None:
        """Let a text be said again of which fragments never came, though its reply did."""
        job = self.order[0] if self.order else None
        if job is None or job.reply is None or time.monotonic() - job.replied_at < QUIET_S:
            return
        print(f"text {job.number} came incomplete and is said again", flush=True)
        job.reply = None
        job.fragments.clear()
        self.waiting.appendleft(job)

    def _accept(self, text: pa.Array, metadata: dict[str, Any]) -> None:
        kept = {key: value for key, value in metadata.items() if key != "timestamp"}
        job = Job(self._count, text, {"seed": self._count, **kept, "job": self._count})
        self._count += 1
        self.waiting.append(job)
        self.order.append(job)

    def _give(self, worker: str, job: Job) -> None:
        job.worker, job.tries = worker, job.tries + 1
        self.busy[worker], self.heard_at[worker] = job, time.monotonic()
        self._node.send_output(f"text_{worker}", job.text, job.metadata)

    def _take(self, kind: str, worker: str, value: pa.Array, metadata: dict[str, Any]) -> None:
        job = next((job for job in self.order if job.number == metadata.get("job")), None)
        if job is None or job.worker != worker:
            return  # of a text that another voice says by now
        kept = {key: item for key, item in metadata.items() if key not in {"timestamp", "job"}}
        if kind == "audio":
            job.fragments[metadata["seq"]] = (value, kept)
        elif kind == "done":
            job.reply, job.replied_at = (value, kept), time.monotonic()
            if (
                self.busy[worker] is job
            ):  # dora keeps order within a port: sounds may come after this
                self.busy[worker] = None
        self._pass_on()

    def _pass_on(self) -> None:
        """Everything that is next in order; what was passed on before a retry is not sent again."""
        while self.order:
            job = self.order[0]
            while job.passed_on in job.fragments:
                self._node.send_output("audio", *job.fragments.pop(job.passed_on))
                job.passed_on += 1
            if job.reply is None or job.passed_on < job.reply[1].get("fragments", 0):
                return
            value, metadata = job.reply
            metadata = {**metadata, "worker": job.worker, "tries": job.tries}
            self._node.send_output("segment_complete", value, metadata)
            self.order.popleft()

    def _notice_restart(self, worker: str, pid: int | None) -> None:
        """Another process says it is ready: the one before is dead. dora tells its own machine only."""
        if pid is not None and self._pids.setdefault(worker, pid) != pid:
            self._pids[worker] = pid
            self._lose(worker, comes_back=True)

    def _lose(self, worker: str, *, comes_back: bool = False) -> None:
        """A voice is gone: its text is next for another one."""
        if worker not in self.busy:
            return
        if not comes_back:
            self.lost.add(worker)
        job, self.busy[worker] = self.busy[worker], None
        if job is not None:
            print(f"{worker} is gone; text {job.number} is said by another", flush=True)
            job.fragments.clear()
            self.waiting.appendleft(job)


def main() -> int:
    """Work until no text can come and all are passed on; the exit code."""
    workers = [name.strip() for name in os.environ["WORKERS"].split(",")]
    node = Node()
    dispatcher = Dispatcher(node, workers, float(os.environ.get("PATIENCE", "20")))
    is_closed, last = False, time.monotonic()
    while not (is_closed and not dispatcher.order and time.monotonic() - last > QUIET_S):
        event = node.next(timeout=STEP_S)
        if event is None or (event["type"] == "STOP" and event["id"] == "MANUAL"):
            return 0
        is_closed = is_closed or (event["type"] == "INPUT_CLOSED" and event["id"] == "text")
        if event["type"] == "INPUT":
            last = time.monotonic()
        dispatcher.hear(event)
        dispatcher.look_around()
    return 0


if __name__ == "__main__":
    sys.exit(main())
