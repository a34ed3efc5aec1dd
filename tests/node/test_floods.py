"""More messages than the node can speak, as fast as they can be sent: every text gets its one reply."""

from __future__ import annotations

from collections import Counter

import numpy as np
from node_fakes import FakeEngine, Running

SESSIONS = 50
TEXTS = 400


def pieces_of(number, chance):
    """A text in one to four pieces, some of them sent twice."""
    ids = {"session_id": f"s{number % SESSIONS}", "question_id": f"q{number}"}
    count = int(chance.integers(1, 5))
    for seq in range(count):
        words = f" word{seq}" + ("." if seq == count - 1 else "")
        for _ in range(1 + (chance.random() < 0.1)):
            yield words, {**ids, "seq": seq, "fin": seq == count - 1}


def test_a_flood_of_pieces_gets_one_reply_per_text():
    chance = np.random.default_rng(1)
    row = [iter(()) for _ in range(SESSIONS)]
    running = Running(FakeEngine(), queue_limit=50)
    with running as node:
        numbers = iter(range(TEXTS))
        while row:
            pieces = chance.choice(
                row
            )  # within a session one text after the other, as a sender has them
            piece = next(pieces, None)
            if piece is not None:
                node.text(piece[0], **piece[1])
                continue
            row.remove(pieces)
            number = next(numbers, None)
            if number is not None:
                row.append(pieces_of(number, chance))
            if chance.random() < 0.05:
                node.control("cancel", session_id=f"s{chance.integers(SESSIONS)}")
        node.end()
    replies = Counter(reply["question_id"] for _, reply in node.replies())
    assert replies == Counter(f"q{number}" for number in range(TEXTS))
    outcomes = Counter(outcome for outcome, _ in node.replies())
    assert outcomes["error"] > 0
    assert all(
        reply["error_stage"] == "queue" for outcome, reply in node.replies() if outcome == "error"
    )


def test_a_flood_of_whole_texts_gets_one_reply_per_text():
    running = Running(FakeEngine(), queue_limit=50)
    with running as node:
        for number in range(TEXTS):
            node.text("Text of a flood.", session_id=number % SESSIONS, question_id=number)
        node.end()
    replies = Counter(reply["question_id"] for _, reply in node.replies())
    assert replies == Counter(range(TEXTS))
