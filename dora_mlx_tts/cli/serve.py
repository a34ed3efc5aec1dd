"""`serve`: speech for programs that use OpenAI's endpoint or Wyoming."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from dora_mlx_tts.cli.options import config_option, load_settings
from dora_mlx_tts.errors import BackendError
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

if TYPE_CHECKING:
    from dora_mlx_tts.server.serve import Opened


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8088,
    show_default=True,
    help="Port of OpenAI's endpoint.",
)
@click.option(
    "--wyoming-port",
    type=click.IntRange(0, 65535),
    default=10200,
    show_default=True,
    help="Port of Wyoming.",
)
@click.option("--no-wyoming", is_flag=True, help="Do not listen for Wyoming.")
@click.option(
    "--key",
    envvar="DORA_MLX_TTS_KEY",
    default="",
    help="Key that HTTP clients must send, better given as DORA_MLX_TTS_KEY.",
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 1000),
    default=8,
    show_default=True,
    help="Requests served at once, in turns.",
)
@click.option(
    "--characters",
    type=click.IntRange(1, 1_000_000),
    default=4096,
    show_default=True,
    help="Longest text.",
)
@click.option("--voice", help="Voice for requests that name none; `voices list` shows all.")
@config_option
def serve(  # noqa: PLR0913, PLR0917  one argument per option
    host: str,
    port: int,
    wyoming_port: int,
    key: str,
    parallel: int,
    characters: int,
    voice: str | None,
    config: Path | None,
    *,
    no_wyoming: bool,
) -> None:
    """Serve OpenAI's speech endpoint over HTTP, and Wyoming.

    Needs the extra `server`. Loading takes some seconds; /ready says when it is done.
    """
    openai_door, doors = _doors()
    settings = load_settings(config, voice=voice)
    if not _is_loopback(host) and not key:
        click.echo(
            f"warning: anybody who can reach {host} can use this server; see --key", err=True
        )
    if not _is_loopback(host) and not no_wyoming:
        click.echo("warning: Wyoming has no keys; see --no-wyoming", err=True)

    def tell(opened: Opened) -> None:
        click.echo(f"OpenAI: http://{host}:{opened.port}/v1", err=True)
        if opened.wyoming_port is not None:
            click.echo(f"Wyoming: tcp://{host}:{opened.wyoming_port}", err=True)

    doors.serve(
        lambda: Synthesizer.load(settings=settings),
        settings,
        doors.Doors(
            host=host,
            port=port,
            wyoming_port=None if no_wyoming else wyoming_port,
            parallel=parallel,
            limits=openai_door.Limits(characters, key),
        ),
        tell,
    )


def _doors() -> tuple[ModuleType, ModuleType]:
    """The modules that need the extra."""
    try:
        from dora_mlx_tts.server import openai_door, serve  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise BackendError(
            f"`serve` needs an extra ({error.name} is missing): pip install 'dora-mlx-tts[server]'"
        ) from error
    return openai_door, serve


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
