"""A stand-in for an LLM: answers each question with a scripted text, token by token.

Environment: ANSWERS, one answer per line, the n-th for the n-th question; TOKENS_PER_S; with QUESTIONS=none it
    gives all answers one after the other, without waiting for questions. A question that arrives while an
    answer is being written ends that answer, like an interruption by a user.

Every token carries session_id, question_id, request_id, seq and fin; the last one says fin=True.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from dora import Node

TOKEN = re.compile(r"\S{1,4}|\s+")  # roughly what a tokenizer produces


def main() -> int:
    """Answer questions until no more can come; return the exit code."""
    answers = [line.strip() for line in os.environ["ANSWERS"].splitlines() if line.strip()]
    pause = 1 / float(os.environ.get("TOKENS_PER_S", "30"))
    node = Node()
    if os.environ.get("QUESTIONS") == "none":
        for number, answer in enumerate(answers):
            for token in tokens(answer, number):
                send(node, *token)
                time.sleep(pause)
        return 0
    return answer_questions(node, answers, pause)


def answer_questions(node: Node, answers: list[str], pause: float) -> int:
    """Write the answer to the newest question; check for input between tokens."""
    writing: Iterator[tuple[str, dict[str, Any]]] = iter(())
    due = None
    asked = 0
    while True:
        left = None if due is None else max(due - time.monotonic(), 0.001)
        event = node.next(timeout=left) if left else node.next()
        if event is None or event["type"] == "STOP":
            return 0
        if event["type"] == "INPUT" and asked < len(answers):
            writing, due = tokens(answers[asked], asked), time.monotonic()
            asked += 1
        if due is not None and time.monotonic() >= due:
            token = next(writing, None)
            due = None if token is None else due + pause
            if token is not None:
                send(node, *token)


def tokens(answer: str, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pieces of an answer with their metadata."""
    pieces = TOKEN.findall(answer)
    for seq, piece in enumerate(pieces):
        yield (
            piece,
            {
                "session_id": "talk",
                "question_id": number + 1,
                "request_id": f"answer-{number + 1}",
                "seq": seq,
                "fin": seq == len(pieces) - 1,
            },
        )


def send(node: Node, token: str, metadata: dict[str, Any]) -> None:
    """Send one token with the time."""
    node.send_output("text", pa.array([token]), {**metadata, "sent_at": time.time()})


if __name__ == "__main__":
    sys.exit(main())
