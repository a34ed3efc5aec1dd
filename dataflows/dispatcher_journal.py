"""The state of a text in the dispatcher, and the file that records the open ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

IDS = ("request_id", "question_id", "session_id", "segment_id", "goal_id")


@dataclass
class Job:
    """One text: who speaks it, what has arrived, and what was passed on."""

    number: int
    text: pa.Array
    metadata: dict[str, Any]
    worker: str = ""
    fragments: dict[int, tuple[pa.Array, dict[str, Any]]] = field(default_factory=dict)
    passed_on: int = 0
    reply: tuple[pa.Array, dict[str, Any]] | None = None
    replied_at: float = 0.0
    tries: int = 0
    is_failed: bool = False

    @property
    def held_bytes(self) -> int:
        """Bytes of audio waiting for their turn."""
        return sum(audio.nbytes for audio, _ in self.fragments.values())

    @property
    def session(self) -> str:
        """Its conversation; empty if it has none."""
        return str(self.metadata.get("session_id", ""))

    @property
    def is_complete(self) -> bool:
        """Whether everything except its reply was passed on."""
        if self.reply is None:
            return False
        return self.is_failed or self.passed_on >= self.reply[1].get("fragments", 0)

    @property
    def ids(self) -> dict[str, Any]:
        """The ids by which its sender knows it."""
        return {key: self.metadata[key] for key in IDS if key in self.metadata}


class Journal:
    """Records open texts in a file: a line with its ids when a text arrives, a line when it is answered."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lines = 0

    def open_texts(self) -> dict[int, dict[str, Any]]:
        """Ids of the texts that were open when the file was last written, by number."""
        found: dict[int, dict[str, Any]] = {}
        if self._file is None or not self._file.exists():
            return found
        for line in self._file.read_text(encoding="utf-8").splitlines():
            try:
                number, ids = json.loads(line)
            except ValueError:  # the process died in the middle of a line
                continue
            if ids is None:
                found.pop(number, None)
            else:
                found[number] = ids
        return found

    def write(self, number: int, ids: dict[str, Any] | None, still_open: list[Job]) -> None:
        """Record that a text arrived or (None) was answered; the file is rewritten from time to time."""
        if self._file is None:
            return
        self._lines += 1
        if self._lines > 1000 + 2 * len(still_open):
            self.begin(still_open)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([number, ids]) + "\n")

    def begin(self, still_open: list[Job]) -> None:
        """Rewrite the file with only the open texts."""
        if self._file is None:
            return
        self._lines = len(still_open)
        new = self._file.with_suffix(".new")
        new.write_text("".join(json.dumps([j.number, j.ids]) + "\n" for j in still_open), "utf-8")
        new.replace(self._file)

    def remove(self) -> None:
        """Remove the file: all texts are answered, so the next start needs nothing."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
