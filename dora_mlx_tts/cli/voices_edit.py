"""`voices add`, `check`, `remove`, `schema` and `import`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions
from dora_mlx_tts.cli.options import config_option, json_option, load_settings, print_json
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.packs.manifest import STORAGES
from dora_mlx_tts.tools.voices.check import VoiceCheck, check_voice
from dora_mlx_tts.tools.voices.create import NewReference, NewVoice, add_voice, remove_voice
from dora_mlx_tts.tools.voices.importers import (
    FoundVoice,
    character_voice,
    choose,
    install,
    primespeech_voices,
)
from dora_mlx_tts.tools.voices.schema import voice_schema
from dora_mlx_tts.voices.registry import VoiceRegistry
from dora_mlx_tts.voices.voice import read_voice

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_PATH = click.Path(path_type=Path)
_to_option = click.option(
    "--to",
    "folder",
    type=_FOLDER,
    help="Voice folder; defaults to the first of the setting `voices`.",
)
_overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what exists.")
_MARKS = {"good": "ok", "warning": "could be better", "error": "ERROR"}


def _folder(given: Path | None, settings: Settings) -> Path:
    if given is not None:
        return given
    if not settings.voices:
        raise VoiceError(
            "no voice folder; give --to, or name one with the setting `voices`"
            " (DORA_MLX_TTS_VOICES)"
        )
    return settings.voices[0]


@click.command("add")
@click.argument("name")
@click.option("--audio", type=_FILE, required=True, help="Recording of 3 to 10 s of speech.")
@click.option("--text", help="Its exact transcript; without one only the timbre is kept.")
@click.option("--language", default="auto", show_default=True, help="Language of the transcript.")
@click.option(
    "--pack",
    type=_FOLDER,
    required=True,
    help="Folder of the pack; `starter` is the one that ships.",
)
@click.option(
    "--auxiliary", type=_FILE, multiple=True, help="Additional recordings for the timbre."
)
@click.option(
    "--languages", default="", help="Languages that the voice speaks well, such as en,zh."
)
@click.option("--description", default="", help="Description for people.")
@click.option("--licence", default="", help="Licence of recording and pack.")
@click.option("--alias", "aliases", multiple=True, help="An additional name.")
@_to_option
@_overwrite_option
@config_option
@json_option
def add(
    name: str,
    folder: Path | None,
    config: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
    **given: Any,  # noqa: ANN401  click's values
) -> None:
    """Add the voice NAME from a recording, its transcript and a pack."""
    settings = load_settings(config)
    target = _folder(folder, settings)
    new = NewVoice(
        name,
        _pack(given["pack"]),
        NewReference(given["audio"], given["text"], given["language"]),
        auxiliary=given["auxiliary"],
        description=given["description"],
        licence=given["licence"],
        languages=[code.strip() for code in given["languages"].split(",") if code.strip()],
        aliases=given["aliases"],
    )
    voice = add_voice(target, new, settings.voices, overwrite=overwrite)
    result = check_voice(voice)
    if as_json:
        print_json({"file": str(voice.file), **_check_document(result)})
    else:
        click.echo(f"{voice.name}: {voice.file}")
        _show(result)
    if not result.usable:
        sys.exit(1)


def _pack(given: Path) -> Path:
    """A folder as seen from here; a bare name may also be one of the folders of voices."""
    return given.resolve() if given.is_dir() else given


@click.command("check", short_help="Check the voice NAME, or a voice file.")
@click.argument("name")
@config_option
@json_option
def check(name: str, config: Path | None, *, as_json: bool) -> None:
    """Check the voice NAME (or a voice file): whether it can be used, and what would improve it."""
    settings = load_settings(config)
    path = Path(name)
    if path.suffix in {".yml", ".yaml"}:
        voice = read_voice(path, [path.parent, *settings.voices])
    else:
        voice = VoiceRegistry.scan(settings.voices).get(name)
    result = check_voice(voice)
    if as_json:
        print_json(_check_document(result))
    else:
        _show(result)
    if not result.usable:
        sys.exit(1)


def _check_document(result: VoiceCheck) -> dict[str, Any]:
    findings = [
        {"about": f.about, "weight": f.weight, "text": f.text, "advice": f.advice}
        for f in result.findings
    ]
    return {"voice": result.name, "usable": result.usable, "findings": findings}


def _show(result: VoiceCheck) -> None:
    for finding in result.findings:
        advice = f"; {finding.advice}" if finding.advice else ""
        click.echo(f"  {_MARKS[finding.weight]}: {finding.about}: {finding.text}{advice}")


@click.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def remove(name: str, config: Path | None, *, yes: bool) -> None:
    """Delete the voice NAME and its recordings, but not its pack."""
    voice = VoiceRegistry.scan(load_settings(config).voices).get(name)
    if not yes:
        click.confirm(f"Delete {voice.file} and the recordings beside it?", abort=True, err=True)
    for path in remove_voice(voice):
        click.echo(f"deleted {path}")


@click.command("schema")
def schema() -> None:
    """Print the JSON schema of voice files, for editors."""
    print_json(voice_schema())


@click.group("import")
def import_voices() -> None:
    """Import voices of other tools."""


def _import_options(command: Any) -> Any:  # noqa: ANN401  any command
    for option in (
        click.option("--storage", type=click.Choice(sorted(STORAGES)), default="float16"),
        click.option("--licence", default="unknown", show_default=True, help="SPDX expression."),
        _to_option,
        _overwrite_option,
        config_option,
        json_option,
    ):
        command = option(command)
    return command


@import_voices.command("primespeech")
@click.argument("tree", type=_FOLDER)
@click.option(
    "--table", type=_FILE, required=True, help="VOICE_CONFIGS as YAML, JSON, or in config.py."
)
@click.option("--voice", "names", multiple=True, help="Import only this voice; may be repeated.")
@_import_options
def primespeech(tree: Path, table: Path, names: Sequence[str], **options: Any) -> None:  # noqa: ANN401  click's values
    """Convert the voices in dora-primespeech's model folder TREE."""
    _install(choose(primespeech_voices(tree, table), names), options)


@import_voices.command("character")
@click.argument("folder_of_character", metavar="FOLDER", type=_FOLDER)
@click.option("--ssl", type=_FOLDER, help="Folder of chinese-hubert-base.")
@click.option("--bert", type=_FOLDER, help="Folder of chinese-roberta-wwm-ext-large.")
@click.option("--speaker", type=_FILE, help="Speaker verification network (v2Pro).")
@click.option("--vocoder", type=_PATH, help="Vocoder file or folder (v3, v4, v5).")
@click.option("--base", type=_FILE, help="Base model of a LoRA (v3, v4, v5).")
@_import_options
def character(folder_of_character: Path, **options: Any) -> None:  # noqa: ANN401  click's values
    """Convert a character's FOLDER: weights and recordings."""
    parts = {name: options.pop(name) for name in ("ssl", "bert", "speaker", "vocoder", "base")}
    nowhere = Path()
    base = ConversionSources(nowhere, nowhere, **parts)
    _install([character_voice(folder_of_character, base)], options)


def _install(found: Sequence[FoundVoice], options: Mapping[str, Any]) -> None:
    target = _folder(options["folder"], load_settings(options["config"]))
    packing = PackOptions(
        storage=options["storage"], licence=options["licence"], overwrite=options["overwrite"]
    )
    target.expanduser().mkdir(parents=True, exist_ok=True)
    documents = []
    for one in found:
        voice, report = install(one, target, packing)
        documents.append({"file": str(voice.file), "report": report.to_json()})
        if not options["as_json"]:
            styles = f", styles {', '.join(voice.styles)}" if voice.styles else ""
            click.echo(f"{voice.name}: {voice.file}{styles}")
            click.echo(report.to_text())
    if options["as_json"]:
        print_json({"voices": documents})
