"""Answers questions: any language model behind an OpenAI-compatible endpoint.

Environment: LLM_URL (`http://localhost:11434/v1` is Ollama's), LLM_MODEL, LLM_KEY, LLM_PROMPT.

An answer leaves token by token. When the user begins to speak, it ends at once: the voice is told to be silent,
and the model is told what was heard of it, by the `spoken_text` of the voice's reply.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import openai
import pyarrow as pa
from dora import Node

PROMPT = (
    "You are a voice assistant. Answer in one to three short sentences, in the user's language."
)
KEPT = 20  # messages of a conversation that the model sees
PATIENCE_S = 60.0


class Conversation:
    """What was said in one browser, as the model is told."""

    def __init__(self) -> None:
        self.question_id = 0
        self.cancelled = threading.Event()  # of the answer being written
        self.cancelled.set()
        self.manner: dict[str, Any] = {}  # voice and speed, as the user chose
        self._messages: list[dict[str, Any]] = []

    def ask(self, question: str, number: int) -> list[dict[str, str]]:
        """Begin a turn; what the model is to see."""
        self._messages.append({"role": "user", "content": question, "turn": number})
        del self._messages[:-KEPT]
        self.question_id, self.cancelled = number, threading.Event()
        seen = [{"role": one["role"], "content": one["content"]} for one in self._messages]
        return [{"role": "system", "content": os.environ.get("LLM_PROMPT", PROMPT)}, *seen]

    def heard(self, number: int, text: str, *, whole: bool) -> None:
        """Remember what the user heard of an answer."""
        content = text if whole else f"{text} … (the user interrupted here)"
        place = max(
            (at + 1 for at, one in enumerate(self._messages) if one["turn"] <= number), default=0
        )
        self._messages.insert(place, {"role": "assistant", "content": content, "turn": number})


class Mind:
    """All conversations."""

    def __init__(self, node: Node, client: openai.OpenAI, model: str) -> None:
        self._node = node
        self._client = client
        self._model = model
        self._sending = threading.Lock()
        self._conversations: dict[str, Conversation] = {}

    def take(self, event: dict[str, Any]) -> None:
        """One message of the dataflow."""
        metadata, value = event["metadata"], event["value"][0].as_py()
        session = metadata["session_id"]
        if value == "gone" and event["id"] == "activity":
            self._silence(session)
            self._conversations.pop(session, None)
            return
        conversation = self._conversations.setdefault(session, Conversation())
        if value in {"speech", "stop"} and event["id"] in {"activity", "choice"}:
            self._silence(session)
        elif event["id"] == "choice":
            conversation.manner = {k: metadata[k] for k in ("voice", "speed") if k in metadata}
        elif event["id"] == "audition":
            self._silence(session)
            said = {**metadata, **conversation.manner}
            self._node.send_output("text", pa.array([value]), said)
        elif event["id"] == "question" and value:
            messages = conversation.ask(value, metadata["question_id"])
            arguments = (conversation, conversation.cancelled, messages, metadata)
            threading.Thread(target=self._answer, args=arguments, daemon=True).start()
        elif event["id"] == "segment_complete":
            spoken, number = metadata.get("spoken_text"), metadata.get("question_id")
            if spoken and isinstance(number, int):  # an audition is no part of the conversation
                conversation.heard(number, spoken, whole=value == "completed")

    def _silence(self, session: str) -> None:
        """The user speaks: no further token, no further sound."""
        conversation = self._conversations.get(session)
        if conversation is not None:
            with self._sending:
                conversation.cancelled.set()
                self._node.send_output("control", pa.array(["cancel"]), {"session_id": session})

    def _answer(
        self,
        conversation: Conversation,
        cancelled: threading.Event,
        messages: list[dict[str, str]],
        metadata: dict[str, Any],
    ) -> None:
        """Pass on the model's tokens as they come; `fin` ends the answer whatever happens."""
        seq = 0
        told = {
            **metadata,
            **conversation.manner,
            "request_id": f"{metadata['session_id']}-{metadata['question_id']}",
        }

        def say(token: str, *, fin: bool) -> None:
            nonlocal seq
            with self._sending:
                if not cancelled.is_set():
                    message = {**told, "seq": seq, "fin": fin}
                    self._node.send_output("text", pa.array([token]), message)
                    seq += 1

        try:
            with self._client.chat.completions.create(
                model=self._model, messages=messages, stream=True
            ) as tokens:
                for part in tokens:
                    token = part.choices[0].delta.content if part.choices else None
                    if cancelled.is_set():
                        return
                    if token:
                        told.setdefault("token_s", time.time())
                        say(token, fin=False)
        except Exception as error:  # noqa: BLE001  the user is told, the next question may do better
            self._complain(f"The language model does not answer: {error}", metadata)
        else:
            if not seq:
                self._complain("The language model answered nothing.", metadata)
        if seq:
            say("", fin=True)

    def _complain(self, message: str, metadata: dict[str, Any]) -> None:
        with self._sending:
            self._node.send_output("problem", pa.array([message[:500]]), metadata)


def main() -> int:
    """Answer until nobody can ask any more."""
    url = os.environ.get("LLM_URL")
    if not url:
        print("LLM_URL must name an OpenAI-compatible endpoint; see docs/assistant.md")
        return 1
    client = openai.OpenAI(
        base_url=url,
        api_key=os.environ.get("LLM_KEY") or "none",
        timeout=PATIENCE_S,
        max_retries=1,
    )
    node = Node()
    mind = Mind(node, client, os.environ.get("LLM_MODEL", "default"))
    while (event := node.next()) is not None and event["type"] != "STOP":
        if event["type"] == "INPUT":
            mind.take(event)
    return 0


if __name__ == "__main__":
    sys.exit(main())
