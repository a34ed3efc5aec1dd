"""`speak`: a text to an audio file, or to raw samples on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click
import numpy as np

from dora_mlx_tts.audio.io import write_audio, write_pcm
from dora_mlx_tts.cli.options import (
    config_option,
    given_speech,
    json_option,
    load_settings,
    print_json,
    speech_options,
)
from dora_mlx_tts.errors import TextError
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

_MAX_STDIN_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class _Report:
    """What was spoken and how fast."""

    file: str
    voice: str
    sample_rate: int
    duration_s: float
    fragments: int
    load_s: float
    first_fragment_s: float
    real_time_factor: float
    sentences: list[str]


@click.command()
@click.argument("text")
@click.option(
    "-o",
    "--output",
    required=True,
    help="File to write, WAV, FLAC or OGG by its suffix; - streams 16-bit PCM to stdout.",
)
@click.option("--voice", help="Voice to speak with; `voices list` names them.")
@speech_options
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu"]), help="Where the networks run.")
@config_option
@json_option
def speak(
    text: str,
    output: str,
    voice: str | None,
    device: str | None,
    config: Path | None,
    *,
    as_json: bool,
    **speech: Any,  # noqa: ANN401  settings of speech as strings
) -> None:
    """Speak TEXT (- reads it from stdin) into a file or to stdout."""
    if text == "-":
        text = _read_stdin()
    settings = load_settings(config, voice=voice, device=device)
    start = time.perf_counter()
    synthesizer = Synthesizer.load(settings=settings)
    ready = time.perf_counter()
    stream = synthesizer.stream(text, **given_speech(speech))
    fragments, first = _collect(stream, len(text), sys.stdout.buffer if output == "-" else None)
    end = time.perf_counter()
    samples = np.concatenate([fragment.samples for fragment in fragments])
    rate = fragments[0].sample_rate
    if output != "-":
        write_audio(Path(output), samples, rate)
    report = _Report(
        file=output,
        voice=synthesizer.voice.name,
        sample_rate=rate,
        duration_s=round(len(samples) / rate, 3),
        fragments=len(fragments),
        load_s=round(ready - start, 3),
        first_fragment_s=round(first - ready, 3),
        real_time_factor=round((end - ready) * rate / len(samples), 3),
        sentences=list({f.sentence_index: f.text for f in fragments}.values()),
    )
    _tell(report, as_json=as_json)


def _read_stdin() -> str:
    data = sys.stdin.buffer.read(_MAX_STDIN_BYTES + 1)
    if len(data) > _MAX_STDIN_BYTES:
        raise TextError(f"stdin must have at most {_MAX_STDIN_BYTES} bytes of text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TextError(f"stdin: not UTF-8: {error}") from error


def _collect(
    stream: Iterator[Fragment], length: int, raw: BinaryIO | None
) -> tuple[list[Fragment], float]:
    """All fragments and when the first came; `raw` gets each as soon as it is there."""
    fragments: list[Fragment] = []
    first = 0.0
    sentence = -1
    with click.progressbar(length=length, label="speaking", file=sys.stderr) as bar:
        for fragment in stream:
            first = first or time.perf_counter()
            fragments.append(fragment)
            if raw is not None:
                write_pcm(raw, fragment.samples)
                raw.flush()
            if fragment.sentence_index != sentence:
                sentence = fragment.sentence_index
                bar.update(len(fragment.text))
    return fragments, first


def _tell(report: _Report, *, as_json: bool) -> None:
    if report.file == "-":
        return
    if as_json:
        print_json(asdict(report))
        return
    click.echo(
        f"{report.file}: {report.duration_s:.2f} s of speech by {report.voice}, first fragment after"
        f" {report.first_fragment_s * 1000:.0f} ms, real-time factor {report.real_time_factor:.2f}"
    )
