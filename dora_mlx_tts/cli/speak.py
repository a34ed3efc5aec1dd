"""`speak`: a text to an audio file, to the loudspeaker or to stdout."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from dora_mlx_tts.cli import outputs
from dora_mlx_tts.cli.help import GroupedCommand, GroupedOption
from dora_mlx_tts.cli.logs import log_to_stderr
from dora_mlx_tts.cli.options import given_speech, load_settings, print_json, speech_options
from dora_mlx_tts.cli.source import read_source
from dora_mlx_tts.config.languages import canonical
from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.errors import EmptyTextError, SynthesisError, TextError
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.text.foreign import latin_language, script_language
from dora_mlx_tts.text.sentences.pieces import whole_text
from dora_mlx_tts.text.sentences.split import fitted
from dora_mlx_tts.text.spoken import SpokenSentence
from dora_mlx_tts.voices.voice import Voice

if TYPE_CHECKING:
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


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
    failed: list[dict[str, Any]]


def _option(*names: str, **kwargs: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401  click's
    return click.option(*names, cls=GroupedOption, **kwargs)


@click.command(cls=GroupedCommand)
@click.argument("text", required=False)
@_option("-o", "--output", metavar="FILE", help="Output file, its format by suffix (wav, flac, ogg, mp3, opus); - is stdout.")  # fmt: skip
@_option("-p", "--play", is_flag=True, help="Play it while it is made.")
@_option("-f", "--file", type=_FILE, metavar="FILE", help="Read the text from a file.")
@_option("--voice", metavar="NAME", help="Voice to speak with; `voices list` shows all.")
@speech_options
@_option("--format", "kind", type=click.Choice(outputs.KINDS), group="Output", help="Format of the file or of stdout, where raw is the default.")  # fmt: skip
@_option("--srt", type=_FILE, metavar="FILE", group="Output", help="Also write subtitles (SRT), timed by word.")  # fmt: skip
@_option("--vtt", type=_FILE, metavar="FILE", group="Output", help="Also write subtitles (WebVTT), each word with its time.")  # fmt: skip
@_option("--json", "as_json", is_flag=True, group="Output", help="Print one JSON document only.")
@_option("-v", "--verbose", is_flag=True, group="Output", help="Log progress to stderr.")
@_option("--filter/--no-filter", "filters", default=None, group="Text", help="Leave out Markdown, emoji and tags, as the node does.", show_default="as the settings say")  # fmt: skip
@_option("--device", type=click.Choice(["auto", "cpu", "gpu"]), group="Machine", rare=True, help="Device that runs the networks.")  # fmt: skip
@_option("--config", type=_FILE, group="Machine", rare=True, help="Configuration file instead of dora-mlx-tts.yml.")  # fmt: skip
def speak(
    text: str | None,
    file: Path | None,
    voice: str | None,
    config: Path | None,
    *,
    as_json: bool,
    verbose: bool,
    filters: bool | None,
    **options: Any,  # noqa: ANN401  click's values, settings of speech as strings among them
) -> None:
    """Speak TEXT (- reads it from stdin).

    \b
    dora-mlx-tts speak "Hello there." --play
    dora-mlx-tts speak --file story.md -o story.mp3 --srt story.srt
    """  # noqa: D301  click's mark for lines that stay as they are
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer  # noqa: PLC0415  MLX; help needs none

    if verbose:
        log_to_stderr(verbose=True)
    targets = _targets(options, as_json=as_json)
    source = read_source(text, file)
    settings = load_settings(config, voice=voice, device=options["device"], text_filters=filters)
    speech = given_speech(options)
    start = time.perf_counter()
    # Words that are spoken and discarded pay off in a process that goes on; here they delay the first sound.
    synthesizer = Synthesizer.load(settings=settings, warm_up=False)
    ready = time.perf_counter()
    manner = synthesizer.prepare(settings.voice).speech(settings, speech)
    run = _Run(synthesizer, _script(source, settings, manner), speech)
    _warn_of_language(source, synthesizer.voice, settings.speech(request=speech).language)
    fragments, first = _collect(run, targets, len(source))
    end = time.perf_counter()
    with _quiet_for_readers():
        for target in targets:
            target.finish(fragments)
    length = sum(fragment.duration_s for fragment in fragments)
    report = _Report(
        file=options["output"] or "",
        voice=synthesizer.voice.name,
        sample_rate=fragments[0].sample_rate,
        duration_s=round(length, 3),
        fragments=len(fragments),
        load_s=round(ready - start, 3),
        first_fragment_s=round(first - ready, 3),
        real_time_factor=round((end - ready) / length, 3),
        sentences=list({f.sentence_index: f.text for f in fragments}.values()),
        failed=run.failed,
    )
    _tell(report, len(run.script), as_json=as_json)


def _targets(options: dict[str, Any], *, as_json: bool) -> list[outputs.Output]:
    if as_json and options["output"] == outputs.STDOUT:
        raise click.UsageError("--json and -o - both need stdout: give -o FILE")
    files = [Path(str(options[name])) for name in ("output", "srt", "vtt") if options[name]]
    if len({file.resolve() for file in files}) < len(files):
        raise click.UsageError("-o, --srt and --vtt must be different files")
    targets = outputs.plan(options["output"], options["kind"], play=options["play"])
    for form in ("srt", "vtt"):
        if options[form] is not None:
            targets.append(outputs.subtitles(options[form], form))
    return targets


def _script(text: str, settings: Settings, manner: SpeechSettings) -> list[SpokenSentence]:
    """The sentences of a text, divided as the node divides it."""
    whole = whole_text(text, settings.speech_markup, filters=settings.text_filters)
    script = list(fitted(whole.sentences, manner.join_short, manner.short_parts))
    if not script:
        raise EmptyTextError("the text holds nothing that can be pronounced")
    return script


@dataclass
class _Run:
    """Speaks sentences; one that fails does not take the others with it."""

    synthesizer: Synthesizer
    script: Sequence[SpokenSentence]
    speech: dict[str, Any]
    failed: list[dict[str, Any]] = field(default_factory=list)

    def fragments(self) -> Iterator[Fragment]:
        """All of them, counted through; raises the first error where no sentence could be spoken."""
        options = {**self.speech, "join_short": False, "short_parts": False}  # done already
        at, index, seconds, first = 0, 0, 0.0, None
        while at < len(self.script):
            fragment = None
            try:
                for fragment in self.synthesizer.stream(self.script[at:], **options):
                    yield _moved(fragment, index, seconds)
                break
            except (TextError, SynthesisError) as error:
                if error.sentence is None:
                    raise
                first = first or error
                at += error.sentence
                if options.get("mode") == "throughput":  # together; which one is wrong shows alone
                    options["mode"] = "latency"
                else:
                    self._failed(at, error)
                    at += 1
            if fragment is not None:
                index += fragment.sentence_index + 1
                seconds += fragment.start_s + fragment.duration_s
        if first is not None and len(self.failed) == len(self.script):
            raise first

    def _failed(self, number: int, error: Exception) -> None:
        text = self.script[number].text
        self.failed.append({"sentence": number + 1, "text": text, "error": str(error)})
        if len(self.script) > 1:  # of a text with one sentence the error says it all
            click.echo(f"sentence {number + 1} is left out: {error}", err=True)


def _moved(fragment: Fragment, index: int, seconds: float) -> Fragment:
    if not index and not seconds:
        return fragment
    words = tuple(
        dataclasses.replace(word, start_s=word.start_s + seconds, end_s=word.end_s + seconds)
        for word in fragment.words
    )
    return dataclasses.replace(
        fragment,
        sentence_index=fragment.sentence_index + index,
        start_s=fragment.start_s + seconds,
        words=words,
    )


def _collect(
    run: _Run, targets: Sequence[outputs.Output], length: int
) -> tuple[list[Fragment], float]:
    """All fragments and when the first came; outputs get each as soon as it is there."""
    fragments: list[Fragment] = []
    first = 0.0
    sentence = -1
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=length, label="speaking", file=sys.stderr, hidden=hidden) as bar:
        for fragment in run.fragments():
            first = first or time.perf_counter()
            fragments.append(fragment)
            with _quiet_for_readers():
                for target in targets:
                    target.take(fragment)
            if fragment.sentence_index != sentence:
                sentence = fragment.sentence_index
                bar.update(len(fragment.text))
    return fragments, first


@contextmanager
def _quiet_for_readers() -> Iterator[None]:
    """End without a word when whoever reads our output has enough."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _warn_of_language(text: str, voice: Voice, language: str) -> None:
    """Say so where the voice was not made for the language of the text."""
    known = {canonical(code) for code in voice.languages}
    asked = (canonical(language) or "auto").removeprefix("all_")
    heard = script_language(text) or latin_language(text)
    if not asked.startswith("auto") and asked not in known:
        heard = asked
    if heard is None or not known or heard in known:
        return
    speaks = ", ".join(voice.languages)
    click.echo(
        f"warning: this is {heard}, which the voice {voice.name} does not speak (it speaks {speaks})",
        err=True,
    )


def _tell(report: _Report, sentences: int, *, as_json: bool) -> None:
    to_stdout = report.file == outputs.STDOUT
    if as_json:
        print_json(asdict(report))
    else:
        name = "stdout" if to_stdout else report.file or "played"
        click.echo(
            f"{name}: {report.duration_s:.2f} s of speech by {report.voice}, first fragment after"
            f" {report.first_fragment_s * 1000:.0f} ms, real-time factor {report.real_time_factor:.2f}",
            err=to_stdout,
        )
    if report.failed:
        click.echo(f"{len(report.failed)} of {sentences} sentences could not be spoken:", err=True)
        for one in report.failed:
            click.echo(f"  {one['sentence']}: {one['text'][:60]}", err=True)
        sys.exit(1)
