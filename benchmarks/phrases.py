"""What the node takes from a text to its first fragment when the phrase cache has it.

    python benchmarks/phrases.py

The node's own threads, queue, engine and encoding, with a scripted dora in front of them: what dora itself takes is
measured by `benchmarks/node.py`. CPU time is the process's, for all that happens up to the reply.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from typing import Any

import harness
import numpy as np
import pyarrow as pa

from dora_mlx_tts import Synthesizer
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node.app import serve

FILLERS = ("One moment, please.", "Let me see.", "Hm.", "I will look that up for you.")


class ScriptedDora:
    """Hands out texts, each once the one before is answered, and notes when things leave."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = iter(texts)
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._sent: tuple[float, float] = (0.0, 0.0)
        self._is_first = True
        self.first_ms: list[float] = []
        self.cpu_ms: list[float] = []
        threading.Timer(0.5, self._say).start()

    def node_config(self) -> dict[str, Any]:
        """As dora's."""
        return {"inputs": {}, "outputs": ["audio", "segment_complete", "words"]}

    def next(self) -> dict[str, Any] | None:
        """As dora's."""
        return self._events.get()

    def send_output(self, port: str, _data: object, _metadata: dict[str, Any]) -> None:
        """As dora's."""
        now, cpu = time.perf_counter(), time.process_time()
        if port == "audio" and self._is_first:
            self._is_first = False
            self.first_ms.append(1e3 * (now - self._sent[0]))
        elif port == "segment_complete":
            self.cpu_ms.append(1e3 * (cpu - self._sent[1]))
            threading.Timer(0.02, self._say).start()

    def _say(self) -> None:
        text = next(self._texts, None)
        event = None
        if text is not None:
            event = {"type": "INPUT", "id": "text", "value": pa.array([text]), "metadata": {}}
        self._is_first = True
        self._sent = time.perf_counter(), time.process_time()
        self._events.put(event)


def main() -> int:
    """Speak each filler once, then again and again; the exit code."""
    options = harness.parser(__doc__.splitlines()[0]).parse_args()
    settings = Settings.load(environ={"PHRASE_CACHE": "32", "SEED": "1", "LOG_LEVEL": "ERROR"})
    engine = Synthesizer.load(settings=settings)
    sys.setswitchinterval(0.00005)  # as `run_node`
    dora = ScriptedDora([*FILLERS, *FILLERS * options.samples])
    serve(dora, engine, settings)
    first, cpu = dora.first_ms[len(FILLERS) :], dora.cpu_ms[len(FILLERS) :]
    found = {
        name: {
            share: round(float(np.percentile(values, at)), 2)
            for share, at in (("p50", 50), ("p95", 95))
        }
        for name, values in (
            ("text to first fragment, ms", first),
            ("CPU up to the reply, ms", cpu),
            ("the same without the cache, ms", dora.first_ms[: len(FILLERS)]),
        )
    }
    content = {"about": harness.machine(), "results": found}
    print(json.dumps(content, indent=2))
    if options.json:
        options.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
