"""The console script: a node when dora starts it, otherwise a command line."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.runtime.packages import explained

if TYPE_CHECKING:
    from dora_mlx_tts.config.settings import Settings
    from dora_mlx_tts.node.speech_job import SpeechEngine

_STARTED_BY_DORA = ("DORA_NODE_CONFIG", "DORA_TEST_WITH_INPUTS")


def main() -> int:
    """Run the node if dora started the program without arguments, else the command line; returns the exit code."""
    if len(sys.argv) == 1 and any(name in os.environ for name in _STARTED_BY_DORA):
        try:
            return _node()
        except ImportError as error:  # of any package that this one needs
            click.echo(f"dora-mlx-tts: {explained(error)}", err=True)
        except TtsError as error:
            click.echo(f"dora-mlx-tts: {error}", err=True)
        return 1
    from dora_mlx_tts.cli.app import cli  # noqa: PLC0415  the node does not need it

    cli(prog_name="dora-mlx-tts")
    return 0


def _node() -> int:
    from dora_mlx_tts.node.app import run_node  # noqa: PLC0415  the command line does not need it

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    return run_node(_load_engine)


def _load_engine(settings: Settings) -> SpeechEngine:
    from dora_mlx_tts.runtime import device  # noqa: PLC0415  loads MLX
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer  # noqa: PLC0415  the same

    # A dataflow written for a machine with a GPU should speak on any machine.
    settings = settings.model_copy(update={"device": device.usable(settings.device)})
    return Synthesizer.load(settings=settings)
