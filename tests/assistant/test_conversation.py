"""What a language model is shown of a conversation."""

from __future__ import annotations

import pytest
from conversation import SEEN, Conversation


def contents(messages):
    return [one["content"] for one in messages]


def test_an_answer_that_comes_late_stands_in_its_place():
    conversation = Conversation()
    conversation.ask("One?", 1)
    assert contents(conversation.ask("Two?", 2)) == ["One?", "Two?"]
    conversation.hear(1, 0, "First ans", is_whole=False)
    told = ["One?", "First ans … (the user interrupted here)", "Two?", "Three?"]
    assert contents(conversation.ask("Three?", 3)) == told


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (["今天天气很", "很好，明", "明天也好。"], "今天天气 很好， 明天也好。"),
        (["The sun will", "shine."], "The sun will shine."),
        (["The sun will,", "Will shine."], "The sun Will shine."),
        (["I don't", "don't know."], "I don't know."),
        (["Hello", "", "world"], "Hello world"),
        (["", "It is."], "It is."),
        (["…", "It is."], "… It is."),
    ],
)
def test_an_answer_that_was_cut_and_continued(parts, told):
    conversation = Conversation()
    conversation.ask("One?", 1)
    for index, part in enumerate(parts):
        conversation.hear(1, 5 + index, part, is_whole=index == len(parts) - 1)
    assert contents(conversation.ask("Two?", 2))[1] == told


def test_nothing_heard_is_no_message():
    conversation = Conversation()
    conversation.ask("One?", 1)
    conversation.hear(1, 0, "", is_whole=False)
    conversation.correct(7, "x")
    assert contents(conversation.ask("Two?", 2)) == ["One?", "Two?"]


def test_a_cut_before_the_first_word_of_a_text_that_was_sent_whole():
    conversation = Conversation()
    conversation.ask("One?", 1)
    conversation.hear(1, 0, "An answer.", is_whole=True)
    conversation.correct(0, "")
    assert contents(conversation.ask("Two?", 2))[1] == " … (the user interrupted here)"


def test_old_messages_are_forgotten():
    conversation = Conversation()
    for turn in range(100):
        messages = conversation.ask("One?", turn)
        conversation.hear(turn, turn, "Yes.", is_whole=True)
    assert len(messages) == SEEN
