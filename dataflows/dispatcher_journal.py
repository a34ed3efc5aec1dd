"""What the dispatcher knows of a text, and the file in which it notes the open ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

IDS = ("request_id", "question_id", "session_id", "segment_id", "goal_id")


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
    is_failed: bool = False

    @property
    def held_bytes(self) -> int:
        """Memory of the audio that waits for its turn."""
        return sum(audio.nbytes for audio, _ in self.fragments.values())

    @property
    def session(self) -> str:
        """Its conversation; empty without one."""
        return str(self.metadata.get("session_id", ""))

    @property
    def is_complete(self) -> bool:
        """Whether everything of it was passed on but its reply."""
        if self.reply is None:
            return False
        return self.is_failed or self.passed_on >= self.reply[1].get("fragments", 0)

    @property
    def ids(self) -> dict[str, Any]:
        """What its sender knows it by."""
        return {key: self.metadata[key] for key in IDS if key in self.metadata}


class Journal:
    """The open texts in a file: their ids, a line when one comes and a line when it is answered."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lines = 0

    def open_texts(self) -> dict[int, dict[str, Any]]:
        """Ids of the texts that were open when the file was written last, by number."""
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
        """A text came, or (None) was answered; the file is begun anew now and then."""
        if self._file is None:
            return
        self._lines += 1
        if self._lines > 1000 + 2 * len(still_open):
            self.begin(still_open)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([number, ids]) + "\n")

    def begin(self, still_open: list[Job]) -> None:
        """Write what is open now and nothing else."""
        if self._file is None:
            return
        self._lines = len(still_open)
        new = self._file.with_suffix(".new")
        new.write_text("".join(json.dumps([j.number, j.ids]) + "\n" for j in still_open), "utf-8")
        new.replace(self._file)

    def remove(self) -> None:
        """All is answered; nothing is to be known at the next start."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
