"""`sentences`: how a text that arrives in pieces is divided into sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import click

from dora_mlx_tts.cli.jsonl import (
    Document,
    answer_lines,
    field,
    read_text,
    require_stdin,
    write_json,
)
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.text.markup.ssml import Policy
from dora_mlx_tts.text.sentences.scanner import Mode, ScannerOptions, SentenceScanner


@click.command()
@click.argument("text")
@click.option("--mode", type=click.Choice(get_args(Mode)), default="sentence", show_default=True)
@click.option(
    "--min-chars", type=click.IntRange(0), default=0, help="Join sentences shorter than this."
)
@click.option(
    "--max-chars", type=click.IntRange(0), default=0, help="Divide longer sentences at a clause."
)
@click.option("--first-clause", is_flag=True, help="End the first sentence at its first clause.")
@click.option(
    "--speech",
    type=click.Choice(get_args(Policy)),
    default="text",
    show_default=True,
    help="How to treat SSML, {hang2} and {1s}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document only.")
@click.option("--jsonl", is_flag=True, help="With -: answer JSON lines of chunks and options.")
def sentences(text: str, *, as_json: bool, jsonl: bool, **options: object) -> None:
    """Show the sentences in which TEXT would be spoken, without markup (- reads standard input)."""
    require_stdin(text, jsonl=jsonl)
    if jsonl:
        answer_lines(lambda line: _answer(line, options))
        return
    found = _scan([read_text(text)], ScannerOptions.from_dict(options))
    if as_json:
        write_json({"sentences": found})
        return
    for sentence in found:
        click.echo(sentence)


def _answer(line: Document, defaults: Document) -> Document:
    chunks: list[object] = field(line, "chunks", list)
    texts = [chunk for chunk in chunks if isinstance(chunk, str)]
    if len(texts) < len(chunks):
        raise SettingError("'chunks' must be a list of strings")
    options: dict[str, object] = field(line, "options", dict, {})
    return {"sentences": _scan(texts, ScannerOptions.from_dict({**defaults, **options}))}


def _scan(chunks: Iterable[str], options: ScannerOptions) -> list[str]:
    scanner = SentenceScanner(options)
    found = [sentence for chunk in chunks for sentence in scanner.feed(chunk)]
    return [sentence.text for sentence in [*found, *scanner.flush()]]
