"""The console script, used by hand."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click

from dora_mlx_tts import __version__
from dora_mlx_tts.cli.bench import bench
from dora_mlx_tts.cli.convert import convert
from dora_mlx_tts.cli.cut import cut
from dora_mlx_tts.cli.doctor import doctor
from dora_mlx_tts.cli.download import download
from dora_mlx_tts.cli.phonemes import phonemes
from dora_mlx_tts.cli.sentences import sentences
from dora_mlx_tts.cli.speak import speak
from dora_mlx_tts.cli.voices import voices
from dora_mlx_tts.errors import TtsError


class _Group(click.Group):
    """Turns this package's errors into one line on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  what the command returned
        try:
            return super().invoke(ctx)
        except TtsError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dora-mlx-tts")
@click.option("-v", "--verbose", is_flag=True, help="Log what is done, on stderr.")
def cli(*, verbose: bool) -> None:
    """GPT-SoVITS speech for dora dataflows, synthesized with Apple MLX.

    Started by dora, without arguments, this is the dataflow node; by hand it has these commands.
    """
    level = logging.DEBUG if verbose else logging.WARNING
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )


for _command in (speak, phonemes, sentences, cut, voices, convert, download, doctor, bench):
    cli.add_command(_command)
