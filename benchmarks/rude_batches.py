"""Rude conversations while the windows of several texts are made together: what is lost, and the memory.

    python benchmarks/rude_batches.py --texts 10000 --json out/rude-batches.json
    python benchmarks/rude_batches.py --texts 10000 --apart

50 conversations as in `node.py --parts rude` talk to a node in this process. Its networks are of the starter voice's
shape but small, with random weights, so that there is time for thousands of texts; what the tokens say is not judged.
Windows and readings are made together on any device, which the node itself does on a GPU only; with `--apart` they
are not. Exit code 1 if a text got no reply or more than one, or a fragment was out of order.
"""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crowd
import growing
import harness
import pyarrow as pa
import sovits as sovits_benchmark
import t2s as t2s_benchmark
from node_rude import rude

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.models.t2s.config import T2SConfig
from dora_mlx_tts.node import app
from dora_mlx_tts.synthesis.company import Company, Order

CONVERSATIONS = 50
PATIENCE_S = 600.0
MOST_OPEN = 60
"""Texts open at once; with more of them, most are cancelled before their turn."""
SMALL_T2S = T2SConfig(64, 2, 128, 2, 1025, 732, 1024)
SMALL_SOVITS = dataclasses.replace(
    sovits_benchmark.STARTER,
    filter_channels=64,
    layers=1,
    channels=32,
    generator=dataclasses.replace(
        sovits_benchmark.STARTER.generator,
        initial_channels=16,
        block_kernels=(3,),
        block_dilations=((1, 3),),
    ),
)


class Neighbour:
    """Talks to a node in this process, and keeps the accounts that `rude` asks for.

    Attributes:
        texts: replies by question_id.
        outcomes: replies by what became of the text.
        rude_errors: fragments out of order.
    """

    def __init__(self, desk: growing.Desk) -> None:
        self._desk = desk
        self.texts: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.rude_errors = 0
        self._next_seq: Counter[int] = Counter()

    def stream(self, text: str, session: int, name: str, seq: int, **metadata: Any) -> None:  # noqa: ANN401
        """Send a piece of a text that is known by its question_id."""
        ids = {"session_id": f"s{session}", "question_id": name, "seq": seq, "fin": False}
        self._send("text", text, {**ids, **metadata})

    def command(self, word: str, **metadata: str) -> None:
        """Send a command."""
        self._send("control", word, metadata)

    def events(self, seconds: float) -> Iterator[str]:
        """The ports of what comes within `seconds`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                _, port, data, metadata = self._desk.sent.get(timeout=left)
            except queue.Empty:
                return
            if port == "segment_complete":
                self.texts[metadata["question_id"]] += 1
                self.outcomes[data[0].as_py()] += 1
            elif port == "audio":
                index = metadata["text_index"]
                self.rude_errors += metadata["seq"] != self._next_seq[index]
                self._next_seq[index] += 1
            yield port

    def _send(self, port: str, text: str, metadata: dict[str, Any]) -> None:
        event = {"type": "INPUT", "id": port, "value": pa.array([text]), "metadata": metadata}
        self._desk.events.put(event)


class CountedCompany(Company):
    """Counts how many orders were filled together."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: Counter[int] = Counter()

    def _make(self, orders: list[Order[Any]]) -> None:
        self.sizes[len(orders)] += 1
        super()._make(orders)


def small_networks(engine: Synthesizer) -> None:
    """Put small networks with random weights in the voice's place."""
    networks, backend = engine.prepare(engine.settings.voice).networks, engine.device.backend
    t2s = t2s_benchmark.random_network(SMALL_T2S, backend)
    t2s.warm_up()
    sovits = sovits_benchmark.build(SMALL_SOVITS, backend)
    networks.__dict__.update(t2s=t2s, sovits=sovits, phone_codes=None)
    crowd.end_like_speech()


def converse(engine: Synthesizer, texts: int) -> dict[str, list[float]]:
    """So many texts; what was lost, doubled or out of order, and the memory."""
    desk = growing.Desk()
    settings = engine.settings.model_copy(
        update={"state": Path("out") / "rude-state", "max_ahead": 0.0}
    )
    node = threading.Thread(target=app.serve, args=(desk, engine, settings))
    node.start()
    try:
        neighbour: Any = Neighbour(desk)
        found = rude(
            neighbour, texts, CONVERSATIONS, os.getpid(), most_open=MOST_OPEN, patience_s=PATIENCE_S
        )
        print("replies:", dict(neighbour.outcomes))
        return found
    finally:
        desk.events.put(None)
        node.join()


def main() -> int:
    """Converse, print, write; the exit code."""
    parser = harness.parser(__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--apart", action="store_true", help="nothing is made together")
    given = parser.parse_args()
    settings = Settings.load().model_copy(update={"log_level": "CRITICAL", "voice": "starter-en"})
    engine = Synthesizer.load(settings=settings, warm_up=False)
    small_networks(engine)
    company = CountedCompany()
    engine._company = None if given.apart else company
    begun = time.monotonic()
    found = converse(engine, given.texts)
    for name, values in found.items():
        print(f"{name:50} {' / '.join(f'{value:.0f}' for value in values)}")
    print(f"{'orders filled together: times':50} {dict(sorted(company.sizes.items()))}")
    print(f"{'seconds':50} {time.monotonic() - begun:.0f}")
    if given.json:
        about = harness.machine(device=engine.device.description, texts=given.texts)
        kept = {"machine": about, "results": found, "together": dict(company.sizes)}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return int(any(value for name, (value, *_) in found.items() if "MiB" not in name))


if __name__ == "__main__":
    sys.exit(main())
