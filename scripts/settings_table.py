"""Write docs/settings.md from the settings themselves; a test fails when it is out of date."""

from __future__ import annotations

from pathlib import Path

from dora_mlx_tts.cli.settings_table import settings_table

FILE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

HEAD = """\
# Settings

Made by `python scripts/settings_table.py`.

**Precedence**: defaults < `dora-mlx-tts.yml` < pack < voice file < environment < metadata of a message or options of a command.

- Settings that begin with `speech.` may come from all of these: under `speech:` in the file, under `defaults:` in a voice file, in `defaults` of `pack.json` for those that depend on the networks, without the prefix everywhere else.
- The others come from the file and the environment.
- `DORA_MLX_TTS_CONFIG` names another file than `dora-mlx-tts.yml` in the current folder.

**Environment variables**: where the table names several, the first one that is set wins.
Every setting also has a variable that no other program uses: `MLX_TTS_` and its name in capitals, such as `MLX_TTS_WINDOW`.
It wins over the others.

- Empty means not set, `~` is the home folder, and words may be in any case (`WARN`, `cuda:0`).
- `none` means no value where the table mentions it; `no` and `false` are `off`, `yes` and `true` are `on`, also in files.
- A number out of range becomes the nearest allowed one, with a warning.
  Messages and commands get an error instead.
- Variables that desktops and terminals set for themselves count only if the dataflow names them: gettext's `LANGUAGE` (`de`, `C`, `en_US:en`, or `en` next to `LANG=en_US.UTF-8`), GNU screen's `WINDOW`, and `PROFILE`.
- An invalid value in a variable that the node inherits is ignored with a warning.
  In a variable that the dataflow names it is an error that says which.

| setting | environment | default | allowed | meaning |
| -- | -- | -- | -- | -- |
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
