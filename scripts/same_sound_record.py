"""What one source tree says to the texts of `same_sound.py`: run by it, with that tree on PYTHONPATH.

    python scripts/same_sound_record.py FOLDER FILE [TEXTS]

Speaks through the library, the node and the command line of the package in FOLDER and writes a digest of
every result to FILE. Only names that are public in every revision are used, and nothing that a clock
decides is kept: texts follow each other, and a cancel comes after a number of tokens.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from same_sound_texts import COMMANDS, CUT, CUT_AFTER_TOKENS, LIBRARY, NODE, Case

import dora_mlx_tts
from dora_mlx_tts import Fragment, Synthesizer, TtsError
from dora_mlx_tts.config import Settings
from dora_mlx_tts.node import serve

Result = dict[str, Any]

_CLOCK_KEYS = frozenset({"rtf", "played_s", "uptime_s", "synthesis_s", "timestamp", "pid"})
"""Figures of the clock, besides all that end in `_ms`."""
_COMMAND_KEYS = ("file", "load_s", "first_fragment_s", "real_time_factor")
_OUTPUTS = ["audio", "segment_complete", "status", "words"]


def main() -> None:
    """Speak the texts and write what came of them."""
    folder, target = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else None
    if folder not in Path(dora_mlx_tts.__file__).resolve().parents:
        sys.exit(f"dora_mlx_tts must be imported from {folder}, got {dora_mlx_tts.__file__}")
    with tempfile.TemporaryDirectory() as scratch:
        results = dict(itertools.islice(_results(Settings.load(), Path(scratch)), limit))
    target.write_text(json.dumps(results, ensure_ascii=False, indent=1))


def _results(settings: Settings, scratch: Path) -> Iterator[tuple[str, Result]]:
    engine = Synthesizer.load(settings=settings)
    for number, case in enumerate(LIBRARY):
        if not case.needs or importlib.util.find_spec(case.needs):
            name = f"library {case.way:6} {case.voice:12} {case.text}"
            yield _shown(name), _speak(engine, case, seed=100 + number)
    yield from _node_results(engine, settings)
    for number, (text, *options) in enumerate(COMMANDS):
        yield _shown(f"command {text}"), _run_command(text, options, number, scratch)


def _shown(name: str) -> str:
    print(name, file=sys.stderr, flush=True)
    return name


def digest(samples: Any) -> str:  # noqa: ANN401  a numpy or an Arrow array
    """A hash of samples, bit by bit."""
    return hashlib.sha256(np.ascontiguousarray(samples, np.float32).tobytes()).hexdigest()[:16]


# the library


def _speak(engine: Synthesizer, case: Case, seed: int) -> Result:
    options = {"voice": case.voice, "seed": seed, **case.options}
    try:
        if case.way == "whole":
            speech = engine.speak(case.text, **options)
            return {
                "audio": digest(speech.samples),
                "seconds": speech.duration_s,
                "rate": speech.sample_rate,
                "sentences": speech.sentences,
                "words": [asdict(word) for word in speech.words],
            }
        fragments = engine.stream(case.text, **options)
        if case.way == "cancel":
            fragments = _until_tokens(fragments, case.tokens)
        return _told(fragments)
    except TtsError as error:  # its words may change, its kind may not
        return {"error": type(error).__name__}


def _until_tokens(fragments: Iterator[Fragment], tokens: int) -> Iterator[Fragment]:
    """Fragments until so many tokens are spoken; then the stream is closed, which cancels it."""
    for fragment in fragments:
        yield fragment
        tokens -= fragment.tokens
        if tokens <= 0:
            break
    close: Callable[[], None] = getattr(fragments, "close", lambda: None)
    close()


def _told(fragments: Iterable[Fragment]) -> Result:
    result: Result = {"audio": [], "places": [], "sentences": [], "words": []}
    for fragment in fragments:
        result["audio"].append(digest(fragment.samples))
        result["places"].append(
            [
                fragment.sentence_index,
                fragment.fragment_index,
                fragment.is_final,
                fragment.start_s,
                fragment.tokens,
            ]
        )
        result["sentences"].append(fragment.text)
        result["words"] += [asdict(word) for word in fragment.words]
    return result


# the node


class _ScriptedNode:
    """Hands out texts one after another: the next one when the one before has its reply."""

    def __init__(self, texts: Iterable[list[dict[str, Any]]]) -> None:
        self.sent: list[tuple[str, Any, dict[str, Any]]] = []
        self._texts = iter(texts)
        self._events: deque[dict[str, Any] | None] = deque()
        self._changed = threading.Condition()
        self._is_listening = False
        self._give_next()

    def node_config(self) -> dict[str, Any]:
        return {"inputs": {}, "outputs": _OUTPUTS}

    def next(self) -> dict[str, Any] | None:
        with self._changed:
            self._is_listening = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._events)
            self._is_listening = False
            return self._events.popleft()

    def send_output(self, port: str, data: Any, metadata: dict[str, Any]) -> None:  # noqa: ANN401
        self.sent.append((port, data, metadata))
        if port == "segment_complete":
            self._give_next()

    def interrupt(self, event: dict[str, Any]) -> None:
        """Give an event and wait until the node has dealt with it."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_listening and not self._events)

    def _give_next(self) -> None:
        events: Iterable[dict[str, Any] | None] = next(self._texts, [None])
        with self._changed:
            self._events.extend(events)
            self._changed.notify_all()


class _InterruptedEngine:
    """The engine; a cancel comes in the middle of the text that is to be cut, after some tokens."""

    def __init__(self, engine: Synthesizer, node: _ScriptedNode) -> None:
        self._engine = engine
        self._node = node

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._engine, name)
        if not callable(found):
            return found

        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401
            result = found(*args, **options)
            return self._watched(result) if isinstance(result, Iterator) else result

        return call

    def _watched(self, fragments: Iterator[Fragment]) -> Iterator[Fragment]:
        tokens = 0
        for fragment in fragments:
            yield fragment
            tokens += fragment.tokens
            if CUT in fragment.text and tokens >= CUT_AFTER_TOKENS:
                self._node.interrupt(_event("control", "cancel", {"request_id": "cut"}))


def _event(port: str, value: str, metadata: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415  with the node

    return {"type": "INPUT", "id": port, "value": pa.array([value]), "metadata": metadata}


def _node_results(engine: Synthesizer, settings: Settings) -> Iterator[tuple[str, Result]]:
    """One result per text: everything that the node sent for it; and one for its status messages."""
    events = [_event("text", text, {"seed": 7, **metadata}) for text, metadata in NODE]
    turns = [events[:2], events[2:4], *([event] for event in events[4:])]
    node = _ScriptedNode([turns[0], [], *turns[1:]])  # nothing follows the first of two replies
    interrupted = _InterruptedEngine(engine, node)
    print("node", file=sys.stderr, flush=True)
    code = serve(node, interrupted, settings)
    by_text: dict[int, Result] = {}
    status: Result = {"exit code": code, "messages": []}
    for port, data, metadata in node.sent:
        kept = _without_clock(metadata)
        if port == "status":
            status["messages"].append([data.to_pylist(), kept])
            continue
        result = by_text.setdefault(metadata["text_index"], {port: [] for port in _OUTPUTS})
        value = digest(data.to_numpy()) if port == "audio" else data.to_pylist()
        result[port].append([value, kept])
    for index, result in sorted(by_text.items()):
        outcome = result["segment_complete"][0][0][0]
        yield f"node text {index}: {outcome}", result
    yield "node status", status


def _without_clock(metadata: dict[str, Any]) -> dict[str, Any]:
    """Metadata that no clock decides; of an error only that there is one."""
    kept = {
        key: value
        for key, value in metadata.items()
        if key not in _CLOCK_KEYS and not key.endswith("_ms")
    }
    for key in {"error", "reason"} & kept.keys():
        kept[key] = bool(kept[key])
    if kept.get("outcome") == "cancelled":
        del kept["spoken_text"]  # by the estimate of playback
    return kept


# the command line


def _run_command(text: str, options: list[str], number: int, scratch: Path) -> Result:
    target = scratch / f"{number}.wav"
    command = [sys.executable, "-m", "dora_mlx_tts", "speak", text, "-o", str(target), "--json"]
    run = subprocess.run(
        [*command, "--seed", str(number), *options], capture_output=True, check=False, text=True
    )
    if run.returncode:
        return {"exit code": run.returncode}
    report = json.loads(run.stdout)
    return {
        "audio": hashlib.sha256(target.read_bytes()).hexdigest()[:16],
        "report": {key: value for key, value in report.items() if key not in _COMMAND_KEYS},
    }


if __name__ == "__main__":
    main()
