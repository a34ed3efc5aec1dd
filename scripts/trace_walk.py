"""The walk of one text through the package: which files it passes on its way to the front end.

Runs the node in this process, with a list of events in place of dora and the starter voice as the engine,
sends it one text and watches every call (`sys.setprofile`, on all threads) from the event to the front end
that makes phones of it.

    python scripts/trace_walk.py [--text TEXT] [--tree FOLDER] [--path]

A *step* is a call that is handed the text: one of its arguments is a string that holds it, a record with such
a `text`, or a short list of these. A *change* is a step into another file of the package than the step before
it. The methods of a record that holds the text (its own `self`) are counted apart: they read it and do not
pass it on. `--tree` walks through another checkout; give it one sentence, which no scanner divides.
"""

from __future__ import annotations

import argparse
import inspect
import queue
import sys
import threading
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_END = "FrontEnd.phonemize"
_NOTES = "notes.py"
_ENDS = "。.！!？?"
_LOOK_INTO = 8
_PATIENCE_S = 60.0


class Step(NamedTuple):
    """A call that holds the text; `own` if only the `self` of a record does."""

    file: str
    function: str
    own: bool


class Events:
    """In place of dora's node: hands out one text and then the end of the inputs."""

    def __init__(self, walk: Walk) -> None:
        import pyarrow as pa  # noqa: PLC0415  after the path to the package is set

        self._walk = walk
        self._events: queue.Queue[Any] = queue.Queue()
        text = pa.array([walk.text])
        self._events.put({"type": "INPUT", "id": "text", "value": text, "metadata": {}})
        self._events.put(None)

    def next(self, timeout: float | None = None) -> Any:  # noqa: ANN401, ARG002  as dora's
        """The next event; watching begins with the first."""
        event = self._events.get(timeout=_PATIENCE_S)
        self._walk.is_on = True
        return event

    def node_config(self) -> dict[str, Any]:
        """Outputs that a dataflow would subscribe to."""
        return {"inputs": {}, "outputs": ["audio", "segment_complete", "status"]}

    def send_output(self, *_: object) -> None:
        """Audio and replies go nowhere."""

    def log(self, *_: object, **__: object) -> None:
        """Nor do log lines."""


class Walk:
    """Follows one text through the package in a folder."""

    def __init__(self, text: str, package: Path) -> None:
        self.text = text
        self.is_on = False
        self.steps: list[Step] = []
        self._core = text.strip().rstrip(_ENDS)
        self._package = f"{package}/"

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        """For `sys.setprofile`."""
        code = frame.f_code
        resumes = code.co_flags & inspect.CO_GENERATOR and frame.f_lasti > _first(code.co_code)
        if event != "call" or not self.is_on or resumes or code.co_name.startswith("<"):
            return
        if not code.co_filename.startswith(self._package):
            return
        values = frame.f_locals
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        holding = [name for name in names if name in values and self._holds(values[name])]
        if holding:
            file = code.co_filename.removeprefix(self._package)
            self.steps.append(Step(file, code.co_qualname, own=holding == ["self"]))
            self.is_on = code.co_qualname != _END

    def _holds(self, value: object, depth: int = 2) -> bool:
        if isinstance(value, str):
            return self._core in value
        if isinstance(value, tuple | list) and depth:
            return any(self._holds(item, depth - 1) for item in value[:_LOOK_INTO])
        text = getattr(value, "text", None)
        return isinstance(text, str) and self._core in text


def _first(code: bytes) -> int:
    """Offset behind which a generator's frame stands once it has begun."""
    return min(len(code), 8)


def main() -> int:
    """Walk and say what was passed; 1 where the text never became phones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--text", default="今天天气很好。")
    parser.add_argument("--tree", type=Path, default=ROOT, help="checkout to walk through")
    parser.add_argument("--path", action="store_true", help="print each step")
    options = parser.parse_args()
    walk = _walk(options.text, options.tree.resolve())
    if not walk.steps or walk.steps[-1].function != _END:
        print("the text never reached the front end")
        return 1
    given = [step for step in walk.steps if not step.own]
    for step in walk.steps if options.path else ():
        print(f"    {'own ' if step.own else ''}{step.file} {step.function}")
    for name, steps in (("handed over", given), ("with methods of records", walk.steps)):
        files = changes(steps)
        notes = sum(file.endswith(_NOTES) for file in files)
        print(
            f"{name}: {len(files) - 1} changes of file, {len(set(files))} files, {_NOTES} entered {notes} times"
        )
    return 0


def changes(steps: Iterable[Step]) -> list[str]:
    """The files in the order in which they are entered."""
    return [file for file, _ in groupby(steps, key=lambda step: step.file)]


def _walk(text: str, tree: Path) -> Walk:
    sys.path.insert(0, str(tree))
    from dora_mlx_tts import Synthesizer  # noqa: PLC0415  of the tree
    from dora_mlx_tts.config import Settings  # noqa: PLC0415
    from dora_mlx_tts.node import serve  # noqa: PLC0415

    settings = Settings.load(environ={})
    engine = Synthesizer.load(settings=settings, warm_up=False)
    engine.speak(text, seed=0)  # dictionaries and networks are loaded before anybody watches
    walk = Walk(text, tree / "dora_mlx_tts")
    threading.setprofile(walk.profile)
    sys.setprofile(walk.profile)
    try:
        serve(Events(walk), engine, settings)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return walk


if __name__ == "__main__":
    sys.exit(main())
