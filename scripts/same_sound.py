"""The gate for changes that must change nothing: does the work tree still sound as a revision did?

Speaks the same texts with the code of a revision and with that of the work tree, on this machine, through
library, node and command line, and compares hashes of samples, words with their times, sentences, and what
the node replies. Figures of the clock and the wording of errors are not compared.

    python scripts/same_sound.py --against HEAD~1 [--texts 10] [--json]

Exit code: 0 where all is the same, 1 where something differs, 2 where a tree cannot speak at all.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RECORDER = Path(__file__).with_name("same_sound_record.py")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""Of the environment; settings of the package must not reach either side."""

Results = dict[str, dict[str, Any]]


def main() -> int:
    """Compare and say what differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--against", required=True, metavar="REV", help="revision to compare with")
    parser.add_argument("--texts", type=int, metavar="N", help="speak the first N texts only")
    parser.add_argument("--json", action="store_true", help="print one JSON document only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="same-sound-") as scratch:
        before = Path(scratch) / "revision"
        _extract(options.against, before)
        with ThreadPoolExecutor(2) as pool:  # what is compared does not depend on how long it takes
            runs = [
                pool.submit(_record, folder, Path(scratch) / name, name, options.texts)
                for name, folder in ((options.against, before), ("work tree", ROOT))
            ]
            old, new = (run.result() for run in runs)
    report = {name: _differences(old.get(name), new.get(name)) for name in {**old, **new}}
    different = sum(map(bool, report.values()))
    if options.json:
        print(json.dumps({"against": options.against, "different": different, "texts": report}))
    else:
        for name, found in report.items():
            print(f"{'DIFFERS' if found else 'same':8} {name}")
            print("".join(f"             {line}\n" for line in found), end="")
        print(f"{len(report)} results, {different} differ from {options.against}")
    return 1 if different else 0


def _extract(revision: str, folder: Path) -> None:
    """The files of a revision, without touching the repository."""
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", revision], capture_output=True, check=False
    )
    if archive.returncode:
        _give_up(archive.stderr.decode())
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")


def _record(folder: Path, scratch: Path, name: str, texts: int | None) -> Results:
    """What the tree in `folder` says, from a process of its own."""
    scratch = scratch.parent / scratch.name.replace("/", "_").replace(" ", "-")
    scratch.mkdir()
    target = scratch / "results.json"
    environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
    environment |= {
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOUDNESS": "off",  # what the networks give is compared; revisions without the setting have no other
        "DORA_MLX_TTS_CACHE": str(scratch / "cache"),
        "TMPDIR": str(scratch),
    }
    command = [sys.executable, str(RECORDER), str(folder), str(target)]
    if texts is not None:
        command.append(str(texts))
    with subprocess.Popen(
        command, cwd=scratch, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        reader = threading.Thread(target=_pass_on, args=(process, name))
        reader.start()
        code = process.wait()
        reader.join()
    if code:
        _give_up(f"{name}: the texts could not be spoken (exit code {code})")
    results: Results = json.loads(target.read_text())
    return results


def _pass_on(process: subprocess.Popen[str], name: str) -> None:
    for line in process.stderr or ():
        print(f"[{name}] {line.rstrip()}", file=sys.stderr, flush=True)


def _differences(old: object, new: object, where: str = "") -> list[str]:
    """Where two results differ: one line for each place."""
    if type(old) is type(new) and isinstance(old, dict) and isinstance(new, dict):
        return [
            line
            for key in {**old, **new}
            for line in _differences(old.get(key), new.get(key), f"{where}.{key}".lstrip("."))
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line
            for number, pair in enumerate(zip(old, new, strict=True))
            for line in _differences(*pair, f"{where}[{number}]")
        ]
    return [] if old == new else [f"{where}: {_brief(old)} is now {_brief(new)}"]


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else f"{text[:99]}…"


def _give_up(message: str) -> None:
    print(message.strip(), file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    sys.exit(main())
