"""Events in: what is read, what is refused, and that nothing raises."""

from __future__ import annotations

import datetime
import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.node.protocol import decode
from dora_mlx_tts.node.protocol.messages import BadInput, Command, Stage, TextRequest
from dora_mlx_tts.node.protocol.metadata import NUMBERS, OWN_KEYS, as_plain
from dora_mlx_tts.voices.voice import is_voice_name

LIMIT = 1000


def receive(value, port="text", **metadata):
    array = pa.array([value]) if isinstance(value, str) else value
    event = {"type": "INPUT", "id": port, "value": array, "metadata": metadata}
    return decode.decode(event, received_s=1.5, text_limit=LIMIT)


def invalid_utf8_string():
    offsets = pa.array([0, 2], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff\xfe")])


# ------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    "value",
    [
        pa.array(["你好"]),
        pa.array(["你好"], pa.large_string()),
        pa.array(["你好"], pa.string_view()),
        pa.array(["你好"]).dictionary_encode(),
        pa.array(["xx", "你好", "yy"]).slice(1, 1),
        pa.array(list("你好".encode()), pa.uint8()),
        pa.array(["你好".encode()], pa.binary()),
    ],
    ids=lambda value: str(value.type),
)
def test_every_way_to_send_one_string_is_read(value):
    message = receive(value)
    assert isinstance(message, TextRequest)
    assert message.text == "你好"
    assert message.received_s == 1.5


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "got none"),
        ("not an array", "str"),
        (pa.array([], pa.string()), "0 string values"),
        (pa.array([], pa.uint8()), "0 uint8 values"),
        (pa.array(["a", "b"]), "2 string values"),
        (pa.array([None], pa.string()), "null"),
        (pa.array([None]), "null"),
        (pa.array([1.5]), "double"),
        (pa.array([[0.1, 0.2]]), "list"),
        (pa.array([{"a": 1}]), "struct"),
        (pa.array([True]), "bool"),
        (pa.array([0xC3, 0x28], pa.uint8()), "must be UTF-8"),
        (pa.array([b"\xff"], pa.binary()), "must be UTF-8"),
        (invalid_utf8_string(), "must be UTF-8"),
        (pa.array(["x" * 1_000_000]), "at most 1000 characters"),
        (pa.array(np.full(1_000_000, 97, np.uint8)), "at most 1000 characters"),
        (pa.array(['{"prompt": "hello"}']), "JSON"),
        (pa.array(['["hello", "you"]']), "JSON"),
    ],
)
def test_bad_values_become_bad_input_that_says_why(value, said):
    event = {"type": "INPUT", "id": "text", "value": value, "metadata": {"request_id": "r1"}}
    message = decode.decode(event, received_s=0.0, text_limit=LIMIT)
    assert isinstance(message, BadInput)
    assert said in message.error
    assert len(message.error) < 300
    assert message.echo == {"request_id": "r1"}
    assert message.stage is Stage.PROTOCOL


@pytest.mark.parametrize(
    "text", ["42", "[1]", "{nice}", '"quoted"', "null", "", "[" * 400 + "]" * 400]
)
def test_text_that_only_resembles_json_is_a_text(text):
    message = receive(text)
    expected = BadInput if text.startswith("[[") else TextRequest  # a list in a list is data
    assert isinstance(message, expected)


def test_deeply_nested_json_does_not_overflow():
    text = "[" * 100_000 + "]" * 100_000
    event = {"id": "text", "value": pa.array([text]), "metadata": {}}
    assert isinstance(decode.decode(event, received_s=0.0, text_limit=10**6), TextRequest)


@pytest.mark.parametrize(
    ("metadata", "stage", "said"),
    [
        ({"speed": math.nan}, Stage.SETTINGS, "speed must be a finite number, got nan"),
        ({"speed": math.inf}, Stage.SETTINGS, "finite number, got inf"),
        ({"speed": "fast"}, Stage.SETTINGS, "finite number, got 'fast'"),
        ({"speed": True}, Stage.SETTINGS, "speed must be a finite number, got True"),
        (
            {"speed_factor": [1.0]},
            Stage.SETTINGS,
            "speed_factor must be a finite number, got [1.0]",
        ),
        ({"seed": 1.5}, Stage.SETTINGS, "an integer, got 1.5"),
        ({"top_k": "9" * 5000}, Stage.SETTINGS, "top_k must be an integer"),
        ({"voice": 42}, Stage.SETTINGS, "got 42"),
        ({"voice": "../../etc/passwd"}, Stage.SETTINGS, "no path"),
        ({"voice": "/etc/passwd"}, Stage.SETTINGS, "no path"),
        ({"voice": "C:\\x"}, Stage.SETTINGS, "no path"),
        ({"voice": "a..b"}, Stage.SETTINGS, "no path"),
        ({"voice": ".hidden"}, Stage.SETTINGS, "no path"),
        ({"voice": "a\x00b"}, Stage.SETTINGS, "no path"),
        ({"voice": "x" * 5000}, Stage.SETTINGS, "no path"),
        ({"language": "e n"}, Stage.SETTINGS, "language"),
        ({"language": 3.0}, Stage.SETTINGS, "language"),
        ({"fin": "perhaps"}, Stage.PROTOCOL, "fin must be true or false, got 'perhaps'"),
        ({"flush": [1]}, Stage.PROTOCOL, "flush must be true or false, got [1]"),
        ({"fin": {"a": 1}}, Stage.PROTOCOL, "fin must be true or false"),
        (
            {"seq": "first"},
            Stage.PROTOCOL,
            "seq must be an integer from 0 to 2^63 - 1, got 'first'",
        ),
        ({"seq": [1]}, Stage.PROTOCOL, "seq must be an integer from 0 to 2^63 - 1, got [1]"),
        ({"seq": "9" * 23}, Stage.PROTOCOL, "seq must be an integer"),
        ({"seq": -5}, Stage.PROTOCOL, "seq must be an integer"),
        ({"request_id": ["a"]}, Stage.PROTOCOL, "request_id"),
        ({"session_id": {"a": 1}}, Stage.PROTOCOL, "session_id"),
        ({"question_id": b"x"}, Stage.PROTOCOL, "question_id"),
    ],
)
def test_wrong_metadata_is_refused_by_name(metadata, stage, said):
    message = receive("Hello.", **metadata)
    assert isinstance(message, BadInput)
    assert message.stage is stage
    assert said in message.error
    assert len(message.error) < 300


@pytest.mark.parametrize("typed", [True, False])
def test_streaming_keys_are_read_typed_and_as_strings(typed):
    values = {"seq": 7, "fin": True, "flush": False, "segment_id": 3, "speed": 1.5, "top_k": 4}
    sent = values if typed else {key: str(value).lower() for key, value in values.items()}
    message = receive("Hello.", **sent)
    assert (message.seq, message.fin, message.flush) == (7, True, False)
    assert message.settings == {"speed": 1.5, "top_k": 4}
    assert message.id("segment_id") == "3"
    assert type(message.settings["top_k"]) is int


def test_settings_are_read_under_both_ecosystems_names():
    message = receive(
        "Hi.", voice_name="Luo Xiang", text_lang="all_zh", speed_factor="1.1", seed=-1
    )
    assert (message.voice, message.language) == ("Luo Xiang", "all_zh")
    assert message.settings == {"speed": 1.1, "seed": -1}


def test_absent_and_empty_choices_mean_the_default():
    message = receive("Hi.", voice="", language=None, speed=None, seq=None, fin=None)
    assert (message.voice, message.language, message.settings) == (None, None, {})
    assert (message.seq, message.fin) == (None, False)


def test_every_numeric_setting_of_speech_can_be_sent():
    assert {
        "speed": float,
        "top_k": int,
        "seed": int,
        "noise_scale": float,
    }.items() <= NUMBERS.items()
    for name, field in SpeechSettings.model_fields.items():
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert NUMBERS[name] is type(field.default)
    assert "language" not in NUMBERS


def test_echo_keeps_types_and_drops_what_is_not_ours_to_repeat():
    now = datetime.datetime.now(datetime.UTC)
    message = receive(
        "Hi.",
        timestamp=now,
        question_id=5,
        session_id="s",
        session_status="started",
        open_telemetry_context="traceparent:00-1;",
        sent_at=12.5,
        words=["a", "b"],
        numbers=[1, 2.5],
        flush=False,
        fin=True,
        seq=3,
        sample_rate=1,
        nothing=None,
        flags=[True],
        huge=2**70,
        long="x" * 100_000,
        _wire_size=9,
        scalar=np.float32(0.5),
    )
    assert message.echo == {
        "question_id": 5,
        "session_id": "s",
        "session_status": "started",
        "open_telemetry_context": "traceparent:00-1;",
        "sent_at": 12.5,
        "words": ["a", "b"],
        "numbers": [1.0, 2.5],
        "scalar": 0.5,
        "dropped_metadata": ["flags", "huge", "long"],
    }
    assert type(message.echo["question_id"]) is int


def test_echo_is_bounded():
    echo = receive("Hi.", **{f"k{i}": i for i in range(1000)}, session_id="s", request_id=3).echo
    assert len(echo) == 65
    assert (echo["session_id"], echo["request_id"]) == ("s", 3)  # the last ones sent
    assert echo["dropped_metadata"] == [f"k{i}" for i in range(62, 126)]
    big = receive("Hi.", **{f"k{i}": "x" * 4096 for i in range(64)}, goal_id="g").echo
    assert sum(len(str(value)) for value in big.values()) < 70_000
    assert big["goal_id"] == "g"


@pytest.mark.parametrize("port", ["text", "control"])
def test_an_id_survives_every_limit(port):
    long = "i" * 10_000
    message = receive("cancel", port=port, request_id=long, session_id="s", question_id=2**70)
    assert isinstance(message, BadInput)
    assert "request_id must be at most 4096 characters, got 10000" in message.error
    assert message.echo == {"request_id": long, "session_id": "s", "question_id": str(2**70)}


def test_half_a_character_in_json_is_replaced():
    word = json.dumps({"command": "cancel", "session_id": "a\ud800", "voice": ["\udfff"]})
    message = receive(word, port="control")
    assert message.echo == {"session_id": "a\ufffd"}
    assert message.values["voice"] == ["\ufffd"]


def test_ports_that_are_not_ours_are_left_alone():
    assert receive("Hi.", port="tick") is None


@pytest.mark.parametrize("metadata", [None, "text", 3])
def test_missing_metadata_is_no_metadata(metadata):
    event = {"id": "text", "value": pa.array(["Hi."]), "metadata": metadata}
    assert decode.decode(event, received_s=0.0) == TextRequest("Hi.")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_KEYS = st.sampled_from(
    ["seq", "fin", "flush", "speed", "seed", "voice", "language", "request_id", "command", "x"]
)


@settings(deadline=None)
@given(
    port=st.sampled_from(["text", "control"]),
    value=st.text(max_size=50)
    | st.none()
    | st.lists(st.floats(), max_size=3)
    | st.lists(st.binary(max_size=8), max_size=3),
    metadata=st.dictionaries(_KEYS, _VALUES, max_size=6),
)
def test_decode_never_raises_and_echoes_only_plain_values(port, value, metadata):
    array = pa.array([value] if isinstance(value, str) else value) if value is not None else None
    event = {"type": "INPUT", "id": port, "value": array, "metadata": metadata}
    message = decode.decode(event, received_s=0.0)
    assert isinstance(message, TextRequest | Command | BadInput)
    for key, kept in message.echo.items():
        assert key not in OWN_KEYS - {"dropped_metadata"}
        assert repr(as_plain(kept)) == repr(kept)


# ---------------------------------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("word", "metadata", "name", "argument"),
    [
        ("cancel", {}, "cancel", ""),
        ("  RESET\n", {}, "reset", ""),
        ("change_voice: Maple", {}, "change_voice", "Maple"),
        ('{"command": "cancel", "argument": 3}', {}, "cancel", "3"),
        ("", {"command": "ping"}, "ping", ""),
    ],
)
def test_commands_are_words_or_json(word, metadata, name, argument):
    message = receive(word, port="control", **metadata)
    assert isinstance(message, Command)
    assert (message.name, message.argument) == (name, argument)


def test_ids_of_a_json_command_win_over_metadata():
    word = '{"command": "reset", "question_id": 7}'
    message = receive(word, port="control", question_id="old", session_id="s")
    assert message.echo == {"question_id": 7, "session_id": "s"}


@pytest.mark.parametrize(
    "value",
    [
        "",
        '{"cmd": "cancel"}',
        "{broken",
        '{"command": "cancel"',
        '{"command": 3}',
        '{"command": "cancel", "question_id": [1]}',
        "x" * 100_000,
        pa.array([1]),
        pa.array([None], pa.string()),
        pa.array([b"\xff"]),
    ],
)
def test_bad_commands_become_bad_input(value):
    message = receive(value, port="control")
    assert isinstance(message, BadInput)
    assert message.port == "control"


@pytest.mark.parametrize("port", ["played", "buffer_status"])
@pytest.mark.parametrize(
    "value",
    [pa.array([None], pa.string()), pa.nulls(1), pa.array([], pa.string()), pa.array(["x"])],
)
def test_a_number_is_asked_for_where_one_is_wanted(port, value):
    message = receive(value, port)
    assert isinstance(message, BadInput)
    assert "one number" in message.error


def test_every_name_that_a_voice_may_have_can_be_asked_for():
    for name in ("_x", "5", "小明", "my voice", "a.b-c"):
        assert is_voice_name(name)
        assert receive("Hi.", voice=name).voice == name
