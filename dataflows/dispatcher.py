"""Shares texts among several voices and puts their speech back in order.

Texts of one `session_id` leave in order and stay with the voice that spoke the last one, where its conversation's caches
are, unless that voice is gone or has its fill; then they move to the one with the fewest texts. Texts without an id are
one conversation that stays with nobody: whoever is free takes the next one.

Environment: WORKERS, names separated by commas; for each NAME the node has an output `text_NAME` and the inputs
`audio_NAME`, `done_NAME` and `status_NAME`. PATIENCE, seconds without a word from a working voice after which it is given
up (20). EACH, texts that a voice may have at once (1; a node speaks many conversations at once, so 32 for a crowd). TRIES,
voices that may be lost over one text before it is answered with an error (3). HELD_MB, audio that may wait behind a slow
text (64); above it the voices get no new texts. QUEUE_LIMIT, texts that may wait (1000). JOURNAL, the file that says which
texts are open, so that a restarted dispatcher can answer them.

Every text gets a seed of its own, so that a text which another voice has to say again sounds the same:
the fragments that were already passed on are left out, and nobody hears that anything happened.
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
HOMES = 10_000  # conversations of which is remembered who speaks them


@dataclass(frozen=True)
class Limits:
    """What the dispatcher puts up with; see the module's docstring."""

    patience_s: float = 20.0
    tries: int = 3
    held_bytes: int = 64 << 20
    waiting: int = 1000
    each: int = 1

    @classmethod
    def from_environment(cls) -> Limits:
        """The limits that the dataflow sets."""
        return cls(
            float(os.environ.get("PATIENCE", "20")),
            int(os.environ.get("TRIES", "3")),
            int(os.environ.get("HELD_MB", "64")) << 20,
            int(os.environ.get("QUEUE_LIMIT", "1000")),
            int(os.environ.get("EACH", "1")),
        )


class Dispatcher:
    """Routes and orders; speaking is the workers' business. Every text is answered once."""

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
        """The open texts in the order in which they came."""
        return list(self._jobs.values())

    # ------------------------------------------------------------------------------- what comes in

    def hear(self, event: dict[str, Any]) -> None:
        """Take one event."""
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
            return  # of a text that another voice says by now
        kept = {key: item for key, item in metadata.items() if key not in {"timestamp", "job"}}
        if kind == "audio" and metadata["seq"] >= job.passed_on:
            job.fragments[metadata["seq"]] = (value, kept)
        elif kind == "done":
            job.reply, job.replied_at = (value, kept), self._clock()
            if (
                job in self.given[worker]
            ):  # dora keeps order within a port: sounds may come after this
                self.given[worker].remove(job)
        self._pass_on(job.session)

    # ------------------------------------------------------------------------------- what goes out

    def look_around(self) -> None:
        """Give up voices that have been silent for too long, and share out what waits."""
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
        """Who speaks a text: the voice of its conversation, else the one with the fewest texts; None if all have their fill."""
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
        """Whether all voices are gone, and none has come back for as long as one may be silent."""
        since = self._all_lost_at
        return since is not None and self._clock() - since > self._limits.patience_s

    def _give(self, worker: str, job: Job) -> None:
        job.worker, job.tries = worker, job.tries + 1
        if not self.given[worker]:
            self._heard_at[worker] = self._clock()
        self.given[worker].append(job)
        self._node.send_output(f"text_{worker}", job.text, job.metadata)

    def _repair(self) -> None:
        """Let texts be said again of which fragments never came, though their replies did."""
        for line in list(self.lines.values()):
            job = line[0]
            if job.reply is None or self._clock() - job.replied_at < QUIET_S:
                continue
            print(f"text {job.number} came incomplete and is said again", flush=True)
            self._say_again(job, "its audio did not arrive")

    def _pass_on(self, session: str) -> None:
        """Everything that is next of a conversation; what was passed on before a retry is not sent again."""
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
        """Another process says it is ready: the one before is dead. dora tells its own machine only."""
        if pid is not None and self._pids.setdefault(worker, pid) != pid:
            self._pids[worker] = pid
            self._lose(worker, comes_back=True)

    def _lose(self, worker: str, *, comes_back: bool = False) -> None:
        """A voice is gone: its text is next for another one."""
        if worker not in self.given:
            return
        if not comes_back:
            self.lost.add(worker)
        jobs, self.given[worker] = self.given[worker], []
        for job in reversed(jobs):  # each goes before what waits
            print(f"{worker} is gone; text {job.number} is said by another", flush=True)
            self._say_again(job, f"the last voice that tried was {worker}")

    def _say_again(self, job: Job, why: str) -> None:
        """Let another voice try; a text that was tried often enough is answered with an error."""
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
        """Answer everything that is open with an error; how many texts that were."""
        open_texts = [job for job in self.order if not job.is_failed]
        self.waiting.clear()
        self.given = {worker: [] for worker in self.given}
        for job in open_texts:
            self._fail(job, error)
        return len(open_texts)

    def answer_lost(self) -> int:
        """Answer what was open when the process before this one ended; how many texts that were."""
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
    """Work until no text can come and all are passed on; the exit code."""
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
    """Join the dataflow and serve; the exit code."""
    workers = [name.strip() for name in os.environ["WORKERS"].split(",")]
    node = Node()
    usual = Path(tempfile.gettempdir()) / f"dispatcher-{node.dataflow_id()}.jsonl"
    journal = Journal(Path(os.environ.get("JOURNAL") or usual))
    dispatcher = Dispatcher(node, workers, Limits.from_environment(), journal)
    lost = dispatcher.answer_lost()
    if lost:
        print(f"restarted; {lost} texts were open and are lost", flush=True)
    code = serve(node, dispatcher)
    journal.remove()
    return code


if __name__ == "__main__":
    sys.exit(main())
