"""Break the node in ways that it was once broken, and see that the model of its contract notices each of them.

    python scripts/mutate_node.py [NAME …]

Every mutation changes a copy of the package; `tests/node/test_rude_conversations.py` must turn red on it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEST = "tests/node/test_rude_conversations.py"
PATIENCE_S = 600


@dataclass(frozen=True)
class Mutation:
    """One change: in `file` (below `dora_mlx_tts/node`) `old` becomes `new`."""

    file: str
    old: str
    new: str


MUTATIONS = {
    "forget the silenced": Mutation(
        "turns/session.py",
        "            self._stream = None\n            self._past.append(stream.record)",
        "            self._stream = None",
    ),
    "answer twice": Mutation(
        "turns/scheduler.py",
        "            return admission\n\n    def flush",
        '            return Admission("refused")\n\n    def flush',
    ),
    "lose a wake-up": Mutation(
        "turns/scheduler.py",
        "admission = self._begin(session, utterance, now)\n            self._changed.notify_all()",
        "admission = self._begin(session, utterance, now)",
    ),
    "send after the acknowledgement": Mutation(
        "sender.py", "            if utterance.cancelled:\n                return False\n", ""
    ),
    "wrong prefix": Mutation(
        "turns/sent_audio.py",
        "whole = [sentence.text for sentence in begun[:-1]]",
        "whole = [sentence.heard(position_s - 1.0) for sentence in begun[:-1]]",
    ),
    "one verdict a piece": Mutation(
        "turns/scheduler.py",
        "admission = session.join(request, now) if session.is_piece(request) else None",
        "admission = None",
    ),
    "speak repeats": Mutation(
        "turns/session.py",
        "if request.seq is not None and request.seq in record.numbers:",
        "if False:",
    ),
    "read the clock twice": Mutation(
        "turns/scheduler.py",
        "self._changed.wait(self._holds.patience_s(self._sessions.turns, now))",
        "self._changed.wait(self._holds.patience_s(self._sessions.turns, now + 1.0))",
    ),
}


def mutated(mutation: Mutation, folder: Path) -> None:
    """A copy of package and tests with the change in it."""
    for name in ("dora_mlx_tts", "tests", "pyproject.toml"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    file = folder / "dora_mlx_tts" / "node" / mutation.file
    text = file.read_text(encoding="utf-8")
    if text.count(mutation.old) < 1:
        raise SystemExit(f"{mutation.file} does not hold {mutation.old!r} any more")
    file.write_text(text.replace(mutation.old, mutation.new, 1), encoding="utf-8")


def is_noticed(mutation: Mutation) -> bool:
    """Whether the test turns red."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mutated(mutation, folder)
        environment = {**os.environ, "PYTHONPATH": name, "RUDE_SHRINK": "0"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", TEST]
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if done.returncode not in {0, 1}:
            raise SystemExit(done.stdout + done.stderr)
        return done.returncode == 1


def main(names: list[str]) -> int:
    """Try the mutations named, or all; 1 where one went unnoticed."""
    unnoticed = 0
    for name in names or MUTATIONS:
        noticed = is_noticed(MUTATIONS[name])
        unnoticed += not noticed
        print(f"{'noticed' if noticed else 'NOT NOTICED':<12} {name}", flush=True)
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
