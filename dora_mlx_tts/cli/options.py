"""Options that several commands share."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from dora_mlx_tts.cli.help import COMMON, GroupedOption
from dora_mlx_tts.cli.settings_table import settings_table
from dora_mlx_tts.config.settings import Settings, SpeechSettings

logger = logging.getLogger(__name__)
_USUAL: Final = ("language", "speed", "seed")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def speech_options(command: _Command) -> _Command:
    """Add an option for every setting of speech; not given means None."""
    rows = {row.name: row for row in settings_table() if row.name.startswith("speech.")}
    for name in reversed(SpeechSettings.model_fields):
        row = rows[f"speech.{name}"]
        text = f"{row.meaning} [{row.allowed}]" if row.allowed != "text" else row.meaning
        command = click.option(
            f"--{name.replace('_', '-')}",
            name,
            help=text,
            metavar="V",
            cls=GroupedOption,
            group=COMMON if name in _USUAL else "Speech",
            rare=name not in _USUAL,
        )(command)
    return command


def given_speech(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those settings of speech that were given on the command line."""
    return {k: v for k, v in values.items() if k in SpeechSettings.model_fields and v is not None}


config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration file instead of dora-mlx-tts.yml.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document only.")


def load_settings(config: Path | None, **values: object) -> Settings:
    """Settings of this run, with those `values` laid over them that are not None."""
    settings = Settings.load(config)
    settings.log_remarks(logger)
    return settings.model_copy(update={k: v for k, v in values.items() if v is not None})


def print_json(document: Mapping[str, Any]) -> None:
    """Print a JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
