"""Write docs/reference/errors.md from the errors themselves; a test fails when it is out of date."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from dora_mlx_tts import errors
from dora_mlx_tts.errors import TtsError

FILE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "errors.md"

HEAD = """\
# Errors

Made by `python scripts/errors_page.py` from `dora_mlx_tts/errors.py`.
Every error that the package raises on purpose is a `TtsError`; anything else is a bug, so please report it.
All of them are in `dora_mlx_tts.errors`; `TtsError` is also in `dora_mlx_tts`.

- **Messages** have one form: `<what> must be <allowed>, got <value>` or `unknown <kind> 'x'; available: …`.
- **The command line** prints the message as one line on stderr and exits with 1 (2 for wrong usage).
- **The node** answers with `segment_complete`, outcome `error`, with the message in `error` and the step in `error_stage`.
  It never stops because of a text.

Causes and remedies: [troubleshooting](../how-to/troubleshooting.md#by-error).

| error | kind of | meaning |
| -- | -- | -- |
"""


def classes(base: type[Exception] = TtsError) -> Iterator[type[Exception]]:
    """A class and all its subclasses, depth first, as they stand in the file."""
    yield base
    for child in base.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from classes(child)


def page() -> str:
    """The whole document."""
    rows = []
    for kind in classes():
        name = kind.__name__
        parents = ", ".join(f"`{parent.__name__}`" for parent in kind.__bases__)
        meaning = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
        link = f"../how-to/troubleshooting.md#{name.lower()}"
        rows.append(f"| [`{name}`]({link}) | {parents} | {meaning} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
