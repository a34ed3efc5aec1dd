"""``dora-mlx-tts convert``: checkpoint files in, a voice pack out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from dora_mlx_tts.checkpoints import convert as conversion
from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions
from dora_mlx_tts.checkpoints.encode import no_progress
from dora_mlx_tts.checkpoints.report import ConversionReport
from dora_mlx_tts.cli.options import json_option, print_json
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.packs.manifest import STORAGES
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.tools.self_test import SelfTest, check_pack

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_EITHER = click.Path(path_type=Path)
_EVERY = 50  # tensors between two lines of progress


def _show_progress(part: str, done: int, total: int) -> None:
    if done % _EVERY == 0 or done == total:
        click.echo(f"\r{part}: {done}/{total} tensors", err=True, nl=done == total)


@click.command("convert")
@click.option("--gpt", type=_FILE, required=True, help="T2S checkpoint (.ckpt).")
@click.option("--sovits", type=_FILE, required=True, help="SoVITS checkpoint (.pth).")
@click.option("--ssl", type=_FOLDER, help="Folder of chinese-hubert-base.")
@click.option("--bert", type=_FOLDER, help="Folder of chinese-roberta-wwm-ext-large.")
@click.option("--speaker", type=_FILE, help="Speaker verification network (v2Pro).")
@click.option("--vocoder", type=_EITHER, help="Vocoder file or folder (v3, v4, v5).")
@click.option("--base", type=_FILE, help="Base model that a LoRA was trained on (v3, v4, v5).")
@click.option(
    "--family",
    type=click.Choice(["v2Pro", "v2ProPlus", "v3", "v4", "v5dev", "v5turbo"]),
    help="Which one it is, where the SoVITS file does not say.",
)
@click.option("-o", "--out", type=_FOLDER, required=True, help="The pack's folder.")
@click.option(
    "--storage",
    type=click.Choice(sorted(STORAGES)),
    default="float16",
    show_default=True,
    help="Precision on disk.",
)
@click.option("--name", default="", help="The pack's name.")
@click.option("--licence", default="unknown", show_default=True, help="SPDX expression.")
@click.option("--languages", default="", help="What the voice speaks, such as zh,en.")
@click.option(
    "--reference-encoder/--no-reference-encoder",
    default=True,
    help="Keep what turns new reference audio into codes.",
)
@click.option(
    "--share", is_flag=True, help="Keep base parts once for all packs, in parts/ beside them."
)
@click.option(
    "--default",
    "defaults",
    metavar="NAME=VALUE",
    multiple=True,
    help="Setting of speech that suits the networks, such as top_k=5; may be given again.",
)
@click.option("--overwrite", is_flag=True, help="Replace a pack that is there already.")
@click.option("--check", is_flag=True, help="Load the pack then, and let it speak a few tokens.")
@json_option
def convert(*, as_json: bool, **options: Any) -> None:  # noqa: ANN401 (click's values)
    """Make a voice pack from GPT-SoVITS checkpoints, without running anything in them."""
    report = _run(options, quiet=as_json)
    if not as_json:
        click.echo(report.to_text())
    found = self_test(report.pack) if options["check"] else None
    if as_json:
        print_json({**report.to_json(), "check": found.to_json() if found else None})
    elif found:
        click.echo(f"  {found.to_text()}")


def self_test(pack: Path) -> SelfTest:
    """Let a pack speak on this machine's device.

    Raises:
        WeightsError: It cannot be loaded, or what it gives is no sound.
    """
    blas.accelerate()
    return check_pack(pack, device.select("auto"))


def _defaults(given: Sequence[str]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in given]
    for name, _, value in pairs:
        if not name or not value:
            raise click.BadParameter(must_be("--default", "like top_k=5", f"{name}={value}"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _run(options: Mapping[str, Any], *, quiet: bool) -> ConversionReport:
    sources = ConversionSources(
        **{field.name: options[field.name] for field in fields(ConversionSources)}
    )
    described = PackOptions(
        storage=options["storage"],
        name=options["name"],
        licence=options["licence"],
        languages=tuple(word.strip() for word in options["languages"].split(",") if word.strip()),
        reference_encoder=options["reference_encoder"],
        overwrite=options["overwrite"],
        share=options["share"],
        defaults=_defaults(options["defaults"]),
    )
    return conversion.convert(
        sources, options["out"], described, progress=no_progress if quiet else _show_progress
    )
