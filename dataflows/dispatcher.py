"""Shares texts among several voices and puts their speech back in order.

Texts of one `session_id` are spoken in order and stay with the voice that spoke the last one, which has the
conversation's caches. If that voice is gone or full, they move to the voice with the fewest texts. Texts
without an id form one conversation that is not bound to a voice: whichever is free takes the next text.

Environment: WORKERS, names separated by commas; for each NAME the node has an output `text_NAME` and the inputs
    `audio_NAME`, `done_NAME` and `status_NAME`. PATIENCE, seconds of silence after which a working voice is
    given up (20). EACH, how many texts a voice may have at once (1; a node can speak many conversations at
    once, so use 32 for a crowd). TRIES, how many voices may be lost over one text before it is answered with an
    error (3). HELD_MB, how much audio may wait behind a slow text (64); above that the voices get no new texts.
    QUEUE_LIMIT, how many texts may wait (1000). JOURNAL, the file that records which texts are open, so that a
    restarted dispatcher can answer them.

Every text gets its own seed, so that it sounds the same if another voice has to repeat it: fragments already
passed on are left out, and nobody hears that anything happened.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from dispatcher_journal import Job, Journal
from dora import Node

STEP_S = 0.2
QUIET_S = 1.0
HOMES = 10_000  # conversations whose voice is remembered


@dataclass(frozen=True)
class Limits:
    """Limits of the dispatcher; see the module's docstring."""

    patience_s: float = 20.0
    tries: int = 3
    held_bytes: int = 64 << 20
    waiting: int = 1000
    each: int = 1

    @classmethod
    def from_environment(cls) -> Limits:
        """The limits set by the dataflow."""
        return cls(
            float(os.environ.get("PATIENCE", "20")),
            int(os.environ.get("TRIES", "3")),
            int(os.environ.get("HELD_MB", "64")) << 20,
            int(os.environ.get("QUEUE_LIMIT", "1000")),
            int(os.environ.get("EACH", "1")),
        )


class Dispatcher:
    """Routes texts and orders speech; the workers do the speaking. Every text is answered once."""

    def __init__(
        self,
        node: Node,
        workers: list[str],
        limits: Limits | None = None,
        journal: Journal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.given: dict[str, list[Job]] = {worker: [] for worker in workers}
        self.lost: set[str] = set()
        self.waiting: deque[Job] = deque()
        self.lines: dict[str, deque[Job]] = {}
        self._homes: OrderedDict[str, str] = OrderedDict()
        self._node = node
        self._limits = limits or Limits()
        self._journal = journal or Journal(None)
        self._clock = clock
        self._heard_at = dict.fromkeys(workers, clock())
        self._all_lost_at: float | None = None
        self._pids: dict[str, int] = {}
        self._jobs: dict[int, Job] = {}
        self._count = 0

    @property
    def order(self) -> list[Job]:
        """The open texts in the order of arrival."""
        return list(self._jobs.values())

    # ------------------------------------------------------------------------------- what comes in

    def hear(self, event: dict[str, Any]) -> None:
        """Handle one event."""
        if event["type"] == "INPUT" and event["id"] == "text":
            self._accept(event["value"], event["metadata"])
        elif event["type"] == "INPUT":
            kind, _, worker = event["id"].partition("_")
            self._heard_at[worker] = self._clock()
            self.lost.discard(worker)
            if kind == "status":
                self._notice_restart(worker, event["metadata"].get("pid"))
            self._take(kind, worker, event["value"], event["metadata"])
        elif event["type"] == "INPUT_CLOSED":
            self._lose(str(event["id"]).partition("_")[2])
        elif event["type"] == "NODE_RESTARTED":
            self._lose(str(event["id"]), comes_back=True)

    def _accept(self, text: pa.Array, metadata: dict[str, Any]) -> None:
        kept = {key: value for key, value in metadata.items() if key != "timestamp"}
        job = Job(self._count, text, {"seed": self._count, **kept, "job": self._count})
        self._count += 1
        if len(self._jobs) >= self._limits.waiting:
            limit = self._limits.waiting
            self._answer(job.ids, f"queue is full (QUEUE_LIMIT = {limit}); text rejected", "queue")
            return
        self._jobs[job.number] = job
        self.waiting.append(job)
        self.lines.setdefault(job.session, deque()).append(job)
        self._journal.write(job.number, job.ids, self.order)

    def _take(self, kind: str, worker: str, value: pa.Array, metadata: dict[str, Any]) -> None:
        job = self._jobs.get(metadata.get("job", -1))
        if job is None or job.worker != worker or job.is_failed:
            return  # belongs to a text that another voice has taken over
        kept = {key: item for key, item in metadata.items() if key not in {"timestamp", "job"}}
        if kind == "audio" and metadata["seq"] >= job.passed_on:
            job.fragments[metadata["seq"]] = (value, kept)
        elif kind == "done":
            job.reply, job.replied_at = (value, kept), self._clock()
            if (
                job in self.given[worker]
            ):  # dora keeps order only within a port: audio may come after this
                self.given[worker].remove(job)
        self._pass_on(job.session)

    # ------------------------------------------------------------------------------- what goes out

    def look_around(self) -> None:
        """Give up voices that have been silent for too long, and hand out waiting texts."""
        now = self._clock()
        for worker, jobs in self.given.items():
            if jobs and now - self._heard_at[worker] > self._limits.patience_s:
                self._lose(worker)
        self._repair()
        self._share_out()
        if self.lost < set(self.given):
            self._all_lost_at = None
        elif self._all_lost_at is None:
            self._all_lost_at = now

    def _share_out(self) -> None:
        held = sum(job.held_bytes for job in self._jobs.values())
        for job in list(self.waiting):
            is_next = self.lines[job.session][0] is job
            if not is_next and held >= self._limits.held_bytes:
                continue
            worker = self._voice_for(job)
            if worker is None:
                return
            self.waiting.remove(job)
            self._give(worker, job)

    def _voice_for(self, job: Job) -> str | None:
        """The voice for a text: its conversation's, else the one with the fewest texts; None if all are full."""
        each = self._limits.each
        free = [w for w, jobs in self.given.items() if w not in self.lost and len(jobs) < each]
        if not free:
            return None
        home = self._homes.get(job.session)
        worker = home if home in free else min(free, key=lambda one: len(self.given[one]))
        if job.session:
            self._homes[job.session] = worker
            self._homes.move_to_end(job.session)
            while len(self._homes) > HOMES:
                self._homes.popitem(last=False)
        return worker

    @property
    def is_alone(self) -> bool:
        """Whether all voices are gone and none has come back within PATIENCE."""
        since = self._all_lost_at
        return since is not None and self._clock() - since > self._limits.patience_s

    def _give(self, worker: str, job: Job) -> None:
        job.worker, job.tries = worker, job.tries + 1
        if not self.given[worker]:
            self._heard_at[worker] = self._clock()
        self.given[worker].append(job)
        self._node.send_output(f"text_{worker}", job.text, job.metadata)

    def _repair(self) -> None:
        """Repeat texts whose replies came, but some of whose fragments did not."""
        for line in list(self.lines.values()):
            job = line[0]
            if job.reply is None or self._clock() - job.replied_at < QUIET_S:
                continue
            print(f"text {job.number} arrived incomplete and is repeated", flush=True)
            self._say_again(job, "its audio did not arrive")

    def _pass_on(self, session: str) -> None:
        """Pass on everything that is next in a conversation, except what was passed on before a retry."""
        line = self.lines.get(session, deque())
        while line:
            job = line[0]
            while job.passed_on in job.fragments:
                self._node.send_output("audio", *job.fragments.pop(job.passed_on))
                job.passed_on += 1
            if job.reply is None or not job.is_complete:
                return
            value, metadata = job.reply
            metadata = {**metadata, "worker": job.worker, "tries": job.tries}
            self._node.send_output("segment_complete", value, metadata)
            line.popleft()
            del self._jobs[job.number]
            self._journal.write(job.number, None, self.order)
        self.lines.pop(session, None)

    # ------------------------------------------------------------------------------ what goes wrong

    def _notice_restart(self, worker: str, pid: int | None) -> None:
        """Notice that a new process is ready, so the old one is dead. dora only reports that on the same machine."""
        if pid is not None and self._pids.setdefault(worker, pid) != pid:
            self._pids[worker] = pid
            self._lose(worker, comes_back=True)

    def _lose(self, worker: str, *, comes_back: bool = False) -> None:
        """Handle the loss of a voice: its texts go to another one next."""
        if worker not in self.given:
            return
        if not comes_back:
            self.lost.add(worker)
        jobs, self.given[worker] = self.given[worker], []
        for job in reversed(jobs):  # each goes ahead of the waiting texts
            print(f"{worker} is gone; another voice takes text {job.number}", flush=True)
            self._say_again(job, f"the last voice that tried was {worker}")

    def _say_again(self, job: Job, why: str) -> None:
        """Let another voice try; after TRIES attempts the text is answered with an error."""
        job.reply = None
        job.fragments.clear()
        if job.tries < self._limits.tries:
            self.waiting.appendleft(job)
        else:
            self._fail(job, f"the text could not be spoken in {job.tries} tries; {why}")

    def _fail(self, job: Job, error: str) -> None:
        print(f"text {job.number}: {error}", flush=True)
        metadata = {"fragments": job.passed_on, **_error(job.ids, error, "synthesis")}
        job.fragments.clear()
        job.is_failed, job.reply = True, (pa.array(["error"]), metadata)
        self._pass_on(job.session)

    def answer_all(self, error: str) -> int:
        """Answer all open texts with an error; return their number."""
        open_texts = [job for job in self.order if not job.is_failed]
        self.waiting.clear()
        self.given = {worker: [] for worker in self.given}
        for job in open_texts:
            self._fail(job, error)
        return len(open_texts)

    def answer_lost(self) -> int:
        """Answer the texts that were open when the previous process ended; return their number."""
        lost = self._journal.open_texts()
        for ids in lost.values():
            self._answer(
                ids, "the dispatcher was restarted while this text was open; lost", "queue"
            )
        self._count = max(lost, default=-1) + 1 + int(time.time()) % 1_000_000 * 1000
        self._journal.begin([])
        return len(lost)

    def _answer(self, ids: dict[str, Any], error: str, stage: str) -> None:
        self._node.send_output("segment_complete", pa.array(["error"]), _error(ids, error, stage))


def _error(ids: dict[str, Any], error: str, stage: str) -> dict[str, Any]:
    return {
        **ids,
        "outcome": "error",
        "error": error,
        "error_stage": stage,
        "session_status": "error",
        "spoken_text": "",
        **({"goal_status": "aborted"} if "goal_id" in ids else {}),
    }


def serve(node: Node, dispatcher: Dispatcher) -> int:
    """Serve until no more texts can come and all are passed on; return the exit code."""
    is_closed, last = False, time.monotonic()
    while not (is_closed and not dispatcher.order and time.monotonic() - last > QUIET_S):
        event = node.next(timeout=STEP_S)
        if event is None:
            return int(dispatcher.answer_all("the dataflow ended before this text was spoken") > 0)
        if event["type"] == "STOP" and event["id"] == "MANUAL":
            dispatcher.answer_all("the dataflow was stopped")
            return 0
        is_closed = is_closed or (event["type"] == "INPUT_CLOSED" and event["id"] == "text")
        if event["type"] == "INPUT":
            last = time.monotonic()
        dispatcher.hear(event)
        dispatcher.look_around()
        if dispatcher.is_alone and (dispatcher.order or is_closed):
            count = dispatcher.answer_all("no voice is left")
            print(f"no voice is left; {count} texts are answered with an error", flush=True)
            return 1
    return 0


def main() -> int:
    """Join the dataflow and serve; return the exit code."""
    workers = [name.strip() for name in os.environ["WORKERS"].split(",")]
    node = Node()
    usual = Path(tempfile.gettempdir()) / f"dispatcher-{node.dataflow_id()}.jsonl"
    journal = Journal(Path(os.environ.get("JOURNAL") or usual))
    dispatcher = Dispatcher(node, workers, Limits.from_environment(), journal)
    lost = dispatcher.answer_lost()
    if lost:
        print(f"restarted; {lost} open texts were lost", flush=True)
    code = serve(node, dispatcher)
    journal.remove()
    return code


if __name__ == "__main__":
    sys.exit(main())
