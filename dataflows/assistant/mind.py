"""Answers questions with a language model, and decides who has the floor.

Environment: LLM_URL, an OpenAI-compatible endpoint (`http://localhost:11434/v1` is Ollama's), LLM_MODEL,
    LLM_KEY; without a URL a small model runs in this process. LLM_PROMPT, its instructions; LLM_TIMEOUT,
    maximum seconds without a token (60).

Answers are sent token by token. When the user begins to speak, the voice falls silent but keeps the answer.
After a cough or "mhm", the answer continues where it stopped; a question ends it, and the model is told how
much of it was heard.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import openai
import pyarrow as pa
from conversation import Conversation
from dora import Node
from interruptions import Interruptions
from small_model import loaded

ROOT = Path(__file__).parents[2]
PROMPT = (
    "You are a voice assistant. Answer in one to three short sentences, in the user's language."
)
LONGEST = 8000  # characters of an answer

Message = dict[str, str]
Writer = Callable[[Sequence[Message]], Iterator[str]]


class Answer:
    """An answer that is being written."""

    def __init__(self) -> None:
        self.may_speak = threading.Event()  # not while the user speaks
        self.may_speak.set()
        self.is_over = False

    def end(self) -> None:
        """Cancel the rest."""
        self.is_over = True
        self.may_speak.set()


class Session:
    """The session of one browser.

    Attributes:
        answer: the answer being written, if any.
        spoken: the last question whose answer (or the last audition that) went to the voice.
        is_suspended: whether the voice is keeping a text that the user interrupted.
        turn: the last turn whose words are known.
        manner: voice and speed chosen by the user.
    """

    def __init__(self) -> None:
        self.conversation = Conversation()
        self.answer: Answer | None = None
        self.spoken: Any = None
        self.is_suspended = False
        self.turn = 0
        self.manner: dict[str, Any] = {}


class Mind:
    """All sessions."""

    def __init__(self, node: Node, write: Writer) -> None:
        self._node = node
        self._write = write
        self._prompt = os.environ.get("LLM_PROMPT") or PROMPT
        self._interruptions = Interruptions()
        self._sending = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def take(self, event: dict[str, Any]) -> None:
        """Handle one message of the dataflow."""
        metadata, value = event["metadata"], event["value"][0].as_py()
        name = metadata.get("session_id")
        if value == "gone" and event["id"] == "activity":
            self._silence(name, self._sessions.pop(name, Session()))
        elif event["id"] == "status":
            self._acknowledged(value, metadata)
        elif event["id"] == "segment_complete":
            self._spoken(value, metadata)
        elif name:
            act = {"activity": self._activity, "choice": self._choose, "audition": self._audition}
            session = self._sessions.setdefault(name, Session())
            act.get(event["id"], self._question)(session, value, metadata)

    def _activity(self, session: Session, value: str, metadata: dict[str, Any]) -> None:
        """React to the user speaking: send no more tokens and no more audio until it is clear what was said."""
        if value != "speech" or metadata["question_id"] <= session.turn:
            return  # dora keeps the order within an input, not between inputs
        with self._sending:
            if session.answer is not None:
                session.answer.may_speak.clear()
            ids = {"session_id": metadata["session_id"]}
            self._node.send_output("control", pa.array(["cancel"]), {**ids, "keep": True})

    def _question(self, session: Session, value: str, metadata: dict[str, Any]) -> None:
        """Handle what the user said; empty if there were no words."""
        session.turn = metadata["question_id"]
        is_unfinished = session.is_suspended or session.answer is not None
        spoken_ms = metadata.get("spoken_ms", float("inf"))
        if value and (not is_unfinished or self._interruptions.include(value, spoken_ms)):
            self._end(session)
            messages = [{"role": "system", "content": self._prompt}]
            messages += session.conversation.ask(value, session.turn)
            answer = session.answer = Answer()
            arguments = (session, answer, messages, metadata)
            threading.Thread(target=self._answer, args=arguments, daemon=True).start()
            return
        if session.is_suspended:
            session.is_suspended = False
            ids = {"session_id": metadata["session_id"], "question_id": session.spoken}
            self._control("resume", ids)
        if session.answer is not None:
            session.answer.may_speak.set()

    def _choose(self, session: Session, value: str, metadata: dict[str, Any]) -> None:
        if value == "stop":
            self._silence(metadata["session_id"], session)
        else:
            session.manner = {k: metadata[k] for k in ("voice", "speed") if k in metadata}

    def _audition(self, session: Session, value: str, metadata: dict[str, Any]) -> None:
        self._silence(metadata["session_id"], session)
        session.spoken = metadata["question_id"]
        with self._sending:
            self._node.send_output("text", pa.array([value]), {**metadata, **session.manner})

    def _acknowledged(self, value: str, metadata: dict[str, Any]) -> None:
        """The voice fell silent: is it keeping something, and how much of it was heard?"""
        session = self._sessions.get(metadata.get("session_id", ""))
        if session is None or value != "cancelled":
            return
        session.is_suspended = bool(metadata.get("keep") and metadata.get("texts"))
        if "text_index" in metadata:
            session.conversation.correct(metadata["text_index"], metadata.get("spoken_text", ""))

    def _spoken(self, value: str, metadata: dict[str, Any]) -> None:
        session = self._sessions.get(metadata.get("session_id", ""))
        turn, text = metadata.get("question_id"), metadata.get("spoken_text", "")
        if session is None or not isinstance(turn, int):
            return  # an audition is not part of the conversation
        index = metadata["text_index"]
        session.conversation.hear(turn, index, text, is_whole=value == "completed")

    @staticmethod
    def _end(session: Session) -> None:
        if session.answer is not None:
            session.answer.end()
        session.answer, session.is_suspended = None, False

    def _silence(self, name: str, session: Session) -> None:
        """End what is being written and spoken for good."""
        self._end(session)
        self._control("cancel", {"session_id": name})

    def _control(self, command: str, ids: dict[str, Any]) -> None:
        with self._sending:
            self._node.send_output("control", pa.array([command]), ids)

    def _answer(
        self,
        session: Session,
        answer: Answer,
        messages: list[Message],
        metadata: dict[str, Any],
    ) -> None:
        """Pass on the model's tokens as they arrive; `fin` always ends the answer."""
        said = {**metadata, **session.manner, "seq": 0}
        said["request_id"] = f"{metadata['session_id']}-{metadata['question_id']}"
        try:
            with closing(checked(self._write(messages))) as tokens:
                for token in tokens:
                    said.setdefault("token_s", time.time())
                    if not self._say(session, answer, token, said):
                        return
        except Exception as error:  # noqa: BLE001  the user is told, the next question may do better
            if not answer.is_over:
                self._complain(f"The language model failed: {error}", metadata)
        if said["seq"]:
            self._say(session, answer, "", {**said, "fin": True})
        if session.answer is answer:
            session.answer = None

    def _say(self, session: Session, answer: Answer, token: str, said: dict[str, Any]) -> bool:
        """Send a token once the user has finished speaking; returns False if it was cancelled."""
        while True:
            answer.may_speak.wait()
            with self._sending:
                if answer.is_over:
                    return False
                if not answer.may_speak.is_set():
                    continue
                session.spoken = said["question_id"]
                self._node.send_output("text", pa.array([token]), {"fin": False, **said})
                said["seq"] += 1
                return True

    def _complain(self, message: str, metadata: dict[str, Any]) -> None:
        with self._sending:
            self._node.send_output("problem", pa.array([message[:500]]), metadata)


def checked(tokens: Iterator[str]) -> Iterator[str]:
    """Pass on tokens that are not empty.

    Raises:
        ValueError: There are none, or too many.
    """
    length = 0
    with closing(tokens):
        for token in filter(None, tokens):
            yield token
            length += len(token)
            if length > LONGEST:
                raise ValueError(f"its answer must end within {LONGEST} characters")
    if not length:
        raise ValueError("its answer is empty")


def endpoint(client: openai.OpenAI, model: str) -> Writer:
    """A language model behind OpenAI's interface."""

    def write(messages: Sequence[Message]) -> Iterator[str]:
        with client.chat.completions.create(model=model, messages=messages, stream=True) as parts:
            for part in parts:
                content = part.choices[0].delta.content if part.choices else None
                if not isinstance(content, str | None):
                    raise TypeError(f"its content must be a string, got {type(content).__name__}")
                yield content or ""

    return write


def main() -> int:
    """Answer until no more questions can come."""
    url = os.environ.get("LLM_URL")
    with ExitStack() as opened:
        if url:
            client = openai.OpenAI(
                base_url=url,
                api_key=os.environ.get("LLM_KEY") or "none",
                timeout=float(os.environ.get("LLM_TIMEOUT") or 60),
                max_retries=0,
            )
            write = endpoint(client, os.environ.get("LLM_MODEL") or "default")
        else:
            write = opened.enter_context(loaded(ROOT / "out" / "gemma")).write
        node = Node()  # the dataflow starts when everything is loaded
        mind = Mind(node, write)
        while (event := node.next()) is not None and event["type"] != "STOP":
            if event["type"] == "INPUT":
                mind.take(event)
    return 0


if __name__ == "__main__":
    sys.exit(main())
