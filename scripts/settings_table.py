"""Write docs/settings.md from the settings themselves; a test fails when it is out of date."""

from __future__ import annotations

from pathlib import Path

from dora_mlx_tts.cli.settings_table import settings_table

FILE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

HEAD = """\
# Settings

Made by `python scripts/settings_table.py`. Precedence: defaults < `dora-mlx-tts.yml` < pack < voice file < environment < a message's
metadata or a command's options. Settings that begin with `speech.` may come from all of these (under `speech:` in the file, under
`defaults:` in a voice file, without the prefix everywhere else); the others from file and environment.
Where several environment variables are named, the first one set wins. `DORA_MLX_TTS_CONFIG` names another file than
`dora-mlx-tts.yml` in the current folder. Every setting has a variable of its own besides, its name in capitals behind `MLX_TTS_`
(`MLX_TTS_WINDOW`), which wins over the others and is nobody else's.

In the environment, empty means not set; `~` is the home folder; words are understood in any case (`WARN`, `cuda:0`); a number out of
range becomes the nearest one allowed, with a warning. Messages and commands get an error instead. Variables that desktops and terminals
set for themselves count only where the dataflow names them: gettext's `LANGUAGE` (`de`, `C`, `en_US:en`, or `en` beside
`LANG=en_US.UTF-8`), GNU screen's `WINDOW`, `PROFILE`. A variable that the node inherits and that makes no sense here is ignored with a
warning; one that the dataflow names is an error that says which.

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
