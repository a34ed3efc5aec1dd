"""A sentence that was cut while it was being written goes on where it was cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from node_fakes import FakeNode, Running
from test_growing_parts import GrowingEngine
from test_resume import WORD_S, WordByWord, is_over, words_said
from test_word_output import OUTPUTS

WRITTEN = "One two three, four five six"
LATER = [" seven.", " Eight nine."]
SAID = (WRITTEN + "".join(LATER)).replace(",", "").replace(".", "").split()


class Engine(WordByWord):
    """Speaks unfinished sentences a word at a time, and whole ones, too."""

    def stream_growing(self, text, *, cancelled, **options):
        for fragment in GrowingEngine().stream_growing(text, cancelled=cancelled, **options):
            if fragment is not None:
                self.made.append(fragment.words[0].text.strip(",."))
            yield fragment


def cut(position_s, *, between=(), after=(), pieces=(WRITTEN,), heard=5):
    """Cut the unfinished text where the player says it is, write more, resume, and write the rest."""
    engine, number = Engine(), 0
    with Running(engine, FakeNode(OUTPUTS), sentence_mode="words", stream_idle=60) as node:

        def write(some, *, ends=False):
            nonlocal number
            for place, piece in enumerate(some):
                is_last = ends and place == len(some) - 1
                node.text(piece, seq=number, fin=is_last, question_id=1)
                number += 1

        write(pieces)
        node.wait_for(lambda n: len(n.on("audio")) >= heard)
        node.receive("played", pa.array([position_s]), text_index=0, stopped=True)
        node.control('{"command": "cancel", "keep": true, "question_id": 1}')
        node.wait_for(lambda n: any(v == ["cancelled"] for v, _ in n.on("status")))
        write(between, ends=not after)
        node.control("resume", question_id=1)
        write(after, ends=True)
        node.wait_for(is_over)
        node.end()
    return node, engine


def said_again(node):
    return [word.strip(".") for word in words_said(node, 1)]


@pytest.mark.parametrize("split", [0, 1, 2])
@pytest.mark.parametrize("position_s", [0.0, 0.05, 0.25, 0.35, 0.49])
def test_every_word_is_heard_once_whenever_it_was_written(position_s, split):
    node, engine = cut(position_s, between=LATER[:split], after=LATER[split:])
    assert engine.made == SAID
    begun = int(position_s / WORD_S + 1e-6)
    assert said_again(node) == SAID[begun:]
    outcomes = [(outcome, m["text_index"]) for outcome, m in node.replies()]
    assert outcomes == [("cancelled", 0), ("completed", 1)]
    assert node.replies()[1][1]["resumes"] == 0


def test_what_is_said_again_is_what_was_made():
    node, _ = cut(0.25, after=LATER)
    first, again = (
        np.concatenate(
            [v.to_numpy() for p, v, m in node.sent if p == "audio" and m["text_index"] == n]
        )
        for n in (0, 1)
    )
    left = first[round(2 * len(first) / 5) :]
    assert len(again) > len(left)
    np.testing.assert_array_equal(again[500 : len(left) - 500], left[500:-500])


def test_a_text_that_was_cut_before_its_first_sound_is_said_from_its_beginning():
    node, engine = cut(0.0, pieces=("One",), heard=0, after=[" two", " three."])
    assert engine.made == ["One", "two", "three"]
    assert [outcome for outcome, _ in node.replies()] == ["cancelled", "completed"]
