"""`phonemes`: shows how a text would be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import click

from dora_mlx_tts.cli.jsonl import (
    Document,
    answer_lines,
    field,
    read_text,
    require_stdin,
    write_json,
)
from dora_mlx_tts.cli.options import config_option, load_settings
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.lexicon import Lexicon
from dora_mlx_tts.text.markup.ssml import Policy
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.text.sentences.pieces import undivided_text

DEFAULT_LANGUAGE = "auto"
DEFAULT_VERSION = "v2"


@click.command()
@click.argument("text")
@click.option(
    "--language", "-l", default=DEFAULT_LANGUAGE, show_default=True, help="zh, en, auto, all_zh …"
)
@click.option(
    "--version",
    type=click.Choice(["v1", "v2"]),
    default=DEFAULT_VERSION,
    show_default=True,
    help="Symbol inventory of the model.",
)
@click.option(
    "--lexicon", type=click.Path(dir_okay=False, path_type=Path), help="YAML file of readings."
)
@click.option(
    "--markup", type=click.Choice(get_args(Policy)), help="How to treat SSML, {hang2} and {1s}."
)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document only.")
@click.option(
    "--jsonl", is_flag=True, help="With -: answer JSON lines of text, language and version."
)
def phonemes(
    text: str,
    language: str,
    version: str,
    *,
    lexicon: Path | None,
    markup: Policy | None,
    config: Path | None,
    as_json: bool,
    jsonl: bool,
) -> None:
    """Show the normalized text and the phones of TEXT (- reads standard input).

    A text with nothing to pronounce is shown as the pause that the reference implementation makes of it.
    """
    require_stdin(text, jsonl=jsonl)
    settings = load_settings(config, lexicon=lexicon, speech_markup=markup)
    reader = _Reader(language, version, settings)
    if jsonl:
        answer_lines(reader.answer)
        return
    parts = reader.read(read_text(text), language, version)
    if as_json:
        write_json(_document(parts))
        return
    for span in (span for part in parts for span in part.spans):
        click.echo(f"{span.language}: {span.norm_text}\n    {' '.join(span.symbols)}")


class _Reader:
    """Front ends by symbol inventory, each made when it is first asked for."""

    def __init__(self, language: str, version: str, settings: Settings) -> None:
        self._language = language
        self._version = version
        self._markup = settings.speech_markup
        self._polyphone_model = settings.polyphone_model
        self._lexicon = Lexicon.load(settings.lexicon) if settings.lexicon else None
        self._front_ends: dict[str, FrontEnd] = {}

    def read(self, text: str, language: str, version: str) -> list[Phonemes]:
        """Phones of a text, in parts where markup divides it."""
        if version not in self._front_ends:
            self._front_ends[version] = FrontEnd(
                version, lexicon=self._lexicon, polyphone_model=self._polyphone_model
            )
        front_end = self._front_ends[version]
        return [
            front_end.phonemize(part.text, language, readings=part.readings, allow_silence=True)
            for part in undivided_text(text, self._markup)
        ]

    def answer(self, line: Document) -> Document:
        language = field(line, "language", str, self._language)
        version = field(line, "version", str, self._version)
        return _document(self.read(field(line, "text", str), language, version))


def _document(parts: Sequence[Phonemes]) -> dict[str, Any]:
    counts = [part.word2ph for part in parts]
    known = None if None in counts else [n for part in counts for n in part or ()]
    return {
        "norm_text": "".join(part.norm_text for part in parts),
        "phones": [symbol for part in parts for symbol in part.symbols],
        "word2ph": known,
        "spans": [[span.language, span.text] for part in parts for span in part.spans],
    }
