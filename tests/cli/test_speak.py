"""`speak` by hand: where the text comes from, where the sound goes, and what is said meanwhile."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner, Result

from dora_mlx_tts.audio.io import read_audio
from dora_mlx_tts.cli import app, outputs, player
from dora_mlx_tts.cli.subtitles import cues_of, srt, vtt
from dora_mlx_tts.errors import AudioError, MisspokenError
from dora_mlx_tts.synthesis.records import Fragment, WordTiming
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.text.foreign import latin_language, script_language

RATE = 32000


class Engine:
    """Says half a second for each sentence; words of `bad` fail."""

    def __init__(self, bad: str = "") -> None:
        self.bad, self.said = bad, []
        self.voice = dataclasses.make_dataclass("V", [("name", str), ("languages", tuple)])(
            "fake", ("en", "zh")
        )

    def prepare(self, name):
        return SimpleNamespace(speech=lambda settings, request: settings.speech(request=request))

    def stream(self, script, **options):
        for number, sentence in enumerate(script):
            if self.bad and self.bad in sentence.text:
                error = MisspokenError(f"{sentence.text!r}: 'x' was left out (3 attempts)")
                error.sentence = number
                raise error
            self.said.append(sentence.text)
            samples = np.full(RATE // 2, 0.1, np.float32)
            words = (
                WordTiming(sentence.text, number / 2, number / 2 + 0.4, 0, len(sentence.text)),
            )
            last = number == len(script) - 1
            yield Fragment(samples, RATE, sentence.text, number, 0, last, number / 2, 12, words)


@pytest.fixture
def engine(monkeypatch, tmp_path):
    fake = Engine()
    monkeypatch.setattr(Synthesizer, "load", lambda **_: fake)
    monkeypatch.chdir(tmp_path)
    return fake


def speak(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app.cli, ["speak", *arguments], input=stdin)


def test_markdown_is_filtered_as_in_the_node(engine):
    assert speak("**Hello** [you](https://x.org).", "-o", "a.wav").exit_code == 0
    assert engine.said == ["Hello you."]
    speak("**Hello** you.", "-o", "a.wav", "--no-filter")
    assert "**" in engine.said[-1]


def test_a_file_is_read_and_its_name_is_not_spoken(engine):
    Path("notes.md").write_bytes("\ufeff# Notes\n\nFirst thing.".encode())
    done = speak("notes.md", "-o", "a.wav")
    assert (done.exit_code, engine.said) == (2, [])
    assert "--file notes.md" in done.output
    assert speak("--file", "notes.md", "-o", "a.wav").exit_code == 0
    assert "First thing." in " ".join(engine.said)


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["-o", "a.wav"], b"", ["TEXT", "--file"]),
        (["x", "--file", "y", "-o", "a.wav"], b"", ["not two"]),
        (["--file", "nowhere.txt", "-o", "a.wav"], b"", ["nowhere.txt", "No such file"]),
        (["-", "-o", "a.wav"], b"\xff\xfea", ["stdin", "UTF-8"]),
        (["x"], b"", ["-o FILE", "--play"]),
        (["x", "-o", "a.xyz"], b"", ["unknown suffix '.xyz'", ".mp3", ".opus"]),
        (["x", "-o", "nowhere/a.wav"], b"", ["no folder nowhere"]),
        (["x", "-o", "."], b"", ["must be a file", "folder"]),
        (["x", "-o", "a.wav", "--srt", "nowhere/a.srt"], b"", ["no folder nowhere"]),
        (["x", "-o", "a.wav", "--srt", "./a.wav"], b"", ["must be different files"]),
        (["x", "-o", "-", "--json"], b"", ["both need stdout"]),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_synthesized(engine, arguments, stdin, words):
    done = speak(*arguments, stdin=stdin)
    assert done.exit_code in {1, 2}
    assert engine.said == []
    assert all(word in done.output for word in words), done.output


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "opus"])
def test_formats(engine, suffix):
    assert speak("One. Two.", "-o", f"a.{suffix}").exit_code == 0
    assert read_audio(Path(f"a.{suffix}")).duration_s == pytest.approx(
        len(engine.said) / 2, abs=0.1
    )


def test_stdout(engine):
    done = speak("One.", "-o", "-")
    assert done.stdout_bytes == np.full(RATE // 2, round(0.1 * 32768), "<i2").tobytes()
    assert "32000 Hz" in done.stderr
    done = speak("One.", "-o", "-", "--format", "wav")
    assert done.stdout_bytes[:4] == b"RIFF"
    assert "32000 Hz" in done.stderr
    assert speak("One.", "-o", "-", "--format", "flac").stdout_bytes[:4] == b"fLaC"


@pytest.mark.parametrize("kind", ["raw", "wav", "flac"])
def test_a_full_disk_is_one_line(engine, monkeypatch, kind):
    make = outputs._stream
    monkeypatch.setattr(outputs, "_stream", lambda _, kind: make(Full(), kind))
    done = speak("One.", "-o", "-", "--format", kind)
    assert done.exit_code == 1
    assert "Error: stdout: cannot be written: [Errno 28] No space left on device" in done.stderr
    assert "Traceback" not in done.output
    assert isinstance(done.exception, SystemExit)


class Full(io.BytesIO):
    """A stream on a disk that has no room."""

    def write(self, data):
        raise OSError(28, "No space left on device")


def test_no_sound_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    with pytest.raises(outputs.click.UsageError, match="terminal cannot show sound"):
        outputs.plan("-", None, play=False)


def test_one_bad_sentence_is_told_and_the_rest_is_spoken(engine):
    engine.bad = "sea"
    text = "The first sentence is a long one and stands here. Then comes the wide sea and all its ships. The last sentence is long again and ends it."
    done = speak(text, "-o", "a.wav", "--join-short", "false", "--json", "--vtt", "a.vtt")
    assert done.exit_code == 1
    assert len(engine.said) == 2
    report = json.loads(done.stdout)
    assert [one["sentence"] for one in report["failed"]] == [2]
    assert report["duration_s"] == 1.0
    assert "sentence 2 is left out" in done.stderr
    assert "1 of 3 sentences could not be spoken" in done.stderr
    assert "00:00:00.500 --> " in Path("a.vtt").read_text("utf-8")


def test_where_nothing_can_be_spoken_nothing_is_written(engine):
    engine.bad = "e"
    done = speak("The sea.", "-o", "a.wav")
    assert done.exit_code == 1
    assert done.output.count("was left out") == 1
    assert not Path("a.wav").exists()


@pytest.mark.parametrize(
    ("text", "option", "word"),
    [
        ("Bonjour, je suis très content de vous voir.", [], "French"),
        ("Привет, как дела?", [], "Russian"),
        ("こんにちは、元気ですか。", [], "ja"),
        ("Hello there.", ["--language", "ko"], "ko"),
    ],
)
def test_a_language_that_the_voice_does_not_speak_gets_a_warning(engine, text, option, word):
    done = speak(text, "-o", "a.wav", *option)
    assert f"warning: this is {word}" in done.stderr
    assert "it speaks en, zh" in done.stderr


@pytest.mark.parametrize(
    "text",
    ["Hello there.", "你好，我们去看 movie 吧。", "The café is on the Rue de la Paix.", "π is 3.14", "", "DVD"],
)  # fmt: skip
def test_languages_that_voices_speak_get_none(text):
    assert script_language(text) is None
    assert latin_language(text) is None


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_a_player_of_the_system(engine, tmp_path, monkeypatch):
    program = tmp_path / "aplay"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > {tmp_path}/heard\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr(player, "_PLAYERS", {"aplay": player._PLAYERS["aplay"]})
    assert speak("One. Two.", "--play").exit_code == 0
    assert (tmp_path / "heard").stat().st_size == len(engine.said) * RATE
    assert "-r 32000" in (tmp_path / "arguments").read_text()
    program.write_text("#!/bin/sh\necho 'no card here' >&2\nexit 1\n")
    done = speak("One. Two.", "--play")
    assert done.exit_code == 1
    assert "aplay cannot play" in done.output
    monkeypatch.setattr(player, "_PLAYERS", {})
    with pytest.raises(AudioError, match=r"no player found.*\[play\].*-o"):
        player.find_player()


def words(text: str, start: float = 0.0) -> tuple[WordTiming, ...]:
    found, at = [], 0
    for number, word in enumerate(text.split()):
        at = text.index(word, at)
        begin = start + number / 2
        found.append(WordTiming(word, begin, begin + 0.4, at, at + len(word)))
    return tuple(found)


def test_subtitles_follow_the_words():
    text = "One two three four five six seven eight nine ten eleven twelve <end>."
    fragments = [
        Fragment(np.zeros(1, np.float32), 1, text, 0, 0, False, 0.0, 1, words(text)),
        Fragment(np.zeros(1, np.float32), 1, "No words here.", 1, 0, True, 7.0, 1),
    ]
    cues = cues_of(fragments)
    assert " ".join(cue.text for cue in cues) == f"{text} No words here."
    assert all(len(cue.text) <= 42 for cue in cues)
    assert [cue.start_s for cue in cues] == sorted(cue.start_s for cue in cues)
    assert cues[-1].start_s == 7.0
    assert srt(cues).startswith("1\n00:00:00,000 --> 00:00:0")
    shown = vtt(cues)
    assert shown.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert "<00:00:00.500>two" in shown
    assert "&lt;end&gt;." in shown


def test_help_fits_a_screen_and_all_of_it_is_there():
    short, full = speak("--help"), speak("--help-all")
    assert len(short.output.splitlines()) <= 48
    assert "--repetition-penalty" not in short.output
    assert "--repetition-penalty" in full.output
    assert (
        short.output.index("--output")
        < short.output.index("--speed")
        < short.output.index("--json")
    )


@pytest.mark.parametrize("name", app.COMMANDS)
def test_help_shows_lines_as_they_were_written(name):
    command = app.cli.get_command(None, name)
    for path in ([name], *([name, inner] for inner in getattr(command, "commands", ()))):
        shown = CliRunner().invoke(app.cli, [*path, "--help"]).output
        assert "\\b" not in shown
        assert "..." not in shown.partition("Commands:")[2]


def test_every_command_has_its_line_without_being_imported():
    shown = CliRunner().invoke(app.cli, ["--help"]).output
    for name, line in app.COMMANDS.items():
        assert f"{name} " in shown
        assert line.split(maxsplit=1)[0] in shown
        assert app.cli.get_command(None, name).name == name


def test_details_only_when_asked_for(engine, caplog):
    speak("One.", "-o", "a.wav", "-v")
    assert logging.getLogger().level == logging.DEBUG
    speak("One.", "-o", "a.wav")
    assert logging.getLogger().level == logging.WARNING
