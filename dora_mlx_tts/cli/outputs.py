"""Where `speak` sends its sound: checked before anything is synthesized."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import click
import numpy as np

from dora_mlx_tts.audio.io import FORMATS, encode_file, write_pcm
from dora_mlx_tts.audio.wav_header import streamed
from dora_mlx_tts.cli.player import Player, find_player
from dora_mlx_tts.cli.subtitles import cues_of, srt, vtt
from dora_mlx_tts.errors import AudioError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.synthesis.records import Fragment

STDOUT: Final = "-"
RAW: Final = "raw"
KINDS: Final = (RAW, *(suffix[1:] for suffix in FORMATS))


class Output(Protocol):
    """Takes fragments as they come."""

    def take(self, fragment: Fragment) -> None:
        """The next fragment."""

    def finish(self, fragments: Sequence[Fragment]) -> None:
        """All of them were taken."""


def plan(output: str | None, kind: str | None, *, play: bool) -> list[Output]:
    """What is to be done with the sound.

    Args:
        output: a file's path, - for stdout, or None.
        kind: one of `KINDS`; None takes the file's suffix, or raw samples on stdout.
        play: whether it is to be heard now.

    Raises:
        AudioError: the output cannot be written, or there is no player.
        click.UsageError: there is no output, or raw samples would go to a terminal.
    """
    if output is None and not play:
        raise click.UsageError("nowhere to send the sound: give -o FILE, or --play to listen")
    outputs: list[Output] = [_Loudspeaker(find_player())] if play else []
    if output == STDOUT:
        if sys.stdout.isatty():
            raise click.UsageError(
                "the terminal cannot show sound: redirect it, give -o FILE, or --play to listen"
            )
        outputs.append(_stream(sys.stdout.buffer, kind or RAW))
    elif output is not None:
        outputs.append(_File(Path(output), kind))
    return outputs


def subtitles(path: Path, form: str) -> Output:
    """A file of subtitles, `srt` or `vtt`.

    Raises:
        AudioError: it cannot be written.
    """
    check_writable(path)
    return _Subtitles(path, form)


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Turn what the system says while something is written into this package's error; broken pipes stay.

    Raises:
        AudioError: it cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AudioError(f"{name}: cannot be written: {error}") from error


def check_writable(path: Path) -> None:
    """Refuse a path that no file can be written to.

    Raises:
        AudioError: it is a folder, or lies in one that is missing or read-only.
    """
    folder = path.parent
    if path.is_dir():
        raise AudioError(f"{path} must be a file, got a folder")
    if not folder.is_dir():
        raise AudioError(f"{path}: there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise AudioError(f"{path}: cannot be written: permission denied")


def _whole(fragments: Sequence[Fragment], suffix: str) -> bytes:
    samples = np.concatenate([fragment.samples for fragment in fragments])
    return encode_file(samples, fragments[0].sample_rate, suffix)


class _File:
    def __init__(self, path: Path, kind: str | None) -> None:
        check_writable(path)
        self._suffix = f".{kind}" if kind else path.suffix.lower()
        if self._suffix not in FORMATS and kind != RAW:
            raise AudioError(f"{path}: {unknown('suffix', self._suffix, FORMATS)}")
        self._path = path

    def take(self, fragment: Fragment) -> None:
        pass

    def finish(self, fragments: Sequence[Fragment]) -> None:
        with writing(str(self._path)):
            if self._suffix in FORMATS:
                self._path.write_bytes(_whole(fragments, self._suffix))
                return
            with self._path.open("wb") as file:
                for fragment in fragments:
                    write_pcm(file, fragment.samples)


def _stream(stream: BinaryIO, kind: str) -> Output:
    return (
        _Samples(stream, header=kind == "wav") if kind in (RAW, "wav") else _Encoded(stream, kind)
    )


class _Samples:
    """Raw samples or WAV, fragment by fragment."""

    def __init__(self, stream: BinaryIO, *, header: bool) -> None:
        self._stream, self._header, self._begun = stream, header, False

    def take(self, fragment: Fragment) -> None:
        if not self._begun:
            self._begun = True
            rate = fragment.sample_rate
            what = "WAV" if self._header else "raw samples, signed 16 bits little-endian"
            click.echo(f"{what}, mono, {rate} Hz", err=True)
            if self._header:
                with writing("stdout"):
                    self._stream.write(streamed(rate))
        with writing("stdout"):
            write_pcm(self._stream, fragment.samples)
            self._stream.flush()

    def finish(self, fragments: Sequence[Fragment]) -> None:
        pass


class _Encoded:
    """A file of a format that is written whole."""

    def __init__(self, stream: BinaryIO, kind: str) -> None:
        self._stream, self._kind = stream, kind

    def take(self, fragment: Fragment) -> None:
        pass

    def finish(self, fragments: Sequence[Fragment]) -> None:
        data = _whole(fragments, f".{self._kind}")
        with writing("stdout"):
            self._stream.write(data)
            self._stream.flush()


class _Loudspeaker:
    def __init__(self, player: Player) -> None:
        self._player = player

    def take(self, fragment: Fragment) -> None:
        self._player.play(fragment.samples, fragment.sample_rate)

    def finish(self, fragments: Sequence[Fragment]) -> None:  # noqa: ARG002  the protocol's
        self._player.close()


class _Subtitles:
    def __init__(self, path: Path, form: str) -> None:
        self._path, self._form = path, {"srt": srt, "vtt": vtt}[form]

    def take(self, fragment: Fragment) -> None:
        pass

    def finish(self, fragments: Sequence[Fragment]) -> None:
        with writing(str(self._path)):
            self._path.write_text(self._form(cues_of(fragments)), encoding="utf-8")
