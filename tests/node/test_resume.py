"""A text that was cut goes on: every word is heard once, and what was made is not made again."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from node_fakes import RATE, FakeEngine, FakeNode, Gate, Running
from test_word_output import OUTPUTS, words_of

from dora_mlx_tts.node.turns.kept_audio import KeptAudio
from dora_mlx_tts.synthesis.records import Fragment, WordTiming

WORD_S = 0.1
TEXT = "One two three, four five six. Seven eight."


class WordByWord(FakeEngine):
    """Speaks a sentence as one fragment per word; waits at a gate before the words named."""

    def __init__(self, gates=()):
        super().__init__()
        self.gates = dict(gates)
        self.made = []

    def stream(self, text, *, cancelled=lambda: False, **_):
        self.calls.append(text)
        sentences = [one.strip() + "." for one in text.split(".") if one.strip()]
        start = 0.0
        for number, sentence in enumerate(sentences):
            words = words_of(sentence, WORD_S * len(sentence.split()))
            for place, word in enumerate(words):
                gate = self.gates.pop(word.text, None)
                if gate:
                    gate.wait()
                if cancelled():
                    return
                samples = np.full(round(WORD_S * RATE), 0.01 * (len(self.made) + 1), np.float32)
                self.made.append(word.text.strip(","))
                timing = WordTiming(word.text, start, start + WORD_S, word.start, word.end)
                is_last = number == len(sentences) - 1 and place == len(words) - 1
                yield Fragment(samples, RATE, sentence, number, place, is_last, start, 1, (timing,))
                start += WORD_S


def words_said(node, text_index):
    told = [words for words, m in node.on("words") if m["text_index"] == text_index]
    return [word.strip(",") for words in told for word in words]


def is_over(node):
    """Whether what was resumed is answered, or there was nothing."""
    last, metadata = node.on("status")[-1]
    return last == ["resumed"] and len(node.replies()) == 1 + metadata["texts"]


def cut_and_resume(position_s, *, stopped_before=None, resume="resume", between=None, **ids):
    """Cut TEXT where the player says it is, then resume; the node and its engine."""
    gate = Gate()
    engine = WordByWord({stopped_before: gate} if stopped_before else {})
    running = Running(engine, FakeNode(OUTPUTS))
    with running as node:
        node.text(TEXT, question_id=1)
        if stopped_before:
            assert gate.reached.wait(10)
        else:
            node.wait_for(lambda n: n.replies())
        node.receive("played", pa.array([position_s]), text_index=0, stopped=True)
        node.control('{"command": "cancel", "keep": true, "question_id": 1}')
        node.wait_for(lambda n: any(v == ["cancelled"] for v, _ in n.on("status")))
        gate.go.set()
        node.wait_for(lambda n: n.replies())
        node.control(resume)
        node.wait_for(is_over)
        node.end()
    return node, engine


@pytest.mark.parametrize("stopped_before", [None, "two", "five", "Seven", "eight"])
@pytest.mark.parametrize("position_s", [0.0, 0.05, 0.25, 0.45, 0.65, 0.8])
def test_every_word_is_heard_once_and_none_is_made_twice(position_s, stopped_before):
    said = TEXT.replace(",", "").replace(".", "").split()
    made = said.index(stopped_before) if stopped_before else len(said)
    position_s = min(position_s, made * WORD_S)
    node, engine = cut_and_resume(position_s, stopped_before=stopped_before)
    assert engine.made == said
    begun = int(position_s / WORD_S + 1e-6)  # the word that was being said
    again = words_said(node, 1)
    if again:  # what was cut at its very end has nothing left
        assert again == said[begun:]
    else:
        assert begun == len(said)
    replies = [m for _, m in node.replies()]
    if again:
        assert replies[1]["outcome"] == "completed"
        assert (replies[1]["question_id"], replies[1]["resumes"]) == (1, 0)
        assert replies[1]["spoken_text"].replace(",", "").replace(".", "").split() == said[begun:]


def test_the_samples_are_those_that_were_made_but_for_a_short_fade():
    node, _ = cut_and_resume(0.25)
    first, again = (
        np.concatenate(
            [v.to_numpy() for port, v, m in node.sent if port == "audio" and m["text_index"] == n]
        )
        for n in (0, 1)
    )
    unheard = first[round(0.2 * RATE) :]
    fade = round(0.01 * RATE)
    np.testing.assert_array_equal(again[fade:], unheard[fade : len(again)])
    assert len(again) == len(unheard)
    assert abs(again[0]) < 1e-3


def test_it_may_go_on_from_the_clause():
    node, _ = cut_and_resume(0.45, resume='{"command": "resume", "from": "clause"}')
    assert words_said(node, 1)[:2] == ["four", "five"]
    node, _ = cut_and_resume(0.25, resume='{"command": "resume", "from": "clause"}')
    assert words_said(node, 1)[0] == "One"


def test_resuming_what_was_never_cut_is_an_error_and_nothing_is_resumed_twice():
    running = Running(WordByWord(), FakeNode(OUTPUTS))
    with running as node:
        node.text(TEXT, question_id=1)
        node.wait_for(lambda n: n.replies())
        node.control("resume", question_id=1)
        node.control('{"command": "cancel", "keep": true}')
        node.control("resume", question_id=1)
        node.control("resume", question_id=1)
        node.control('{"command": "resume", "from": "nowhere"}')
        node.control('{"command": "cancel", "keep": "perhaps"}')
        node.end()
    told = [v[0] for v, _ in node.on("status")]
    assert told == ["ready", "error", "cancelled", "resumed", "error", "error", "error"]
    assert [m["texts"] for v, m in node.on("status") if v == ["resumed"]] == [1]


def test_without_a_window_nothing_is_kept():
    running = Running(WordByWord(), FakeNode(OUTPUTS), resume_window=0)
    with running as node:
        node.text(TEXT, question_id=1)
        node.wait_for(lambda n: n.replies())
        node.control('{"command": "cancel", "keep": true}')
        node.control("resume", question_id=1)
        node.end()
    assert [v[0] for v, _ in node.on("status")] == ["ready", "cancelled", "error"]


def test_pieces_that_still_come_belong_to_the_text_that_goes_on():
    gate = Gate()
    engine = WordByWord({"two": gate})
    running = Running(engine, FakeNode(OUTPUTS))
    with running as node:
        node.text("One two. Three ", question_id=1, seq=0, fin=False)
        assert gate.reached.wait(10)
        node.receive("played", pa.array([0.05]), text_index=0, stopped=True)
        node.control('{"command": "cancel", "keep": true}')
        node.wait_for(lambda n: any(v == ["cancelled"] for v, _ in n.on("status")))
        gate.go.set()
        node.text("four ", question_id=1, seq=1, fin=False)
        node.wait_for(lambda n: n.replies())
        node.control("resume")
        node.wait_for(lambda n: any(v == ["resumed"] for v, _ in n.on("status")))
        node.text("five. Six.", question_id=1, seq=2, fin=True)
        node.end()
    assert words_said(node, 1) == ["One", "two", "Three", "four", "five", "Six"]
    assert [outcome for outcome, _ in node.replies()] == ["cancelled", "completed"]


def long_text(heard_s):
    """A hundred seconds of words, of which this much was heard when each was sent."""
    kept = KeptAudio()
    for n in range(100):
        samples = np.zeros(1000, np.float32)
        word = (WordTiming(f"w{n}", n, n + 1, 0, len(f"w{n}")),)
        fragment = Fragment(samples, 1000, f"w{n}.", n, 0, n == 99, float(n), 1, word)
        kept.add(fragment, heard_s(n))
    return kept


def test_a_minute_is_kept_from_the_place_that_is_heard_on():
    kept = long_text(lambda n: 0.0)  # all sent at once
    assert kept.length_s == 60
    assert kept.covers(30.5)
    assert not kept.covers(70.5)
    replay, made = kept.after(55.5, "word")
    assert [fragment.text for fragment in replay.fragments] == [f"w{n}." for n in range(55, 60)]
    assert made.split() == [f"w{n}." for n in range(60)]
    kept = long_text(lambda n: n - 1.0)  # sent as it is played
    assert kept.length_s == 60
    assert not kept.covers(30.5)
    replay, made = kept.after(95.5, "word")
    assert [fragment.text for fragment in replay.fragments] == [f"w{n}." for n in range(95, 100)]
    assert made.split() == [f"w{n}." for n in range(100)]


@pytest.mark.parametrize(("position_s", "first"), [(3.05, "w30"), (65.05, "w650"), (75.05, "w750")])
def test_a_long_text_far_ahead_of_its_player_goes_on_without_a_hole(position_s, first):
    text = " ".join(" ".join(f"w{n}" for n in range(k, k + 20)) + "." for k in range(0, 800, 20))
    engine = WordByWord()
    running = Running(engine, FakeNode(OUTPUTS))
    with running as node:
        node.text(text, question_id=1)
        node.wait_for(lambda n: n.replies())
        node.receive("played", pa.array([position_s]), text_index=0, stopped=True)
        node.control('{"command": "cancel", "keep": true}')
        node.control("resume")
        node.wait_for(lambda n: len(n.replies()) == 2)
        node.end()
    again = words_said(node, 1)
    assert again[0] == first
    assert again == [f"w{n}" for n in range(int(first[1:]), 800)]


def test_random_cuts_leave_no_sample_out():
    for seed in range(300):
        rng = random.Random(seed)  # noqa: S311
        kept, place, start = KeptAudio(), 0, 0.0
        count = rng.randint(1, 12)
        text = " ".join(f"w{n}" for n in range(count)) + "."
        sound = np.arange(1, count * 100 + 1, dtype=np.float32)
        words = words_of(text, 0.1 * count)
        while place < len(sound):
            size = min(rng.randint(20, 300), len(sound) - place)
            end = start + size / 1000
            mine = tuple(w for w in words if start < w.end_s - 1e-9 <= end)
            fragment = Fragment(
                sound[place : place + size], 1000, text, 0, 0, False, start, 1, mine
            )
            kept.add(fragment, 0.0)
            place, start = place + size, end
        position = rng.uniform(0, start)
        replay, made = kept.after(position, "word")
        assert made == text
        begins = int(position / 0.1 + 1e-9) * 100
        (fragment,) = replay.fragments
        np.testing.assert_array_equal(fragment.samples[10:], sound[begins + 10 :])
