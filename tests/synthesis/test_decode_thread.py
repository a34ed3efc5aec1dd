"""Tokens that are decoded while sound is made: the same ones, and nothing goes on after the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from dora_mlx_tts.errors import BackendError
from dora_mlx_tts.synthesis.decode_thread import DecodeThread
from dora_mlx_tts.synthesis.loading.loaded_pack import LoadedPack
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

TEXT = "I would like to know whether the trains are running on time today."


@pytest.fixture
def helper() -> Iterator[DecodeThread]:
    made = DecodeThread()
    yield made
    made.close()


@pytest.fixture
def steps(synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the threads that decoded, a token each."""
    network = synthesizer.prepare("starter-en").networks.t2s
    step, names = network.step, []

    def watched(tokens, cache):
        names.append(threading.current_thread().name)
        return step(tokens, cache)

    monkeypatch.setattr(network, "step", watched)
    return names


def spoken(synthesizer: Synthesizer, **options: object) -> list[Fragment]:
    return list(
        synthesizer.stream(TEXT, **{"seed": 3, "first_window": 0.1, "window": 0.4} | options)
    )


def test_a_job_runs_beside_its_owner_until_it_is_settled(helper: DecodeThread) -> None:
    begun = threading.Event()

    def job(stopped) -> int:
        count = 0
        while not stopped():
            begun.set()
            count += 1
        return count

    future = helper.start(job)
    assert begun.wait(10)
    assert not future.done()
    helper.settle()
    assert future.result() > 0
    helper.settle()


def test_another_job_ends_the_one_before(helper: DecodeThread) -> None:
    first = helper.start(lambda stopped: next(n for n in iter(int, 1) if stopped()))
    second = helper.start(lambda _: "done")
    assert first.done()
    helper.settle()
    assert second.result() == "done"


def test_an_error_stays_with_the_job(helper: DecodeThread) -> None:
    def fails(_) -> None:
        raise ValueError("broken")

    future = helper.start(fails)
    helper.settle()
    with pytest.raises(ValueError, match="broken"):
        future.result()


@pytest.mark.parametrize("options", [{}, {"speed": 1.3}, {"top_k": 1}])
def test_sound_is_the_same_with_a_helper_and_without(
    synthesizer: Synthesizer, helper: DecodeThread, steps: list[str], monkeypatch, options: dict
) -> None:
    monkeypatch.setattr(LoadedPack, "table", None)  # it would learn in between
    monkeypatch.setattr(synthesizer, "_helper", None)
    alone = spoken(synthesizer, **options)
    assert set(steps) == {threading.current_thread().name}
    steps.clear()
    monkeypatch.setattr(synthesizer, "_helper", helper)
    beside = spoken(synthesizer, **options)
    assert any(name.startswith("tts-tokens") for name in steps)
    assert len(alone) == len(beside) > 5
    for one, two in zip(alone, beside, strict=True):
        np.testing.assert_array_equal(one.samples, two.samples)
        assert (one.tokens, one.words) == (two.tokens, two.words)


def test_nothing_is_decoded_after_the_stream_was_closed(
    synthesizer: Synthesizer, helper: DecodeThread, steps: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(synthesizer, "_helper", helper)
    stream = synthesizer.stream(TEXT, seed=3, first_window=0.1, window=1.6)
    next(stream)
    next(stream)
    stream.close()
    count = len(steps)
    assert helper._job is None
    helper._thread.submit(int).result()
    assert len(steps) == count
    assert spoken(synthesizer)[-1].is_final


def test_an_error_of_a_step_beside_the_sound_is_raised_and_the_next_request_works(
    synthesizer: Synthesizer, helper: DecodeThread, monkeypatch
) -> None:
    monkeypatch.setattr(synthesizer, "_helper", helper)
    network = synthesizer.prepare("starter-en").networks.t2s
    step = network.step

    def fails_beside(tokens, cache):
        if threading.current_thread() is not threading.main_thread():
            raise MemoryError("no room")
        return step(tokens, cache)

    with monkeypatch.context() as patch:
        patch.setattr(network, "step", fails_beside)
        with pytest.raises(BackendError, match="no room"):
            spoken(synthesizer)
    assert spoken(synthesizer)[-1].is_final


def test_texts_by_turns_share_the_helper(
    synthesizer: Synthesizer, helper: DecodeThread, monkeypatch
) -> None:
    monkeypatch.setattr(synthesizer, "_helper", None)
    alone = {seed: spoken(synthesizer, seed=seed) for seed in (3, 4)}
    monkeypatch.setattr(synthesizer, "_helper", helper)
    streams = {
        seed: synthesizer.stream(TEXT, seed=seed, first_window=0.1, window=0.4) for seed in (3, 4)
    }
    by_turns: dict[int, list[Fragment]] = {3: [], 4: []}
    while streams:
        for seed in list(streams):
            piece = next(streams[seed], None)
            if piece is None:
                del streams[seed]
            else:
                by_turns[seed].append(piece)
    for seed, pieces in by_turns.items():
        for one, two in zip(alone[seed], pieces, strict=True):
            np.testing.assert_array_equal(one.samples, two.samples)
