"""A description of the machine, for reports."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any


def processor() -> dict[str, Any]:
    """Processor name, cores, memory and load."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _name(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages * size / 2**30, 1),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def _name() -> str:
    """The name reported by Linux; elsewhere MLX's device tells more."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
