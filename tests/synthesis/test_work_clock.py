"""Where the time of a text goes, and that a sentence does not take too much of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from dora_mlx_tts.errors import SynthesisError, SynthesisTimeoutError
from dora_mlx_tts.models.t2s.decoding import BatchStream
from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.synthesis.timed_token import TimedToken
from dora_mlx_tts.synthesis.work_clock import Work, WorkClock

TEXT = "The morning train was late again. So we waited, and talked about the weather."


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_nested_is_counted_once() -> None:
    time_is = Clock()
    clock = WorkClock(time_is)
    with clock.on(Work.SOUND):
        time_is.now += 1
        with clock.on(Work.TOKENS):
            time_is.now += 2
            with clock.on(Work.PREFILL):
                time_is.now += 4
                assert clock.total_s == 7
            time_is.now += 8
        time_is.now += 16
        assert clock.seconds()["sound"] == 17
    time_is.now += 32  # the reader's
    seconds = clock.seconds()
    assert seconds == {"voice": 0, "front_end": 0, "prefill": 4, "tokens": 10, "sound": 17}
    assert clock.total_s == sum(seconds.values()) == 31


def test_an_exception_ends_what_it_leaves() -> None:
    time_is = Clock()
    clock = WorkClock(time_is)

    def fail() -> None:
        with clock.on(Work.SOUND), clock.on(Work.TOKENS):
            time_is.now += 1
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()
    time_is.now += 1
    assert clock.total_s == clock.seconds()["tokens"] == 1


@pytest.mark.parametrize("mode", ["latency", "throughput"])
def test_the_parts_make_the_whole(synthesizer: Synthesizer, mode: str) -> None:
    before = dict(synthesizer.stats.work_s)
    started, slept = time.perf_counter(), 0.0
    stream = synthesizer.stream(TEXT, seed=1, mode=mode)
    for _ in stream:
        now = time.perf_counter()
        time.sleep(0.02)
        slept += time.perf_counter() - now
    whole = time.perf_counter() - started - slept
    work = stream.work_s
    assert sum(work.values()) == pytest.approx(whole, rel=0.05)
    assert all(work[kind] > 0 for kind in ("front_end", "prefill", "tokens", "sound"))
    after = synthesizer.stats.work_s
    for kind, seconds in work.items():
        assert after[kind] - before.get(kind, 0) == pytest.approx(seconds, abs=0.005)


def test_a_token_without_limit_only_looks_at_the_cancel() -> None:
    outer, worked = CancelToken(), Clock()
    token = TimedToken(outer, 0, worked)
    worked.now = 1e9
    token.check()
    outer.cancel("enough")
    with pytest.raises(Cancelled):
        token.check()


def test_each_sentence_has_its_own_time() -> None:
    worked = Clock()
    token = TimedToken(CancelToken(), 2.0, worked)
    token.begin()
    worked.now = 2.0
    token.check()
    worked.now = 2.1
    with pytest.raises(SynthesisTimeoutError, match=r"more than 2 s of work \(synthesis_timeout\)"):
        token.check()
    token.begin(sentences=3)
    worked.now = 8.0
    token.check()
    worked.now = 8.2
    with pytest.raises(SynthesisTimeoutError):
        token.check()


@pytest.mark.parametrize("mode", ["latency", "throughput"])
def test_a_sentence_that_takes_too_long_ends_in_an_error(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    limited = synthesizer.settings.model_copy(update={"synthesis_timeout": 1e-6})
    monkeypatch.setattr(synthesizer, "settings", limited)
    failed = synthesizer.stats.failed
    with pytest.raises(SynthesisTimeoutError) as caught:
        list(synthesizer.stream(TEXT, seed=1, mode=mode, batch_size=4))
    assert isinstance(caught.value, SynthesisError)
    if mode == "latency":
        assert caught.value.sentence_text == "The morning train was late again."
        assert synthesizer.stats.failed == failed + 1
    monkeypatch.undo()
    assert len(synthesizer.speak("Good morning.", seed=1).samples)


def test_time_for_the_reader_is_not_the_sentences(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that takes an hour between two fragments: the limit counts work."""
    hour, real = [0.0], time.perf_counter
    monkeypatch.setattr(WorkClock.__init__, "__defaults__", (lambda: real() + hour[0],))
    stream = synthesizer.stream("Please come back to the station tomorrow.", seed=1)
    count = 0
    for _ in stream:
        hour[0] += 3600.0
        count += 1
    assert count > 1
    assert sum(stream.work_s.values()) < 3600


def test_a_device_that_never_ends_a_sentence(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens without end: not the 1500 tokens, but the limit ends it."""
    hours, real = [0.0], BatchStream.__next__

    def slow(stream: Any) -> tuple[int, int]:
        hours[0] += 60.0
        return real(stream)

    monkeypatch.setattr(BatchStream, "__next__", slow)
    monkeypatch.setattr(WorkClock.__init__, "__defaults__", (lambda: hours[0],))
    with pytest.raises(SynthesisTimeoutError):
        list(iterate(synthesizer))
    assert hours[0] <= 420


def iterate(synthesizer: Synthesizer) -> Iterator[Any]:
    return synthesizer.stream("Please come back to the station tomorrow.", seed=1)
