"""Write docs/settings.md from the settings themselves; a test fails when it is out of date."""

from __future__ import annotations

from pathlib import Path

from dora_mlx_tts.cli.settings_table import settings_table

FILE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

HEAD = """\
# Settings

Made by `python scripts/settings_table.py`. Precedence: defaults < `dora-mlx-tts.yml` < voice file < environment < a message's
metadata or a command's options. Settings that begin with `speech.` may come from all of these (under `speech:` in the file, under
`defaults:` in a voice file, without the prefix everywhere else); the others from file and environment.
Where several environment variables are named, the first one set wins. `DORA_MLX_TTS_CONFIG` names another file than
`dora-mlx-tts.yml` in the current folder. `LANGUAGE` is ignored where it is a list of locales (`en_US:en`).

| setting | environment | default | allowed | meaning |
|---|---|---|---|---|
"""


def table() -> str:
    """The whole document."""
    rows = [
        f"| `{r.name}` | {', '.join(f'`{n}`' for n in r.environment.split(', '))} |"
        f" {f'`{r.default}`' if r.default else ''} | {r.allowed} | {r.meaning} |"
        for r in settings_table()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
