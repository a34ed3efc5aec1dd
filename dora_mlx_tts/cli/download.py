"""`download`: public base models from a hub, converted to packs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dora_mlx_tts.checkpoints.base_models import SETS, BaseModel, base_model
from dora_mlx_tts.checkpoints.convert import PackOptions, convert
from dora_mlx_tts.checkpoints.hub import Hub, HubFile, missing_bytes
from dora_mlx_tts.cli.convert import self_test
from dora_mlx_tts.cli.options import config_option, json_option, load_settings, print_json
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import DownloadError
from dora_mlx_tts.packs.manifest import STORAGES

_FOLDER = click.Path(file_okay=False, path_type=Path)
_ASKED_BYTES = 300_000_000
DOWNLOADS, PACKS = "downloads", "packs"


@click.command("download")
@click.argument("names", nargs=-1, metavar="[SET]...")
@click.option(
    "--to",
    "folder",
    type=_FOLDER,
    help="Folder for packs; defaults to `packs` in the first voice folder.",
)
@click.option(
    "--storage", type=click.Choice(sorted(STORAGES)), default="float16", show_default=True
)
@click.option("--endpoint", help="Address of a mirror; defaults to HF_ENDPOINT.")
@click.option("--no-convert", is_flag=True, help="Only download the files.")
@click.option("--check", is_flag=True, help="Let each new pack speak a few tokens.")
@click.option("--overwrite", is_flag=True, help="Replace existing packs.")
@click.option("--yes", is_flag=True, help="Do not ask before a large download.")
@config_option
@json_option
def download(names: Sequence[str], config: Path | None, *, as_json: bool, **options: Any) -> None:  # noqa: ANN401  click's values
    """Download base models and convert them to packs; without a SET, list the sets."""
    if not names:
        _list(as_json=as_json)
        return
    settings = load_settings(config)
    documents = [
        _one(base_model(name), settings, as_json=as_json, **options)
        for name in dict.fromkeys(names)
    ]
    if as_json:
        print_json({"sets": documents})


def _list(*, as_json: bool) -> None:
    if as_json:
        sets = {
            name: {
                "about": model.about,
                "files": list(model.files),
                "licences": list(model.licences),
                "unseen": model.unseen,
            }
            for name, model in SETS.items()
        }
        print_json({"sets": sets})
        return
    width = max(len(name) for name in SETS)
    for name, model in SETS.items():
        click.echo(f"{name:<{width}}  {model.about}")


def _one(
    model: BaseModel,
    settings: Settings,
    *,
    as_json: bool,
    yes: bool,
    **options: Any,  # noqa: ANN401  click's values
) -> dict[str, Any]:
    hub = Hub(
        model.repository,
        settings.cache.expanduser() / DOWNLOADS,
        endpoint=options["endpoint"],
    )
    target = None if options["no_convert"] else _target(options["folder"], settings)
    files = hub.plan(model.files)
    _announce(model, files)
    _ask(files, yes=yes)
    hub.require_room(files)
    for file in files:
        hub.fetch(file)
    document: dict[str, Any] = {
        "name": model.name,
        "folder": str(hub.folder),
        "files": [file.name for file in files],
        "read_bytes": missing_bytes(files),
        "licences": list(model.licences),
    }
    sources = model.sources(hub.folder)
    if target is None or sources is None:
        _say(f"{model.name}: {hub.folder}", as_json=as_json)
        return document
    packing = PackOptions(
        storage=options["storage"],
        name=model.name,
        licence="MIT AND Apache-2.0",
        overwrite=options["overwrite"],
        share=True,
    )
    report = convert(sources, target / model.name, packing)
    _say(report.to_text(), as_json=as_json)
    document["pack"] = report.to_json()
    if options["check"]:
        found = self_test(report.pack)
        document["check"] = found.to_json()
        _say(f"  {found.to_text()}", as_json=as_json)
    return document


def _target(folder: Path | None, settings: Settings) -> Path:
    if folder is not None:
        return folder
    if not settings.voices:
        raise DownloadError(
            "no folder for packs; give --to, name a voice folder with the setting `voices`"
            " (DORA_MLX_TTS_VOICES), or only download the files (--no-convert)"
        )
    return settings.voices[0].expanduser() / PACKS


def _announce(model: BaseModel, files: Sequence[HubFile]) -> None:
    here = sum(file.size for file in files if file.here)
    click.echo(
        f"{model.name} from {model.repository}: {missing_bytes(files) / 1e6:.0f} MB to read,"
        f" {here / 1e6:.0f} MB already here",
        err=True,
    )
    for licence in model.licences:
        click.echo(f"  licence: {licence}", err=True)


def _ask(files: Sequence[HubFile], *, yes: bool) -> None:
    size = missing_bytes(files)
    if yes or size < _ASKED_BYTES:
        return
    if not sys.stdin.isatty():
        raise DownloadError(
            f"{size / 1e9:.2f} GB would be downloaded; use --yes where nobody can answer"
        )
    click.confirm(f"Read {size / 1e9:.2f} GB?", abort=True, err=True)


def _say(text: str, *, as_json: bool) -> None:
    if not as_json:
        click.echo(text)
