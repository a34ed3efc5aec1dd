"""What the guard finds, what it lets pass, and what the engine then does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.models.t2s.model import T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken
from dora_mlx_tts.synthesis import guarded_tokens as stream_module
from dora_mlx_tts.synthesis.checks.token_guard import (
    GuardLimits,
    Kind,
    Problem,
    SampleGuard,
    TokenGuard,
)
from dora_mlx_tts.synthesis.decode_thread import DecodeThread
from dora_mlx_tts.synthesis.guarded_tokens import DecodeTask, GuardedTokens
from dora_mlx_tts.synthesis.session import SpeechSession
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

PHONES = range(30)
PROMPT = [7 * i % 211 for i in range(60)]


def first_problem(guard: TokenGuard, tokens: Sequence[int]) -> tuple[int, Problem] | None:
    for count in range(1, len(tokens) + 1):
        problem = guard.token(tokens[:count])
        if problem:
            return count, problem
    return None


def varied(count: int, seed: int = 1) -> list[int]:
    return [int(t) for t in np.random.default_rng(seed).permutation(1000)[:count]]


def test_varied_tokens_pass() -> None:
    guard = TokenGuard(PHONES, PROMPT, range(100, 130))
    tokens = varied(66)
    assert first_problem(guard, tokens) is None
    assert guard.end(tokens, End.EOS) is None


def test_one_token_repeated_is_found() -> None:
    tokens = [*varied(10), *[5] * 40]
    count, problem = first_problem(TokenGuard(PHONES), tokens)
    assert (problem.kind, problem.good, count) == (Kind.STUCK, 11, 25)


def test_a_pause_of_equal_tokens_passes() -> None:
    assert first_problem(TokenGuard(PHONES), [*varied(10), *[5] * 14, *varied(10, 2)]) is None


@pytest.mark.parametrize("period", [2, 3, 4, 7, 12, 25])
def test_a_repeated_group_is_found_when_it_is_long_enough(period: int) -> None:
    head, group = varied(9), [1000 + i for i in range(period)]
    count, problem = first_problem(TokenGuard(PHONES), [*head, *group * 12])
    assert problem.kind is Kind.LOOP
    assert count == 9 + max(3 * period, 12)
    assert problem.good == 9 + period


def test_something_said_twice_passes() -> None:
    group = varied(20)
    assert first_problem(TokenGuard(PHONES), [*group, *group]) is None


def test_a_copy_of_the_reference_is_found_but_not_of_its_text() -> None:
    tokens = [*varied(8), *PROMPT[20:40]]
    count, problem = first_problem(TokenGuard(PHONES, PROMPT, range(100, 130)), tokens)
    assert (problem.kind, problem.good, count) == (Kind.LEAK, 8, 18)
    assert first_problem(TokenGuard(PHONES, PROMPT, range(10, 40)), tokens) is None


def test_length_is_measured_by_the_voices_own_pace() -> None:
    slow = TokenGuard(PHONES, [0] * 90, range(30))
    fast = TokenGuard(PHONES, [0] * 45, range(30))
    assert slow.least > fast.least
    assert slow.most > fast.most
    absurd = TokenGuard(PHONES, [0] * 9000, range(30))
    assert absurd.least <= 2 * TokenGuard(PHONES).least
    short = fast.end(varied(fast.least - 1), End.EOS)
    assert short is not None
    assert short.kind is Kind.TOO_SHORT
    assert fast.end(varied(fast.least), End.EOS) is None
    count, problem = first_problem(fast, [i % 997 for i in range(fast.most + 5)])
    assert (problem.kind, count) == (Kind.NO_END, fast.most + 1)


def test_attention_must_have_come_to_the_end() -> None:
    guard, tokens = TokenGuard(PHONES), varied(60)
    assert guard.end(tokens, End.EOS, 0.4).kind is Kind.CUT_OFF
    assert guard.end(tokens, End.EOS, 0.7) is None
    assert TokenGuard(range(5)).end(tokens, End.EOS, 0.2) is None


def test_an_end_in_the_middle_is_noticed_by_attention(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end token is forced once, long enough after the beginning for the pace to be possible."""
    network = synthesizer.prepare("starter-en").networks.t2s
    step, calls = network.step, 0

    def early(tokens, cache):
        nonlocal calls
        calls += 1
        logits = np.array(step(tokens, cache))
        if calls == 62:
            logits[:] = -50.0
            logits[:, network.config.eos] = 50.0
        return logits

    monkeypatch.setattr(network, "step", early)
    text = "The morning train was late again, so we waited and talked about the long winter."
    before = synthesizer.stats
    pieces = list(synthesizer.stream(text, seed=1))
    after = synthesizer.stats
    found = {k: n - before.problems.get(k, 0) for k, n in after.problems.items()}
    assert found.get("cut_off", 0) + found.get("too_short", 0) == 1
    assert sum(piece.tokens for piece in pieces) > 90


def test_short_texts_may_have_any_length() -> None:
    assert TokenGuard(range(3)).end([4], End.EOS) is None
    assert TokenGuard(range(3)).end([], End.EOS).kind is Kind.EMPTY
    assert TokenGuard(range(3)).end([4], End.LIMIT).kind is Kind.NO_END


@given(st.lists(st.integers(0, 3), max_size=80))
def test_good_tokens_lie_before_the_problem(tokens: list[int]) -> None:
    found = first_problem(TokenGuard(PHONES, limits=GuardLimits(stuck=6)), tokens)
    if found:
        count, problem = found
        assert 0 <= problem.good < count


def test_samples() -> None:
    tone = (0.5 * np.sin(np.arange(8000) / 20)).astype(np.float32)
    guard = SampleGuard()
    assert guard.samples(tone) is None
    assert guard.end() is None
    assert guard.samples(np.float32([np.nan])).kind is Kind.NOT_FINITE
    assert SampleGuard().samples(np.sign(tone)).kind is Kind.CLIPPED
    assert SampleGuard().end().kind is Kind.SILENT
    quiet = SampleGuard()
    assert quiet.samples(tone * 1e-3) is None
    assert quiet.end().kind is Kind.SILENT


class Script:
    """Stands for `generate`: each call gives the next list of tokens, then its end."""

    def __init__(self, *attempts: tuple[list[int], End]) -> None:
        self.attempts = list(attempts)
        self.calls: list[dict[str, object]] = []

    def __call__(self, model, text, prompt, settings, *, seed, cache, logits=None):
        self.calls.append({"prompt": prompt, "settings": settings, "seed": seed})
        return ScriptedStream(*self.attempts.pop(0))


class ScriptedStream(Iterator[int]):
    def __init__(self, tokens: list[int], end: End) -> None:
        self._tokens, self._end, self.end = iter(tokens), end, None

    def __next__(self) -> int:
        token = next(self._tokens, None)
        if token is None:
            self.end = self._end
            raise StopIteration
        return token

    def close(self) -> None:
        pass


class NoCache:
    def lend(self):
        return SimpleNamespace(watch=None)

    def give_back(self) -> int:
        return 0


def guarded(
    script: Script, monkeypatch: pytest.MonkeyPatch, cancelled=lambda: False, helper=None, **changes
) -> tuple[GuardedTokens, SynthesisMeter]:
    monkeypatch.setattr(stream_module, "generate", script)
    meter = SynthesisMeter()
    task = {
        "text": T2SText(np.arange(30, dtype=np.int32)),
        "prompt": np.array(PROMPT, np.int32),
        "sampling": SamplingSettings(),
        "seed": 5,
        "attempts": 3,
        "label": "a sentence",
    }
    guard = TokenGuard(PHONES, PROMPT)
    session = SpeechSession(NoCache(), meter, CancelToken(cancelled), helper)
    return GuardedTokens(None, DecodeTask(**{**task, **changes}), guard, session), meter


GOOD, LOOP = varied(60), [*varied(12), *[1, 2, 3] * 9]


def test_a_bad_attempt_is_replaced_before_anything_was_taken(monkeypatch) -> None:
    script = Script((LOOP, End.EOS), (GOOD, End.EOS))
    tokens, meter = guarded(script, monkeypatch)
    assert tokens.take(40) == (GOOD[:40], False)
    assert tokens.take(40) == (GOOD[40:], True)
    assert [call["seed"] for call in script.calls] == [5, 6]
    stats = meter.stats()
    assert (stats.problems, stats.restarts, stats.continuations) == ({"loop": 1}, 1, 0)


def test_what_was_taken_stays_and_the_rest_goes_on_from_there(monkeypatch) -> None:
    script = Script((LOOP, End.EOS), (varied(50, 3), End.EOS))
    tokens, meter = guarded(script, monkeypatch)
    assert tokens.take(10) == (LOOP[:10], False)
    new, last = tokens.take(None)
    assert (new, last) == ([*LOOP[10:15], *varied(50, 3)], True)
    assert script.calls[1]["prompt"].tolist() == [*PROMPT, *LOOP[:15]]
    assert meter.stats().continuations == 1


@pytest.mark.parametrize("sizes", [(10, 30, 30, 30), (18, 4, 4, 100), (20, 80), (13, 2, 2, 90)])
@pytest.mark.parametrize("first", [LOOP, varied(20), GOOD])
def test_what_is_found_while_sound_is_made_changes_nothing(monkeypatch, sizes, first) -> None:
    """A problem that the helper has met already counts when its tokens are asked for."""
    outcomes = []
    for helper in (None, DecodeThread()):
        script = Script((first, End.EOS), (varied(50, 3), End.EOS))
        tokens, meter = guarded(script, monkeypatch, helper=helper)
        taken = []
        for size, following in pairwise([*sizes, None, None]):
            taken.append(tokens.take(size))
            if taken[-1][1]:
                break
            tokens.look_ahead(following)
            if helper is not None and tokens._ahead is not None:
                tokens._ahead.exception()  # as far as it can come
        tokens.close()
        outcomes.append((taken, meter.stats(), [call["seed"] for call in script.calls]))
        if helper is not None:
            helper.close()
    assert outcomes[0] == outcomes[1]


def test_tokens_of_a_loop_that_were_taken_stay(monkeypatch) -> None:
    script = Script((LOOP, End.EOS), (varied(50, 3), End.EOS))
    tokens, _ = guarded(script, monkeypatch)
    tokens.take(20)
    assert tokens.take(None) == (varied(50, 3), True)
    assert script.calls[1]["prompt"].tolist() == [*PROMPT, *LOOP[:20]]


def test_what_ended_too_early_must_go_on(monkeypatch) -> None:
    script = Script((varied(20), End.EOS), (varied(40, 3), End.EOS))
    tokens, meter = guarded(script, monkeypatch)
    tokens.take(18)
    tokens.take(None)
    assert script.calls[0]["settings"].min_tokens == 11
    assert script.calls[1]["settings"].min_tokens > 10
    assert meter.stats().problems == {"too_short": 1}


def test_attempts_end_and_say_why(monkeypatch) -> None:
    tokens, meter = guarded(Script(*[(LOOP, End.EOS)] * 3), monkeypatch)
    with pytest.raises(SynthesisError, match=r"a sentence.*repeated 3 tokens.*3 attempts"):
        tokens.take(40)
    assert meter.stats().problems == {"loop": 3}


def test_the_last_attempt_is_steadier_and_never_deterministic_again(monkeypatch) -> None:
    for sampling, seconds, third in (
        (SamplingSettings(), SamplingSettings(), 5),
        (SamplingSettings(top_k=1), None, 5),
        (SamplingSettings(top_k=3), SamplingSettings(top_k=3), 3),
    ):
        script = Script((LOOP, End.EOS), (LOOP, End.EOS), (GOOD, End.EOS))
        tokens, _ = guarded(script, monkeypatch, sampling=sampling)
        tokens.take(40)
        used = [call["settings"].sampling for call in script.calls]
        assert used[0] == sampling
        assert seconds is None or used[1] == seconds
        assert used[2].top_k == third
        assert used[1].top_k > 1
        assert used[2].temperature == 0.8


def test_cancelled_between_tokens(monkeypatch) -> None:
    asked = iter([False] * 7 + [True])
    tokens, _ = guarded(Script((GOOD, End.EOS)), monkeypatch, lambda: next(asked))
    with pytest.raises(Cancelled):
        tokens.take(40)


@pytest.mark.parametrize("text", ["嗯", "OK", "3", "A", "哦。", "No!"])
def test_very_short_texts(synthesizer: Synthesizer, text: str) -> None:
    for voice in ("starter-en", "starter-zh"):
        speech = synthesizer.speak(text, voice=voice, seed=2, fragment_interval=0)
        assert 0.2 < speech.duration_s < 3
        assert np.abs(speech.samples).max() > 0.05


def test_numbers_that_are_none_are_an_error_and_the_next_request_works(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = synthesizer.prepare("starter-en").networks.sovits.dec
    before = synthesizer.stats
    monkeypatch.setattr(generator, "tanh", lambda x: x * float("nan"))
    with pytest.raises(SynthesisError, match="NaN"):
        synthesizer.speak("Good morning.", seed=1)
    monkeypatch.undo()
    after = synthesizer.stats
    assert after.failed == before.failed + 1
    assert after.problems["not_finite"] >= 1
    assert synthesizer.speak("Good morning.", seed=1).duration_s > 0.5


def test_silence_after_sound_has_left_is_an_error(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = synthesizer.prepare("starter-en").networks.sovits.dec
    monkeypatch.setattr(generator, "tanh", lambda x: x * 1e-6)
    pieces = []
    with pytest.raises(SynthesisError, match="silence"):
        pieces.extend(synthesizer.stream("I would like to know what time it is.", seed=1))


def test_a_loop_while_sound_leaves_does_not_end_the_sentence(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is made to repeat itself once; the sentence is spoken to its end all the same."""
    network = synthesizer.prepare("starter-en").networks.t2s
    step, calls = network.step, 0

    def stuck(tokens, cache):
        nonlocal calls
        calls += 1
        logits = np.array(step(tokens, cache))
        if 40 <= calls < 56:
            logits[:] = -50.0
            logits[:, 7] = 50.0
        return logits

    monkeypatch.setattr(network, "step", stuck)
    before = synthesizer.stats
    pieces = list(synthesizer.stream("I would like to know what time it is, please.", seed=1))
    after = synthesizer.stats
    assert after.continuations == before.continuations + 1
    assert after.problems.get("stuck", 0) == before.problems.get("stuck", 0) + 1
    assert pieces[-1].is_final
    assert sum(piece.tokens for piece in pieces) > 40
