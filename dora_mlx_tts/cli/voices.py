"""`voices`: which voices there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dora_mlx_tts.cli.options import config_option, json_option, load_settings, print_json
from dora_mlx_tts.cli.voices_edit import add, check, import_voices, remove, schema
from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.errors import PackError
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.voices.registry import VoiceRegistry
from dora_mlx_tts.voices.voice import Voice


@click.group()
def voices() -> None:
    """List voices, show what one is made of, add, check and remove them."""


for _command in (add, check, remove, schema, import_voices):
    voices.add_command(_command)


@voices.command("list")
@config_option
@json_option
def list_voices(config: Path | None, *, as_json: bool) -> None:
    """List the voices that ship and those in the configured folders."""
    registry = VoiceRegistry.scan(load_settings(config).voices)
    if as_json:
        broken = {name: str(error) for name, error in registry.broken.items()}
        print_json({"voices": [_summary(voice) for voice in registry], "broken": broken})
        return
    width = max((len(voice.name) for voice in registry), default=0)
    for voice in registry:
        languages = ", ".join(voice.languages)
        click.echo(f"{voice.name:<{width}}  {languages:<8}  {voice.description}")
    for name, error in registry.broken.items():
        click.echo(f"{name}: {error}", err=True)


@voices.command("show")
@click.argument("name")
@config_option
@json_option
def show_voice(name: str, config: Path | None, *, as_json: bool) -> None:
    """Show the voice NAME: its pack, reference and defaults."""
    settings = load_settings(config)
    voice = VoiceRegistry.scan(settings.voices).get(name)
    details = {**_details(voice), "settings": _speech_settings(settings, voice)}
    if as_json:
        print_json(details)
        return
    chosen = details.pop("settings")
    for key, value in details.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        click.echo(f"{key + ':':<13} {shown}")
    click.echo("settings of speech that are not built in:")
    for key, entry in chosen.items():
        click.echo(f"  {key + ':':<19} {entry['value']} ({entry['origin']})")


def _summary(voice: Voice) -> dict[str, Any]:
    return {
        "name": voice.name,
        "aliases": list(voice.aliases),
        "languages": list(voice.languages),
        "description": voice.description,
    }


def _details(voice: Voice) -> dict[str, Any]:
    return {
        **_summary(voice),
        "licence": voice.licence,
        "file": str(voice.file),
        "pack": str(voice.pack),
        "reference": str(voice.reference.audio),
        "text": voice.reference.text,
        "text_language": voice.reference.language,
        "auxiliary": [str(path) for path in voice.auxiliary],
        "styles": {name: str(style.audio) for name, style in voice.styles.items()},
        "prompt": str(voice.prompt) if voice.prompt else None,
        "defaults": dict(voice.defaults),
    }


def _speech_settings(settings: Settings, voice: Voice) -> dict[str, dict[str, Any]]:
    """Settings of speech that something but the built-in defaults decides: value and origin."""
    try:
        pack = Pack.open(voice.pack, verify=False).manifest.defaults
    except PackError as error:
        click.echo(f"pack: {error}", err=True)
        pack = {}
    layers = settings.speech_layers(voice.defaults, pack=pack)
    origins, values = layers.origins(), layers.settings().model_dump(mode="json")
    return {
        name: {"value": values[name], "origin": origins[name]}
        for name in SpeechSettings.model_fields
        if name in origins
    }
