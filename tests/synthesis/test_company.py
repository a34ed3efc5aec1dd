"""Windows of several texts made together: each text sounds as it does alone, whoever joins, leaves or is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.models.sovits import together
from dora_mlx_tts.synthesis import guarded_tokens, sentence
from dora_mlx_tts.synthesis.company import Company
from dora_mlx_tts.synthesis.fragment_stream import FragmentStream
from dora_mlx_tts.synthesis.records import Asked, Fragment
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.synthesis.work_clock import WorkClock

TALKS = (
    ("The kettle is on.", "starter-en", 3),
    ("今天下午散步，好吗？", "starter-zh", 4),
    ("He forgot. Rain.", "starter-en", 5),
    ("Seven swans swim.", "starter-en-2", 6),
)


def begin(synthesizer: Synthesizer, number: int) -> FragmentStream[Fragment]:
    text, voice, seed = TALKS[number]
    return synthesizer.stream(text, voice=voice, seed=seed)


@pytest.fixture(scope="module")
def alone(synthesizer: Synthesizer) -> list[list[Fragment]]:
    return [list(begin(synthesizer, number)) for number in range(len(TALKS))]


@pytest.fixture
def sociable(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Synthesizer, dict[str, list[int]]]]:
    """The synthesizer as it is on a GPU, and how many windows and prefills were made together each time."""
    sizes: dict[str, list[int]] = {"sound": [], "reading": []}

    def counted(
        name: str, make: Callable[[Sequence[object]], object]
    ) -> Callable[[Sequence[object]], object]:
        def making(things: Sequence[object]) -> object:
            sizes[name].append(len(things))
            return make(things)

        return making

    make = counted("sound", sentence.make_together)  # type: ignore[attr-defined]
    monkeypatch.setattr(sentence, "make_together", make)
    read = counted("reading", guarded_tokens.read_together)  # type: ignore[attr-defined]
    monkeypatch.setattr(guarded_tokens, "read_together", read)
    own = Company()
    monkeypatch.setattr(synthesizer, "_company", own)
    yield synthesizer, sizes
    assert not own._orders


def assert_same(heard: list[Fragment], expected: list[Fragment]) -> None:
    for one, other in zip(heard, expected, strict=True):
        np.testing.assert_allclose(one.samples, other.samples, atol=2e-5)
        assert (one.text, one.tokens, one.is_final) == (other.text, other.tokens, other.is_final)


@pytest.mark.parametrize("seed", [1])
def test_in_any_order(
    sociable: tuple[Synthesizer, dict[str, list[int]]], alone: list[list[Fragment]], seed: int
) -> None:
    synthesizer, sizes = sociable
    chance = np.random.default_rng(seed)
    streams = {number: begin(synthesizer, number) for number in range(len(TALKS))}
    heard: dict[int, list[Fragment]] = {number: [] for number in streams}
    while streams:
        for stream in streams.values():
            if chance.random() < 0.7:
                stream.prime(Asked(int(chance.integers(1, 3))))
        number = int(chance.choice(list(streams)))
        fragment = next(streams[number], None)
        if fragment is None:
            del streams[number]
        else:
            heard[number].append(fragment)
    for number, expected in enumerate(alone):
        assert_same(heard[number], expected)
    assert max(sizes["sound"]) > 1


def test_a_text_that_is_cut_while_its_sound_is_asked_for(
    sociable: tuple[Synthesizer, dict[str, list[int]]], alone: list[list[Fragment]]
) -> None:
    synthesizer, sizes = sociable
    streams = [begin(synthesizer, number) for number in range(3)]
    for stream in streams:
        stream.prime()
    streams[1].close()
    for number in (0, 2):
        assert_same(list(streams[number]), alone[number])
    assert next(streams[1], None) is None
    assert sizes["sound"][0] == 2


def test_sentences_of_one_length_are_read_together(
    sociable: tuple[Synthesizer, dict[str, list[int]]],
) -> None:
    synthesizer, sizes = sociable
    texts = ["The cat sat.", "The dog sat.", "The pig sat."]
    expected = [list(synthesizer.stream(text, seed=number)) for number, text in enumerate(texts)]
    sizes["reading"].clear()
    streams = [synthesizer.stream(text, seed=number) for number, text in enumerate(texts)]
    for until in Asked:
        for stream in streams:
            stream.prime(until)
    for stream, fragments in zip(streams, expected, strict=True):
        assert_same(list(stream), fragments)
    assert sizes["reading"] == [3]


def test_what_is_wrong_with_one_order_is_not_the_others_business() -> None:
    tried = []

    def make(things: Sequence[int]) -> list[int]:
        tried.append(tuple(things))
        if 0 in things:
            raise SynthesisError("nothing can be made of 0")
        return [10 * thing for thing in things]

    company = Company()
    wrong, *others = [company.ask(thing, "alike", make) for thing in (0, 1, 2)]
    assert company.fill(others[0]) == 10
    with pytest.raises(SynthesisError):
        company.fill(wrong)
    company.withdraw(wrong)
    assert company.fill(others[1]) == 20
    assert tried == [(1, 0, 2), (1,), (0, 2), (0,), (2,)]


def test_what_cannot_be_made_is_not_tried_again_with_others() -> None:
    tried = []

    def make(things: Sequence[int]) -> list[int]:
        tried.append(tuple(things))
        if 0 in things:
            raise SynthesisError("nothing can be made of 0")
        return list(things)

    company = Company()
    wrong, other = [company.ask(thing, "alike", make) for thing in (0, 1)]
    with pytest.raises(SynthesisError):
        company.fill(wrong)
    assert company.fill(other) == 1
    assert tried == [(0, 1), (0,), (1,)]


def test_windows_that_cannot_be_made_together_are_made_one_by_one(
    synthesizer: Synthesizer, alone: list[list[Fragment]], monkeypatch: pytest.MonkeyPatch
) -> None:
    make, failed = together.make_together, []

    def failing(windows: Sequence[together.Window]) -> list[object]:
        if len(windows) > 1:
            failed.append(len(windows))
            monkeypatch.setattr(together.mx, "eval", refuse)
            try:
                make(windows)
            finally:
                monkeypatch.setattr(together.mx, "eval", evaluate)
        return make(windows)

    def refuse(*_: object) -> None:
        raise RuntimeError("out of memory")

    evaluate = together.mx.eval
    monkeypatch.setattr(sentence, "make_together", failing)
    monkeypatch.setattr(synthesizer, "_company", Company())
    streams = [begin(synthesizer, number) for number in (0, 3)]
    for stream in streams:
        stream.prime()
    for stream, number in zip(streams, (0, 3), strict=True):
        assert_same(list(stream), alone[number])
    assert failed


def test_priming_twice_is_priming_once() -> None:
    made = iter([Asked.SOUND, "one", "two", Asked.SOUND, "three"])
    stream: FragmentStream[Fragment] = FragmentStream(made, WorkClock(), "nobody")  # type: ignore[arg-type]
    stream.prime()
    stream.prime()
    assert stream.is_primed
    assert next(stream) == "one"
    stream.prime()
    stream.prime()
    assert list(stream) == ["two", "three"]
    stream.prime()
    assert not stream.is_primed


def test_what_goes_wrong_while_priming_is_told_when_asked_for_the_fragment() -> None:
    def broken() -> Iterator[Fragment]:
        raise SynthesisError("no")
        yield

    stream: FragmentStream[Fragment] = FragmentStream(broken(), WorkClock(), "nobody")
    stream.prime()
    with pytest.raises(SynthesisError, match="no"):
        next(stream)
    assert next(stream, None) is None
