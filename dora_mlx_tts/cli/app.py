"""The console script on the command line."""

from __future__ import annotations

from typing import Any, Final

import click

from dora_mlx_tts import __version__
from dora_mlx_tts.cli.help import LazyGroup
from dora_mlx_tts.cli.logs import log_to_stderr
from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.runtime.packages import explained

COMMANDS: Final = {
    "speak": "Speak a text: to a file, to the loudspeaker or to a pipe.",
    "voices": "List, show, add, check and remove voices.",
    "doctor": "Check the machine, the packages, dora, MLX and the voices.",
    "convert": "Convert GPT-SoVITS checkpoints to a pack.",
    "download": "Download public base models and convert them to packs.",
    "bench": "Measure how fast this machine speaks.",
    "serve": "Serve OpenAI's speech endpoint and Wyoming.",
    "phonemes": "Show how a text is read.",
    "sentences": "Show the sentences of a text.",
    "cut": "Split a text with a cut method of GPT-SoVITS or this package.",
}
"""Commands, the ones used most first."""


_COMPLETION: Final = """\b
Shell completion, here for bash (docs/command-line.md has the others):
eval "$(_DORA_MLX_TTS_COMPLETE=bash_source dora-mlx-tts)"
"""


class _Group(LazyGroup):
    """Turns this package's errors into one line on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  what the command returned
        try:
            return super().invoke(ctx)
        except TtsError as error:
            raise click.ClickException(str(error)) from error
        except ImportError as error:  # of a package that this one needs
            raise click.ClickException(str(explained(error))) from error


@click.group(
    cls=_Group,
    lazy=COMMANDS,
    package="dora_mlx_tts.cli",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_COMPLETION,
)
@click.version_option(__version__, prog_name="dora-mlx-tts")
@click.option("-v", "--verbose", is_flag=True, help="Log progress to stderr.")
def cli(*, verbose: bool) -> None:
    """GPT-SoVITS speech for dora dataflows, synthesized with Apple MLX.

    When dora starts it without arguments, this is the dataflow node; on the command line it has these commands.
    """
    log_to_stderr(verbose=verbose)
