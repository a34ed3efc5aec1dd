"""`cut`: shows how a text is divided."""

from __future__ import annotations

import click

from dora_mlx_tts.cli.jsonl import (
    Document,
    answer_lines,
    field,
    read_text,
    require_stdin,
    write_json,
)
from dora_mlx_tts.text.sentences.reference_cut import METHODS, cut_lines
from dora_mlx_tts.text.sentences.reference_cut import cut as cut_text


@click.command()
@click.argument("text")
@click.option("--method", type=click.Choice(METHODS), default="split", show_default=True)
@click.option(
    "--language",
    "-l",
    default="zh",
    show_default=True,
    help="Language, which decides the stops that are added.",
)
@click.option(
    "--raw",
    is_flag=True,
    help="Show the plain result of the method, without joining and added stops.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document only.")
@click.option(
    "--jsonl", is_flag=True, help="With -: answer JSON lines of text, language, method and raw."
)
def cut(text: str, method: str, language: str, *, raw: bool, as_json: bool, jsonl: bool) -> None:
    """Split TEXT with one of GPT-SoVITS' cut methods or this package's; - reads standard input."""
    require_stdin(text, jsonl=jsonl)
    if jsonl:
        answer_lines(lambda line: _answer(line, method, language, raw=raw))
        return
    pieces = _pieces(read_text(text), method, language, raw=raw)
    if as_json:
        write_json({"pieces": pieces})
        return
    for piece in pieces:
        click.echo(piece)


def _answer(line: Document, method: str, language: str, *, raw: bool) -> Document:
    pieces = _pieces(
        field(line, "text", str),
        field(line, "method", str, method),
        field(line, "language", str, language),
        raw=field(line, "raw", bool, raw),
    )
    return {"pieces": pieces}


def _pieces(text: str, method: str, language: str, *, raw: bool) -> list[str]:
    if raw:
        return cut_lines(text, method).split("\n")
    return cut_text(text, method, language)
