"""What all benchmarks share: the machine's name, interleaved timing, a table and JSON.

Contestants take turns, so that a busy moment of the machine hits them alike. A result is a median
with the smallest and largest sample beside it; load averages tell how quiet the machine was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

PACKAGES = ("mlx", "mlx-cpu", "mlx-cuda", "numpy", "scipy-openblas32", "torch")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one contestant in one setting.

    Attributes:
        seconds: wall time of every sample, in the order taken.
        cpu_seconds: the process's CPU time of each.
    """

    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]

    @property
    def middle(self) -> float:
        """Median wall seconds."""
        return median(self.seconds)

    def record(self) -> dict[str, float | int]:
        """Median, range and CPU time, for JSON."""
        return {
            "seconds": self.middle,
            "fastest": min(self.seconds),
            "slowest": max(self.seconds),
            "cpu_seconds": median(self.cpu_seconds),
            "samples": len(self.seconds),
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report.

    Attributes:
        contestant: what was measured.
        setting: under which circumstances.
        timing: how long it took.
        rate: something a second, with its unit ("tokens/s"), if that says more.
    """

    contestant: str
    setting: str
    timing: Timing
    rate: float | None = None
    unit: str = ""


def take_turns(
    contestants: Mapping[str, Callable[[], object]], *, samples: int, warmup: int = 1
) -> dict[str, Timing]:
    """Run every contestant `samples` times, in turns, after `warmup` turns that do not count.

    A contestant must finish its work inside the call: evaluate lazy results.
    """
    wall: dict[str, list[float]] = {name: [] for name in contestants}
    used: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(-warmup, samples):
        for name, run in contestants.items():
            cpu, start = time.process_time(), time.perf_counter()
            run()
            elapsed, busy = time.perf_counter() - start, time.process_time() - cpu
            if turn >= 0:
                wall[name].append(elapsed)
                used[name].append(busy)
    return {name: Timing(tuple(wall[name]), tuple(used[name])) for name in contestants}


def machine(**more: object) -> dict[str, Any]:
    """The machine and the versions that matter, for JSON."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
        "load_average": [round(load, 2) for load in os.getloadavg()],
        **more,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux: the name below has to do
    return platform.processor() or platform.machine()


def _memory() -> float:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return round(pages * size / 2**30, 1)


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser with the options that every benchmark has."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", type=Path, metavar="FILE", help="also write the results there")
    made.add_argument("--samples", type=int, default=5, help="samples of each setting")
    return made


def report(
    title: str, rows: Sequence[Row], about: Mapping[str, Any], path: Path | None = None
) -> None:
    """Print machine and table, and write JSON to `path`."""
    load = ", ".join(f"{value:g}" for value in os.getloadavg())
    print(f"{title}\n{about['processor']}, {about['cores']} cores, {about['system']}")
    print(f"{_pairs(about['versions'])}; load average after: {load}\n")
    lines: list[tuple[str, ...]] = [("contestant", "setting", "median", "range", "CPU", "rate")]
    lines += [_cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
    save(title, rows, about, path)
    if path is not None:
        print(f"\nwritten to {path}", file=sys.stderr)


def save(
    title: str, rows: Sequence[Row], about: Mapping[str, Any], path: Path | None = None
) -> None:
    """Write JSON to `path`; what takes long saves what it has now and then."""
    if path is None:
        return
    after = [round(value, 2) for value in os.getloadavg()]
    data = {
        "title": title,
        "machine": {**about, "load_average_after": after},
        "rows": [_record(row) for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _pairs(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _cells(row: Row) -> tuple[str, ...]:
    timing = row.timing
    return (
        row.contestant,
        row.setting,
        _milliseconds([timing.middle]),
        _milliseconds([min(timing.seconds), max(timing.seconds)]),
        _milliseconds([median(timing.cpu_seconds)]),
        "" if row.rate is None else f"{row.rate:.1f} {row.unit}",
    )


def _milliseconds(seconds: Iterable[float]) -> str:
    return "–".join(f"{1000 * value:.2f}" for value in seconds) + " ms"


def _record(row: Row) -> dict[str, Any]:
    fields = {key: value for key, value in asdict(row).items() if key != "timing"}
    return {**fields, **row.timing.record()}
