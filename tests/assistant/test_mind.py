"""Who has the floor, and what a language model that fails does to a conversation."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pytest

pytest.importorskip("openai")

import openai
from mind import LONGEST, Mind, endpoint


def scripted(*script):
    """A language model; it raises what is an exception, and waits for what is an event."""

    def write(messages):
        write.asked.append([(one["role"], one["content"]) for one in messages[1:]])
        for step in script:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, threading.Event):
                assert step.wait(20)
            else:
                yield step() if callable(step) else step

    write.asked = []
    return write


def event(port, value, **metadata):
    metadata = {"session_id": "a", "question_id": 1, **metadata}
    return {"id": port, "value": pa.array([value]), "metadata": metadata}


def said(sent):
    return [(value[0], data["fin"]) for port, value, data in sent if port == "text"]


def problems(sent):
    return [value[0] for port, value, _ in sent if port == "problem"]


def controls(node):
    return [
        (value, data.get("keep"), data.get("question_id")) for value, data in node.on("control")
    ]


def threads_end():
    for thread in threading.enumerate():
        if thread.name.endswith("(_answer)"):
            thread.join(20)
            assert not thread.is_alive()


def test_tokens_leave_one_by_one_and_end_with_fin(outputs):
    Mind(outputs, scripted("Hel", "lo.", "")).take(event("question", "Hi?"))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    assert said(outputs.sent) == [("Hel", False), ("lo.", False), ("", True)]
    assert [data["seq"] for _, data in outputs.on("text")] == [0, 1, 2]


def held(outputs, gate, texts=1):
    """An answer of which a token was said when the user began to speak, and what thinks of it."""
    passed = threading.Event()

    def pass_on():
        passed.set()
        return ""

    write = scripted("One ", gate, "two.", pass_on)
    mind = Mind(outputs, write)
    mind.take(event("question", "Hi?"))
    outputs.wait(lambda sent: len(said(sent)) == 1)
    mind.take(event("activity", "speech", question_id=2))
    gate.set()
    assert not passed.wait(0.2)  # the next token waits
    mind.take(event("status", "cancelled", keep=True, texts=texts))
    return mind, write


@pytest.mark.parametrize(
    ("words", "spoken_ms"),
    [
        ("", 900),
        ("Mhm.", 400),
        ("I'm hum.", 400),
        ("Yeah, okay.", 1200),
        ("嗯。", 300),
        ("好的。", 900),
    ],
)
def test_an_answer_goes_on_after_what_is_no_interruption(outputs, words, spoken_ms):
    mind, write = held(outputs, threading.Event())
    assert said(outputs.sent) == [("One ", False)]
    mind.take(event("question", words, question_id=2, spoken_ms=spoken_ms))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    assert said(outputs.sent) == [("One ", False), ("two.", False), ("", True)]
    assert controls(outputs) == [("cancel", True, None), ("resume", None, 1)]
    assert len(write.asked) == 1


@pytest.mark.parametrize(
    ("words", "spoken_ms"),
    [("Stop.", 400), ("And in Paris?", 900), ("停。", 300), ("那明天呢？", 800)],
)
def test_words_that_mean_it_end_the_answer(outputs, words, spoken_ms):
    mind, write = held(outputs, threading.Event())
    mind.take(event("question", words, question_id=2, spoken_ms=spoken_ms))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    threads_end()
    texts = [(value, data["question_id"]) for value, data in outputs.on("text")]
    assert texts == [("One ", 1), ("One ", 2), ("two.", 2), ("", 2)]
    assert controls(outputs) == [("cancel", True, None)]
    assert write.asked[1][-1] == ("user", words)


def test_a_cough_before_the_first_token_only_delays_the_answer(outputs):
    gate = threading.Event()
    mind = Mind(outputs, scripted(gate, "Late."))
    mind.take(event("question", "Hi?"))
    mind.take(event("activity", "speech", question_id=2))
    mind.take(event("status", "cancelled", keep=True, texts=0))
    gate.set()
    mind.take(event("question", "", question_id=2))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    assert said(outputs.sent) == [("Late.", False), ("", True)]
    assert controls(outputs) == [("cancel", True, None)]  # nothing to be resumed


def test_speech_that_is_told_after_its_words_does_not_hold_the_answer(outputs):
    mind = Mind(outputs, scripted("Yes."))
    mind.take(event("question", "Hi?", question_id=1))
    mind.take(event("activity", "speech", question_id=1))  # dora: another input, another order
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    assert controls(outputs) == []


def test_a_short_word_is_a_question_where_nothing_is_being_said(outputs):
    write = scripted("Good.")
    Mind(outputs, write).take(event("question", "Okay.", spoken_ms=300))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    assert write.asked == [[("user", "Okay.")]]


def test_nothing_follows_a_stop_and_nothing_is_kept(outputs):
    gate = threading.Event()
    mind, _ = held(outputs, gate)
    mind.take(event("choice", "stop"))
    threads_end()
    mind.take(event("question", "", question_id=2))
    assert said(outputs.sent) == [("One ", False)]
    assert controls(outputs) == [("cancel", True, None), ("cancel", None, None)]


def test_a_browser_that_leaves_ends_its_answer_alone(outputs):
    gate, other = threading.Event(), threading.Event()
    mind = Mind(outputs, scripted("One ", gate, "two."))
    for session in "ab":
        mind.take(event("question", "Hi?", session_id=session))
    outputs.wait(lambda sent: len(said(sent)) == 2)
    mind.take(event("activity", "gone"))
    gate.set()
    threads_end()
    texts = [(value, data["session_id"]) for value, data in outputs.on("text")]
    assert sorted(texts, key=lambda one: one[1])[1:] == [("One ", "b"), ("two.", "b"), ("", "b")]
    assert list(mind._sessions) == ["b"]
    for port, value in (("segment_complete", "cancelled"), ("status", "cancelled")):
        mind.take(event(port, value, text_index=0, spoken_text="One"))
    assert list(mind._sessions) == ["b"]
    other.set()


def test_the_model_is_told_what_was_heard(outputs):
    write = scripted("A long answer it is.")
    mind = Mind(outputs, write)
    mind.take(event("question", "One?"))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    heard = {"text_index": 0, "spoken_text": "A long answer it is."}
    mind.take(event("segment_complete", "completed", **heard))  # all of it left the voice
    mind.take(event("activity", "speech", question_id=2))
    cut = {"keep": True, "texts": 1, "text_index": 0, "spoken_text": "A long ans"}
    mind.take(event("status", "cancelled", **cut))
    mind.take(event("question", "Two questions?", question_id=2))
    outputs.wait(lambda sent: said(sent).count(("", True)) == 2)
    assert write.asked[1] == [
        ("user", "One?"),
        ("assistant", "A long ans … (the user interrupted here)"),
        ("user", "Two questions?"),
    ]


def test_an_answer_that_went_on_is_told_as_one(outputs):
    write = scripted("It is one two three.")
    mind = Mind(outputs, write)
    mind.take(event("question", "Count?"))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    mind.take(event("segment_complete", "cancelled", text_index=3, spoken_text="It is one two"))
    mind.take(event("segment_complete", "completed", text_index=4, spoken_text="two three."))
    mind.take(event("question", "And then?", question_id=2))
    outputs.wait(lambda sent: said(sent).count(("", True)) == 2)
    assert write.asked[1][1] == ("assistant", "It is one two three.")


def test_what_is_auditioned_is_no_part_of_the_conversation(outputs):
    write = scripted("Yes.")
    mind = Mind(outputs, write)
    mind.take(event("choice", "manner", voice="starter-zh", speed=1.5))
    mind.take(event("audition", "A try.", question_id="say-1"))
    mind.take(
        event(
            "segment_complete", "completed", question_id="say-1", text_index=0, spoken_text="A try."
        )
    )
    mind.take(event("question", "Hi?"))
    outputs.wait(lambda sent: len(problems(sent)) + len(sent) > 3)
    assert write.asked == [[("user", "Hi?")]]
    assert {data["voice"] for _, data in outputs.on("text")} == {"starter-zh"}


@pytest.mark.parametrize(
    ("script", "ends", "complaint"),
    [
        ([ConnectionError("refused")], [], "refused"),
        (["One ", TimeoutError("timed out")], [("One ", False), ("", True)], "timed out"),
        ([], [], "empty"),
        (["", ""], [], "empty"),
    ],
)
def test_a_model_that_fails_is_a_problem_and_no_silence(outputs, script, ends, complaint):
    mind = Mind(outputs, scripted(*script))
    for turn in (1, 2):  # the second turn is as the first
        outputs.sent.clear()
        mind.take(event("question", "Hi?", question_id=turn))
        outputs.wait(lambda sent: problems(sent) and said(sent) == ends)
        assert complaint in problems(outputs.sent)[0]


def test_an_answer_without_end_is_ended(outputs):
    def forever(messages):
        while True:
            yield "word " * 100

    Mind(outputs, forever).take(event("question", "Hi?"))
    outputs.wait(lambda sent: said(sent)[-1:] == [("", True)])
    assert sum(len(text) for text, _ in said(outputs.sent)) <= LONGEST + 500
    assert "must end within" in problems(outputs.sent)[0]


def chunk(content):
    delta = {"content": content}
    part = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "x"}
    return f"data: {json.dumps({**part, 'choices': [{'index': 0, 'delta': delta}]})}\n\n".encode()


@contextmanager
def serving(status, *body, stall=None):
    """An endpoint that answers everything so."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for part in body:
                self.wfile.write(part)
            self.wfile.flush()
            if stall is not None:
                stall.wait(20)

        def log_message(self, *_):
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{web.server_port}/v1"
    finally:
        if stall is not None:
            stall.set()
        web.shutdown()
        thread.join()
        web.server_close()


def answered(outputs, url, timeout=20):
    client = openai.OpenAI(base_url=url, api_key="none", timeout=timeout, max_retries=0)
    with client:
        Mind(outputs, endpoint(client, "x")).take(event("question", "Hi?"))
        outputs.wait(lambda sent: problems(sent) or said(sent)[-1:] == [("", True)])
        threads_end()
    return said(outputs.sent), problems(outputs.sent)


def test_an_endpoint_that_streams_as_openai_does(outputs):
    body = [chunk("Hi "), chunk(None), chunk("there."), b"data: [DONE]\n\n"]
    with serving(200, *body) as url:
        assert answered(outputs, url) == ([("Hi ", False), ("there.", False), ("", True)], [])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, [b"oh no"]),
        (401, [b'{"error": {"message": "no key"}}']),
        (200, [b"<html>hello</html>"]),
        (200, [b"data: {broken\n\n"]),
        (200, [b"data: [1, 2]\n\n"]),
        (200, [b'data: {"choices": 5}\n\n']),
        (200, [chunk({"a": 1})]),
        (200, [chunk(["x"])]),
        (200, [chunk("\ud800")]),
        (200, [b"\xff\xfe\x00" * 1000]),
    ],
)
def test_an_endpoint_that_is_garbled(outputs, status, body):
    with serving(status, *body) as url:
        spoken, complaints = answered(outputs, url)
    assert spoken == []
    assert len(complaints) == 1
    assert complaints[0].startswith("The language model failed: ")


def test_an_endpoint_that_is_slow(outputs):
    with serving(200, chunk("Well, "), stall=threading.Event()) as url:
        spoken, complaints = answered(outputs, url, timeout=0.2)
    assert spoken == [("Well, ", False), ("", True)]
    assert len(complaints) == 1


def test_an_endpoint_that_is_down(outputs):
    with serving(200) as url:
        pass
    spoken, complaints = answered(outputs, url)
    assert spoken == []
    assert len(complaints) == 1
