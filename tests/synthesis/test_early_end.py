"""A sentence that must end early ends at a word's end, faded and marked final."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from test_growing_starter import SAID, as_written

from dora_mlx_tts.errors import MisspokenError, SynthesisError, SynthesisTimeoutError
from dora_mlx_tts.models.sovits.stream import SoVITSStream
from dora_mlx_tts.synthesis.checks.token_guard import Kind, Problem, SampleGuard
from dora_mlx_tts.synthesis.early_end import cut_at_word, falling
from dora_mlx_tts.synthesis.guarded_tokens import GuardedTokens
from dora_mlx_tts.synthesis.pace import Pace
from dora_mlx_tts.synthesis.records import Fragment, WordTiming
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

RATE = 32000
TEXT = "The morning train was late again, so we waited quietly and talked about the weather."
PLAIN = {"seed": 1, "loudness": None, "short_parts": False, "language": "en"}


def failing_after(calls: int, problem: Problem) -> Callable[..., object]:
    """`GuardedTokens.take` that finds a problem in its call number `calls`, for which there are no attempts left."""
    take = GuardedTokens.take

    def broken(self: GuardedTokens, count: int | None) -> tuple[list[int], bool]:
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls > calls:
            self._attempt = self._task.attempts
            self.give_up(problem)
        return take(self, count)

    return broken


def collected(stream) -> tuple[list[Fragment], SynthesisError]:
    fragments: list[Fragment] = []

    def run() -> None:
        for fragment in stream:
            if fragment is not None:
                fragments.append(fragment)  # noqa: PERF401  what came before the error counts

    with pytest.raises(SynthesisError) as caught:
        run()
    return fragments, caught.value


def assert_no_click(fragments: list[Fragment]) -> None:
    """The envelope of the last 10 ms falls to nothing, and no border is a jump."""
    samples = np.concatenate([fragment.samples for fragment in fragments])
    end = samples[-RATE // 100 :]
    bounds = np.abs(end).reshape(10, -1).max(1)
    largest = max(float(np.abs(samples[-RATE // 20 :]).max()), 1e-4)
    ramp = 0.5 + 0.5 * np.cos(np.pi * np.arange(10) / 10)
    assert (bounds <= 1.01 * ramp * largest).all()
    assert abs(float(samples[-1])) < 1e-3
    border = len(samples) - len(fragments[-1].samples)
    usual = np.abs(np.diff(samples[max(0, border - RATE // 10) : border - 1])).max()
    assert abs(float(samples[border] - samples[border - 1])) <= 1.5 * usual + 1e-3


HEARD = Problem(Kind.INVENTED, "'x' was said again", 2, is_content=True)
LOST = Problem(Kind.LOOP, "the network repeated 5 tokens over 15", 10_000)


@pytest.mark.parametrize("problem", [HEARD, LOST], ids=["wrong words", "lost"])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_the_end_is_faded_and_final(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, problem: Problem, calls: int
) -> None:
    whole = list(synthesizer.stream(TEXT, **PLAIN))
    monkeypatch.setattr(GuardedTokens, "take", failing_after(calls, problem))
    fragments, error = collected(synthesizer.stream(TEXT, **PLAIN))
    assert isinstance(error, MisspokenError) is problem.is_content
    assert [one.is_final for one in fragments] == [False] * (len(fragments) - 1) + [True]
    assert 2 <= len(fragments) <= calls + 1
    for before, now in zip(whole, fragments[:-1], strict=False):
        np.testing.assert_array_equal(before.samples, now.samples)
    assert_no_click(fragments)
    last = fragments[-1]
    said = last.start_s + last.duration_s
    if last.words:  # it ends where a word does
        assert abs(last.words[-1].end_s - said) < 0.005


def test_sound_that_breaks_ends_in_a_fall(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, calls = SampleGuard.samples, []

    def broken(self: SampleGuard, sound: np.ndarray) -> Problem | None:
        calls.append(1)
        nan = Problem(Kind.NOT_FINITE, "the vocoder produced NaN or infinite samples")
        return samples(self, sound) if len(calls) < 3 else nan

    monkeypatch.setattr(SampleGuard, "samples", broken)
    fragments, error = collected(synthesizer.stream(TEXT, **PLAIN))
    assert "NaN" in str(error)
    assert fragments[-1].is_final
    assert len(fragments[-1].samples) == RATE // 100
    assert_no_click(fragments)


def test_a_sentence_out_of_time_falls_too(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak, calls = SoVITSStream.speak, []

    def slow(self: SoVITSStream, *given: object, **options: object) -> object:
        calls.append(1)
        if len(calls) > 2:
            raise SynthesisTimeoutError("300 s")
        return speak(self, *given, **options)

    monkeypatch.setattr(SoVITSStream, "speak", slow)
    fragments, error = collected(synthesizer.stream(TEXT, **PLAIN))
    assert isinstance(error, SynthesisTimeoutError)
    assert fragments[-1].is_final
    assert_no_click(fragments)


def test_nothing_is_added_where_nothing_was_heard(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GuardedTokens, "take", failing_after(0, LOST))
    fragments, _ = collected(synthesizer.stream(TEXT, **PLAIN))
    assert fragments == []


def test_a_growing_sentence_ends_as_well(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pace, "may_grow", True)  # however busy this machine is
    monkeypatch.setattr(GuardedTokens, "take", failing_after(0, LOST))
    fragments, _ = collected(as_written(synthesizer, *SAID[0]))
    assert len(fragments) > 1
    assert fragments[-1].is_final
    assert_no_click(fragments)


def test_words_decide_where_sound_is_cut() -> None:
    sound = np.ones(RATE, np.float32)
    words = [WordTiming("a", 1.8, 2.004, 0, 1), WordTiming("b", 2.01, 2.3, 2, 3)]
    cut, said = cut_at_word(sound, words, 2.0, RATE)
    assert (len(cut), said) == (round(0.3 * RATE), tuple(words))
    whole, none = cut_at_word(sound, [], 2.0, RATE)
    assert (len(whole), none) == (RATE, ())


def test_a_fall_begins_where_the_sound_ended() -> None:
    fall = falling(-0.25, RATE)
    assert len(fall) == RATE // 100
    assert fall[0] == pytest.approx(-0.25, abs=1e-3)
    assert (np.diff(fall) > 0).all()
    assert abs(fall[-1]) < 1e-4
