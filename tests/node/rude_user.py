"""A user that talks into everything, for dataflows: `path: rude_user.py`.

ROLE=storm: while a long text is spoken, 1,000 commands a second; prints how many were answered.
ROLE=leave: goes at the first fragment of sound.
ROLE=hear: makes the file OUT at the first fragment of sound, and stays.
ROLE=ask: sends eight texts, and two more once one of them was answered with an error; writes every reply to OUT.
ROLE=watch: writes every status to OUT, a line each; asks what is in force when the node is ready the second time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pyarrow as pa
from dora import Node

COMMANDS = 1000
PATIENCE_S = 20.0


def storm(node: Node) -> None:
    for number in range(3):
        node.send_output("text", pa.array(["Slow."]), {"request_id": f"r{number}"})
    begun = time.perf_counter()
    for number in range(COMMANDS):
        node.send_output("control", pa.array(["ping" if number % 2 else "stats"]), {})
        time.sleep(max(0.0, begun + number / 1000 - time.perf_counter()))
    answers, replies = 0, 0
    end = time.monotonic() + PATIENCE_S
    while (answers < COMMANDS or replies < 3) and time.monotonic() < end:
        event = node.next(timeout=1.0)
        if event is not None and event["type"] == "INPUT":
            answers += event["value"][0].as_py() in {"pong", "stats"}
            replies += event["id"] == "segment_complete"
    sys.stdout.write(f"answered {answers} of {COMMANDS}, {replies} replies\n")


def leave(node: Node) -> None:
    while (event := node.next()) is not None:
        if event["type"] == "INPUT" and event["id"] == "audio":
            sys.stdout.write("left\n")
            return


def hear(node: Node) -> None:
    while (event := node.next()) is not None:
        if event["type"] == "INPUT" and event["id"] == "audio":
            Path(os.environ["OUT"]).touch()


def ask(node: Node) -> None:
    def say(number: int) -> None:
        node.send_output("text", pa.array(["Slow."]), {"request_id": f"r{number}"})

    for number in range(8):
        say(number)
    answered, is_lost, end = 0, False, time.monotonic() + 3 * PATIENCE_S
    with Path(os.environ["OUT"]).open("a", encoding="utf-8") as out:
        while answered < 10 and time.monotonic() < end:
            event = node.next(timeout=1.0)
            if event is None:
                return
            if event["type"] != "INPUT" or event["id"] != "segment_complete":
                continue
            metadata = event["metadata"]
            out.write(
                json.dumps({key: metadata.get(key) for key in ("request_id", "outcome", "error")})
            )
            out.write("\n")
            out.flush()
            answered += 1
            if metadata["outcome"] == "error" and not is_lost:
                is_lost = True
                say(8)
                say(9)


def watch(node: Node) -> None:
    ready = 0
    with Path(os.environ["OUT"]).open("a", encoding="utf-8") as out:
        while (event := node.next()) is not None:
            if event["type"] != "INPUT" or event["id"] != "status":
                continue
            state, metadata = event["value"][0].as_py(), event["metadata"]
            metadata.pop("timestamp")
            out.write(json.dumps({"state": state, **metadata}) + "\n")
            out.flush()
            ready += state == "ready"
            if state == "ready" and ready > 1:
                node.send_output("control", pa.array(["set:top_k=5"]), {})


if __name__ == "__main__":
    roles = {"storm": storm, "leave": leave, "hear": hear, "ask": ask, "watch": watch}
    roles[os.environ["ROLE"]](Node())
