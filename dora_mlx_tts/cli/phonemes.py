"""`phonemes`: how a text would be read."""

from __future__ import annotations

from typing import Any

import click

from dora_mlx_tts.cli.jsonl import (
    Document,
    answer_lines,
    field,
    read_text,
    require_stdin,
    write_json,
)
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.phonemes import Phonemes

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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document only.")
@click.option(
    "--jsonl", is_flag=True, help="With -: answer JSON lines of text, language and version."
)
def phonemes(text: str, language: str, version: str, *, as_json: bool, jsonl: bool) -> None:
    """Show the normalized text and the phones of TEXT (- reads standard input).

    A text with nothing to pronounce is shown as the pause the reference would make of it.
    """
    require_stdin(text, jsonl=jsonl)
    reader = _Reader(language, version)
    if jsonl:
        answer_lines(reader.answer)
        return
    result = reader.read(read_text(text), language, version)
    if as_json:
        write_json(_document(result))
        return
    for span in result.spans:
        click.echo(f"{span.language}: {span.norm_text}\n    {' '.join(span.symbols)}")


class _Reader:
    """Front ends by symbol inventory, each made when it is first asked for."""

    def __init__(self, language: str, version: str) -> None:
        self._language = language
        self._version = version
        self._front_ends: dict[str, FrontEnd] = {}

    def read(self, text: str, language: str, version: str) -> Phonemes:
        if version not in self._front_ends:
            self._front_ends[version] = FrontEnd(version)
        return self._front_ends[version].phonemize(text, language, allow_silence=True)

    def answer(self, line: Document) -> Document:
        language = field(line, "language", str, self._language)
        version = field(line, "version", str, self._version)
        return _document(self.read(field(line, "text", str), language, version))


def _document(result: Phonemes) -> dict[str, Any]:
    return {
        "norm_text": result.norm_text,
        "phones": list(result.symbols),
        "word2ph": None if result.word2ph is None else list(result.word2ph),
        "spans": [[span.language, span.text] for span in result.spans],
    }
