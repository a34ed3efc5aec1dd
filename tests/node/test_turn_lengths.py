"""Every text is spoken in turns of some seconds, also one that never ends a sentence."""

from __future__ import annotations

import pytest
from node_fakes import FakeEngine, Gate, Running
from stream_fakes import piece, queue, ready, tokens

from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.turns.turn_parts import TURN_LENGTH, length, turns
from dora_mlx_tts.text.sentences.pieces import spoken_text
from dora_mlx_tts.text.spoken import Reading, SpokenSentence

WORDS = " ".join(f"word{n}" for n in range(2500))[:20_000]
ENDLESS = {
    "English without a mark": WORDS,
    "English with commas": WORDS.replace("7 ", "7, "),
    "one word": "a" * 20_000,
    "Chinese with commas": "今天天气很好，" * 2857,
    "Chinese without a mark": "今天天气很好" * 3333,
}


def plain(texts):
    return "".join("".join(texts).split())


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("how", ["whole", "tokens", "one piece"])
def test_no_turn_is_longer_than_some_seconds(kind, how):
    text = ENDLESS[kind]
    talk = queue(limit=20_000)
    if how == "whole":
        talk.receive(TextRequest(text))
    elif how == "one piece":
        talk.receive(piece(text, 0, fin=False))
    else:
        for token, metadata in tokens(text, size=7):
            talk.receive(piece(token, metadata["seq"], fin=metadata["fin"]))
    parts = ready(talk)
    assert max(map(length, parts)) <= TURN_LENGTH + (7 if how == "tokens" else 0)
    assert plain(parts) == plain(text)
    assert len(parts) < 3 * length(text) / TURN_LENGTH


@pytest.mark.parametrize("how", ["whole", "tokens"])
def test_words_stay_whole(how):
    talk = queue(limit=20_000)
    if how == "whole":
        talk.receive(TextRequest(WORDS))
    else:
        for token, metadata in tokens(WORDS, size=3):
            talk.receive(piece(token, metadata["seq"], fin=metadata["fin"]))
    assert " ".join(ready(talk)).split() == WORDS.split()


def test_others_are_heard_after_one_turn_of_an_endless_text():
    engine, gate = FakeEngine(), Gate()
    engine.script["Hold."] = (gate, "ok")
    running = Running(engine)
    with running as node:
        node.text("Hold.", session_id="x")
        assert gate.reached.wait(10)
        for name in "abc":
            node.text(WORDS, session_id=name)
        node.text("Short.", session_id="d")
        node.control("ping")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.end()
    assert [call[0] for call in engine.calls].index("Short.") == 4


def test_think_blocks_are_not_broken_off():
    thought = "word " * 500
    talk = queue(limit=20_000)
    for token, metadata in tokens(f"<think>{thought}</think>Said.", size=5):
        talk.receive(piece(token, metadata["seq"], fin=metadata["fin"]))
    assert ready(talk) == ["Said."]


def test_a_cut_never_divides_a_reading():
    text = "去" * 99 + "重庆" + "去" * 150
    reading = Reading(99, 101, "pinyin", ("chong2", "qing4"))
    sentence = SpokenSentence(text, (reading,), 1.0, 2.0)
    first, second, *_ = turns(spoken_text(text, [sentence]))
    assert (len(first), first.sentences[0].pause_before_s) == (99, 1.0)
    assert second.sentences[0].readings == (reading.moved(-99),)
