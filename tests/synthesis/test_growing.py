"""Speech from an unfinished sentence, with a scripted network and a clock that the script moves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from growing_world import WINDOW_S, Cancelled, World, Writer, letters, moments, phonemize, plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dora_mlx_tts.errors import EmptyTextError
from dora_mlx_tts.synthesis.growing.policy import GrowingLimits, Progress, Step, next_step
from dora_mlx_tts.synthesis.growing.reading import GrowingPhones
from dora_mlx_tts.synthesis.growing.script import speak_growing
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.text.sentences.growing import GrowingText
from dora_mlx_tts.text.sentences.pieces import whole_text

TEXT = "nice old dogs like a good morning and a long special dinner behind a farm."
WORDS = TEXT.split(" ")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def spoken(world: World, writer: Writer) -> list[Fragment]:
    return list(world.speak(writer))


def check(world: World, fragments: list[Fragment], text: str) -> None:
    """All words once, in order, with rising times, and one final fragment, the last."""
    assert letters(world.sounded) == plain(text)
    words = [word for fragment in fragments for word in fragment.words]
    assert plain("".join(word.text for word in words)) == plain(text)
    starts = [word.start_s for word in words]
    assert starts == sorted(starts)
    assert [f.is_final for f in fragments] == [False] * (len(fragments) - 1) + [True]
    assert [f.start_s for f in fragments[1:]] == pytest.approx(
        list(np.cumsum([f.duration_s for f in fragments])[:-1])
    )


@pytest.mark.parametrize("rate", [1, 2, 3, 5, 10, 40])
def test_every_pace_of_writing_gives_the_words_once(world: World, rate: float) -> None:
    fragments = spoken(world, Writer(world, moments(WORDS, rate), TEXT))
    check(world, fragments, TEXT)
    assert fragments[-1].text == TEXT
    assert world.meter.stats().contradictions == 0


def test_the_first_sound_comes_before_the_sentence_is_complete(world: World) -> None:
    begun = world.now
    stream = world.speak(Writer(world, moments(WORDS, 10), TEXT))
    next(stream)
    assert world.now - begun < 0.75 < len(WORDS) / 10
    list(stream)
    assert world.meter.stats().grown == 1


def test_fast_enough_writers_cause_no_pause(world: World) -> None:
    writer, plays_until = Writer(world, moments(WORDS, 10), TEXT), None
    for fragment in world.speak(writer):
        assert plays_until is None or world.now <= plays_until + 0.05
        plays_until = max(plays_until or world.now, world.now) + fragment.duration_s
    assert not world.rests


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_chunks_and_times_give_the_words_once(
    monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    word = st.text("abcdefghijklmnopqrs", min_size=2, max_size=8)
    text = " ".join(data.draw(st.lists(word, min_size=1, max_size=25))) + "."
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text)), max_size=30)) | {len(text)})
    waits = data.draw(
        st.lists(
            st.sampled_from([0.0, 0.02, 0.1, 0.4, 3.0]), min_size=len(cuts), max_size=len(cuts)
        )
    )
    world = World(monkeypatch)
    times = np.cumsum([0.0, *waits])
    schedule = [(float(at), text[:cut]) for at, cut in zip(times, cuts, strict=False)]
    fragments = spoken(world, Writer(world, [*schedule, (float(times[-1]), "")], text))
    check(world, fragments, text)


def test_what_arrives_at_once_is_spoken_as_a_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = spoken(world, Writer(world, [], TEXT))
    codes, prefills = list(world.sounded), world.prefills
    assert prefills == 1
    other = World(monkeypatch)
    at_once = spoken(other, Writer(other, [(0.0, TEXT), (2.0, "")], TEXT))
    assert other.sounded == codes
    assert other.meter.stats().stages == 0
    for one, two in zip(whole, at_once, strict=True):
        assert np.array_equal(one.samples, two.samples)
        assert (one.words, one.text) == (two.words, two.text)


def test_prefills_are_few(world: World) -> None:
    spoken(world, Writer(world, moments(WORDS, 10), TEXT))
    assert world.prefills <= len(WORDS) // 2


def test_a_slow_writer_is_waited_for(world: World) -> None:
    begun = world.now
    next(world.speak(Writer(world, moments(WORDS, 1.5), TEXT)))
    assert world.now - begun > 3


def test_a_writer_that_stops_is_followed_to_a_words_end(world: World) -> None:
    half = moments(WORDS[:10], 10)[:-1]
    late = [(20 + n / 10, " ".join(WORDS[: 11 + n])) for n in range(len(WORDS) - 10)]
    fragments = spoken(world, Writer(world, [*half, *late, (25.0, "")], TEXT))
    check(world, fragments, TEXT)
    assert len(world.rests) == 1
    heard = letters(world.sounded[: world.rests[0]])
    ends = np.cumsum([len(plain(word)) for word in WORDS])
    assert len(heard) in ends
    assert len(heard) >= len(plain("".join(WORDS[:6])))


def test_a_long_word_at_the_end_of_what_is_known_is_completed(world: World) -> None:
    text = "nice old pineapplefilled meals"
    late = (9.0, f"{text} are good.")
    shown = [(0.1 * n, " ".join(text.split()[: n + 1])) for n in range(4)]
    fragments = spoken(world, Writer(world, [*shown, late, (10.0, "")], late[1]))
    check(world, fragments, late[1])
    assert letters(world.sounded[: world.rests[0]]) == plain("nice old pineapplefilled")


def test_a_text_that_is_ended_in_its_middle_says_what_it_has(world: World) -> None:
    some = " ".join(WORDS[:9])
    check(world, spoken(world, Writer(world, [*moments(WORDS[:9], 10)[:-1], (9, "")], some)), some)


def test_it_can_be_cancelled_in_every_state(monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(world: World) -> Iterator[object]:
        slow = [
            *moments(WORDS[:9], 10)[:-1],
            *[(9 + n, " ".join(WORDS[: 10 + n])) for n in range(7)],
        ]
        writer = Writer(world, [*slow, (18.0, "")], TEXT)
        stream = speak_growing(world.ready, world.settings, writer, world.speaker, GrowingLimits())
        for item in stream:
            yield item
            if item is None:
                writer.sleep_until_news()

    count = len(list(steps(World(monkeypatch))))
    assert count > 10
    for at in range(count - 1):
        world = World(monkeypatch)
        stream = steps(world)
        for _ in range(at + 1):
            next(stream)
        world.token.cancel("stop")
        with pytest.raises(Cancelled):
            next(stream)
        stats = world.meter.stats()
        assert (stats.sentences, stats.spoken) == (stats.cancelled, 0)


def test_closing_in_the_middle_decodes_no_more(world: World) -> None:
    stream = world.speak(Writer(world, moments(WORDS, 10), TEXT))
    next(stream)
    stream.close()
    assert world.meter.stats().spoken == 0


def test_a_text_without_words_is_refused(world: World) -> None:
    with pytest.raises(EmptyTextError):
        spoken(world, Writer(world, [(0.0, "…"), (0.1, "")], "…"))


def test_voices_that_need_the_whole_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for options in ({"mode": "throughput"}, {"content_check": "whole"}, {"language": "ja"}):
        world = World(monkeypatch, **options)
        fragments = spoken(world, Writer(world, moments(WORDS, 10), TEXT))
        check(world, fragments, TEXT)
        assert world.meter.stats().stages == 0


def test_on_a_slow_machine_sentences_are_complete_before_they_are_spoken(world: World) -> None:
    world.speaker.session.pace.speed.add(1.0, 1.0)
    begun = world.now
    fragments = spoken(world, Writer(world, moments(WORDS, 10), TEXT))
    check(world, fragments, TEXT)
    assert world.now - begun > len(WORDS) / 10
    assert world.meter.stats().stages == 0


def test_a_sentence_that_was_begun_goes_on_when_the_machine_becomes_slow(world: World) -> None:
    stream = world.speak(Writer(world, moments(WORDS, 10), TEXT))
    fragments = [next(stream)]
    world.speaker.session.pace.speed.add(9.0, 1.0)
    check(world, [*fragments, *stream], TEXT)
    assert world.meter.stats().grown == 1


def test_while_earlier_texts_are_heard_it_waits_for_the_sentence(world: World) -> None:
    ends = world.now + 1.5
    world.speaker.session.pace.follow(lambda: max(0.0, ends - world.now), lambda: 1)
    check(world, spoken(world, Writer(world, moments(WORDS, 20), TEXT)), TEXT)
    assert world.meter.stats().stages == 0


def test_it_begins_when_they_have_nearly_been_heard(world: World) -> None:
    ends = world.now + 1.5
    world.speaker.session.pace.follow(lambda: max(0.0, ends - world.now), lambda: 1)
    next(world.speak(Writer(world, moments(WORDS, 8), TEXT)))
    assert ends - 0.5 <= world.now < ends


def test_a_text_that_is_only_prepared_has_no_hurry(world: World) -> None:
    """Nobody hears it, so it does not run dry while its writer stops."""
    world.speaker.session.pace.follow(lambda: None, lambda: 1)
    half, late = moments(WORDS[:10], 10)[:-1], [(20.0, " ".join(WORDS)), (21.0, "")]
    check(world, spoken(world, Writer(world, [*half, *late], TEXT)), TEXT)
    assert world.meter.stats().grown == 1
    assert not world.rests


def test_the_players_report_counts_more_than_the_own_clock(world: World) -> None:
    """It has not begun to play: there is no reason to rest."""
    world.speaker.session.pace.follow(lambda: 2.0 if world.sounded else 0.0, lambda: 1)
    half, late = moments(WORDS[:10], 10)[:-1], [(20.0, " ".join(WORDS)), (21.0, "")]
    check(world, spoken(world, Writer(world, [*half, *late], TEXT)), TEXT)
    assert not world.rests


def test_a_long_sentence_is_divided_at_a_clause_as_a_whole_one_would_be(world: World) -> None:
    clause = "good dogs like a long morning behind a farm and a special dinner"
    text = ", ".join([clause] * 5) + "."
    words = text.split(" ")
    fragments = spoken(world, Writer(world, moments(words, 10), text))
    check(world, fragments, text)
    assert fragments[-1].sentence_index >= 1


# ----------------------------------------------------------------------------------------- phones


def test_spoken_phones_stay_whatever_later_words_say() -> None:
    readings = {"abc def": "abc def", "abc def ghi": "axx def ghi"}

    def read(text: str):
        found = phonemize(readings[text].replace("x", "s"))
        return found.__class__(text, text, found.symbols, found.ids, found.char_spans, ())

    phones = GrowingPhones(read)
    phones.read("abc def")
    phones.spoken = 2
    new = phones.read("abc def ghi")
    assert list(new.ids) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert phones.contradictions == 1
    assert phones.spoken_end == 3


def test_a_word_behind_a_mark_that_was_spoken_is_not_begun() -> None:
    phones = GrowingPhones(phonemize)
    phones.read("abc, def")
    phones.spoken = 4  # with the comma
    assert phones.word_end == 4
    new = phones.keep(phonemize("abc, sef"))
    assert phones.contradictions == 0
    assert new.ids[4] == phonemize("s").ids[0]
    phones.spoken = 5
    assert phones.word_end == 7


def test_it_begins_with_the_first_letter_of_the_fourth_word(world: World) -> None:
    """With nothing known of that word but that the third one is complete."""
    text = "special orchard mornings begin here and so on."
    begun = world.now
    schedule = [(0.0, "special"), (0.1, "special orchard"), (0.2, "special orchard mornings")]
    late = (5.0, "special orchard mornings begin here and so on")
    writer = Writer(world, [*schedule, (0.3, "special orchard mornings b"), late, (6.0, "")], text)
    stream = world.speak(writer)
    next(stream)
    assert 0.3 < world.now - begun < 1
    list(stream)
    assert letters(world.sounded) == plain(text)


def test_codes_are_there_when_the_fourth_word_begins(world: World) -> None:
    """They were decoded while there was nothing else to do."""
    text = "special orchard mornings begin here and so on."
    shown = ["special", "special orchard", "special orchard mornings"]
    words = [(0.1 * n, one) for n, one in enumerate(shown)]
    writer = Writer(world, [*words, (0.5, shown[-1] + " b"), (6.0, "")], text)
    stream = speak_growing(world.ready, world.settings, writer, world.speaker, GrowingLimits())
    begun = world.now
    for fragment in stream:
        if fragment is not None:
            break
        assert not world.sounded
        prefills = world.prefills
        writer.sleep_until_news()
    assert prefills == 1
    assert world.prefills == 1
    assert world.now - begun < 0.5 + 2 * WINDOW_S
    stream.close()


def test_the_first_window_is_short(world: World) -> None:
    fragments = spoken(world, Writer(world, moments(WORDS, 40), TEXT))
    assert fragments[0].tokens <= GrowingLimits().first_codes


def test_slower_writing_needs_more_before_it_begins() -> None:
    def least(arrival: float) -> int:
        return next(
            ready
            for ready in range(400)
            if next_step(Progress(1, arrival, ready, 0, 20, due_s=0.1), GrowingLimits())[0]
            is Step.DECODE
        )

    needs = [least(arrival) for arrival in (3, 1.2, 0.9, 0.6, 0.3, 0.05)]
    assert all(a <= b for a, b in pairwise(needs))
    assert needs[0] < needs[-1]


# ------------------------------------------------------------------------------------- the record


def test_a_reader_that_waits_is_woken_by_words_and_by_time() -> None:
    now = [0.0]
    text = GrowingText(lambda: now[0])
    text.grow("one")
    assert text.read().words_per_s is None
    text.wait_for_more(1.0)
    assert text.is_starved
    now[0] = 0.5
    text.grow("one two")
    assert not text.is_starved
    assert text.read().words_per_s == pytest.approx(2.0)
    text.wait_for_more(1.0)
    now[0] = 1.6
    assert not text.is_starved
    text.read()
    text.wait_for_more(None)
    text.finish(whole_text("one two."))
    text.grow("one two three")
    assert not text.is_starved
    assert text.read().whole == "one two."
