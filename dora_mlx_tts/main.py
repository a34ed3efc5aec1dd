"""The console script: a node when dora starts it, a command line by hand."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from dora_mlx_tts.errors import TtsError

if TYPE_CHECKING:
    from dora_mlx_tts.config.settings import Settings
    from dora_mlx_tts.node.speech_job import SpeechEngine

_STARTED_BY_DORA = ("DORA_NODE_CONFIG", "DORA_TEST_WITH_INPUTS")


def main() -> int:
    """Run the node if dora started us without arguments, else the command line; the exit code."""
    if len(sys.argv) == 1 and any(name in os.environ for name in _STARTED_BY_DORA):
        return _node()
    from dora_mlx_tts.cli.app import cli  # noqa: PLC0415  the node does not need it

    cli(prog_name="dora-mlx-tts")
    return 0


def _node() -> int:
    from dora_mlx_tts.node.app import run_node  # noqa: PLC0415  the command line does not need it

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        return run_node(_load_engine)
    except TtsError as error:
        click.echo(f"dora-mlx-tts: {error}", err=True)
        return 1


def _load_engine(settings: Settings) -> SpeechEngine:
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer  # noqa: PLC0415  loads MLX

    return Synthesizer.load(settings=settings)
