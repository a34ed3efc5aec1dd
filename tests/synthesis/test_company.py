"""Windows of several texts made together: each text sounds as it does alone, whoever joins, leaves or is cut."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.synthesis import company as company_module
from dora_mlx_tts.synthesis.company import SOUND_ASKED, Company
from dora_mlx_tts.synthesis.fragment_stream import FragmentStream
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.synthesis.work_clock import WorkClock

TALKS = (
    ("The kettle is on.", "starter-en", 3),
    ("今天下午散步，好吗？", "starter-zh", 4),
    ("He forgot. It rained.", "starter-en", 5),
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
) -> Iterator[tuple[Synthesizer, list[int]]]:
    """The synthesizer as it is on a GPU, and how many windows were made together each time."""
    sizes = []

    def counted(windows: list[company_module.Window]) -> object:
        sizes.append(len(windows))
        return make(windows)

    make = company_module.make_together
    monkeypatch.setattr(company_module, "make_together", counted)
    own = Company()
    monkeypatch.setattr(synthesizer, "_company", own)
    yield synthesizer, sizes
    assert not own._orders


def assert_same(heard: list[Fragment], expected: list[Fragment]) -> None:
    for one, other in zip(heard, expected, strict=True):
        np.testing.assert_allclose(one.samples, other.samples, atol=2e-5)
        assert (one.text, one.tokens, one.is_final) == (other.text, other.tokens, other.is_final)


@pytest.mark.parametrize("seed", range(2))
def test_in_any_order(
    sociable: tuple[Synthesizer, list[int]], alone: list[list[Fragment]], seed: int
) -> None:
    synthesizer, sizes = sociable
    chance = np.random.default_rng(seed)
    streams = {number: begin(synthesizer, number) for number in range(len(TALKS))}
    heard: dict[int, list[Fragment]] = {number: [] for number in streams}
    while streams:
        for stream in streams.values():
            if chance.random() < 0.7:
                stream.prime()
        number = int(chance.choice(list(streams)))
        fragment = next(streams[number], None)
        if fragment is None:
            del streams[number]
        else:
            heard[number].append(fragment)
    for number, expected in enumerate(alone):
        assert_same(heard[number], expected)
    assert max(sizes) > 1


def test_a_text_that_is_cut_while_its_sound_is_asked_for(
    sociable: tuple[Synthesizer, list[int]], alone: list[list[Fragment]]
) -> None:
    synthesizer, sizes = sociable
    streams = [begin(synthesizer, number) for number in range(3)]
    for stream in streams:
        stream.prime()
    streams[1].close()
    for number in (0, 2):
        assert_same(list(streams[number]), alone[number])
    assert next(streams[1], None) is None
    assert sizes[0] == 2


def test_priming_twice_is_priming_once() -> None:
    made = iter([SOUND_ASKED, "one", "two", SOUND_ASKED, "three"])
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
