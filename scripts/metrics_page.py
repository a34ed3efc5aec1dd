"""Write docs/reference/metrics.md from the records of figures; a test fails when it is out of date."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

from dora_mlx_tts.node.metrics import NodeFigures, SpeechFigures
from dora_mlx_tts.node.telemetry import unit_of

FILE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "metrics.md"
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n        .*)*)", re.MULTILINE)

HEAD = """\
# Metrics

Made by `python scripts/metrics_page.py` from `dora_mlx_tts/node/metrics.py`.

Every figure exists twice under one name: in the metadata of a reply (per text) or of the answer to `stats` (per node), and as an [OpenTelemetry metric](../how-to/telemetry.md).
Times end in `_ms` or `_s` and are measured from the receipt of the text unless stated otherwise.
"""
TEXTS = """
## Per text

In [`segment_complete`](../node.md#segment_complete); for OpenTelemetry histograms `dora_mlx_tts.text.<name>` with the attribute `outcome`.
-1 stands for a figure that does not exist because there was no audio; it is not exported.
"""
NODE = """
## Per node

In the answer to `stats`, since the start of the node; for OpenTelemetry `dora_mlx_tts.<name>`, counters or, where a figure can fall, gauges.
The answer also has the engine's figures: `pool_…` (loaded voices and packs), `phrases_…` (kept texts), `engine_…` (attempts, windows, tokens) and `memory_…` (MLX on its device, in MiB).
"""
TABLE = """
| name | unit | meaning |
| -- | -- | -- |
"""


def meanings(record: type) -> dict[str, str]:
    """What the docstring says of each field."""
    text = inspect.cleandoc(record.__doc__ or "")
    found = _ATTRIBUTE.findall(text.partition("Attributes:\n")[2])
    return {name: " ".join(said.split()).replace("``", "`") for name, said in found}


def table(record: type) -> str:
    """A row for each field.

    Raises:
        KeyError: a field has no description.
    """
    said = meanings(record)
    rows = [
        f"| `{field.name}` | {unit_of(field.name)} | {said[field.name]} |"
        for field in dataclasses.fields(record)
    ]
    return TABLE + "\n".join(rows) + "\n"


def page() -> str:
    """The whole document."""
    return HEAD + TEXTS + table(SpeechFigures) + NODE + table(NodeFigures)


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
