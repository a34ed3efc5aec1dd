"""The commands on `control`, dora's parameters, and what survives a restart."""

from __future__ import annotations

import json

import pytest
from node_fakes import FakeEngine, FakeNode, Gate, Running, spoken

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import SettingError, VoiceError
from dora_mlx_tts.node.live_settings import LiveSettings, state_file

VOICES = ["maple", "luo xiang"]


class Restarted(FakeNode):
    """A node of a known dataflow."""

    restarted = False

    def is_restart(self):
        return self.restarted

    def dataflow_id(self):
        return "flow-1"


def said(engine):
    return [(text, voice, settings) for text, voice, _, settings in engine.calls]


def obeyed(*commands, texts=("Hi.",), engine=None, node=None, **settings):
    """Say the commands, then the texts; the node and its answers after `ready`."""
    running = Running(engine, node, **settings)
    with running as fake:
        for say, messages in ((fake.control, commands), (fake.text, texts)):
            for message in messages:
                word, metadata = message if isinstance(message, tuple) else (message, {})
                say(word, **metadata)
        fake.end()
    return fake, [(value[0], metadata) for value, metadata in fake.on("status")][1:]


# ------------------------------------------------------------------------------ voice and settings


def test_ready_names_the_voices():
    node = spoken(["Hi."], FakeEngine(voices=VOICES))
    _, metadata = node.on("status")[0]
    assert metadata["voices"] == VOICES
    assert metadata["voice"] == "starter-en"


@pytest.mark.parametrize(
    "command",
    ["change_voice:maple", "change_voice: maple ", '{"command": "change_voice", "voice": "maple"}'],
)
def test_the_voice_is_changed_for_texts_that_follow(command):
    engine = FakeEngine(voices=VOICES)
    texts = ["One.", ("Two.", {"voice": "luo xiang"})]
    _, ((state, answer),) = obeyed(command, texts=texts, engine=engine)
    assert (state, answer["voice"]) == ("voice_changed", "maple")
    assert said(engine) == [("One.", "maple", {}), ("Two.", "luo xiang", {})]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("change_voice:nobody", "unknown voice 'nobody'; available: maple"),
        ("change_voice", "must be a voice's name, got ''; available: maple, luo xiang"),
        ("change_voice:../maple", "no path"),
        ('{"command": "change_voice", "voice": 3}', "must be a voice's name, got 3"),
        ("set:speed=9", "less than or equal to 2"),
        ("set:speed", "is not name=value"),
        ("set", "set needs at least one setting"),
        ("set:pitch=2", "unknown setting 'pitch'; available: language, speed"),
        ('{"command": "set", "speed": true}', "speed must be a number, got True"),
        ("set:language=klingon", "unknown language 'klingon'; available: zh, en"),
        ('{"command": "set", "language": "klingon"}', "unknown language 'klingon'"),
        ('{"command": "set", "speed": NaN}', "speed"),
        ('{"command": "set", "settings": 3}', "names and values"),
        ('{"command": "set", "pitch": null}', "unknown setting 'pitch'"),
        ("dance", "unknown command 'dance'; available: cancel"),
    ],
)
def test_what_cannot_be_done_is_answered_and_changes_nothing(command, words):
    engine = FakeEngine(voices=VOICES)
    node, ((state, answer),) = obeyed((command, {"request_id": 5}), engine=engine)
    assert state == "error"
    assert words in answer["error"]
    assert answer["request_id"] == 5
    assert said(engine) == [("Hi.", None, {})]
    assert sum(level == "warn" for level, _, _ in node.logs) == 1


def test_settings_hold_until_they_are_taken_back_and_messages_win():
    engine = FakeEngine(voices=VOICES)
    running = Running(engine)
    with running as node:
        node.control("set:speed=1.5, top_k=7")
        node.text("One.")
        node.text("Two.", speed=0.5)
        node.control('{"command": "set", "settings": {"speed_factor": 1.25, "text_lang": "en"}}')
        node.text("Three.")
        node.control('{"command": "set", "speed": null, "language": null}')
        node.text("Four.")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 4)
        node.end()
    answers = [m for _, m in node.on("status")][1:]
    assert (answers[0]["speed"], answers[0]["top_k"]) == (1.5, 7)
    assert type(answers[0]["speed"]) is float


def test_each_text_takes_the_settings_of_its_time():
    gate = Gate()
    engine = FakeEngine({"One.": (gate, "ok")}, VOICES)
    running = Running(engine)
    with running as node:
        node.control("set:speed=1.5")
        node.text("One.")
        assert gate.reached.wait(10)
        node.control('{"command": "set", "speed": 0.5}')
        node.control('{"command": "set", "language": "en", "session_id": "s"}')
        node.control("change_voice:maple", session_id="s")
        node.control("ping")
        node.wait_for(lambda n: len(n.on("status")) == 6)
        node.text("Two.", session_id="s")
        node.text("Three.", session_id="t")
        gate.go.set()
        node.end()
    assert engine.calls == [
        ("One.", None, None, {"speed": 1.5}),
        ("Two.", "maple", "en", {"speed": 0.5}),
        ("Three.", None, None, {"speed": 0.5}),
    ]


def test_list_voices():
    _, ((state, answer),) = obeyed("list_voices", engine=FakeEngine(voices=VOICES))
    assert (state, answer["voices"]) == ("voices", VOICES)
    _, ((state, answer),) = obeyed("list_voices")
    assert (state, answer["voices"]) == ("voices", [])


# ------------------------------------------------------------------------------------ pause, resume


def test_pause_stops_in_the_middle_of_a_text_and_resume_goes_on():
    gate = Gate()
    engine = FakeEngine({"Long.": ("ok", gate, "ok", "ok")})
    running = Running(engine)
    with running as node:
        node.text("Long.", session_id="a")
        assert gate.reached.wait(10)
        node.control("pause", session_id="a")
        node.wait_for(lambda n: len(n.on("status")) == 2)
        gate.go.set()
        node.text("Other.", session_id="b")
        node.text("Behind.", session_id="a")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        assert node.replies()[0][1]["session_id"] == "b"
        paused = [m["seq"] for _, m in node.on("audio") if m["session_id"] == "a"]
        node.control("resume", session_id="a")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 3)
        node.end()
    assert paused in ([0], [0, 1])  # the fragment that was being made may still leave
    assert [value[0] for value, _ in node.on("status")[1:]] == ["paused", "resumed"]
    assert [m["spoken_text"] for _, m in node.replies()] == ["Other.", "Long.", "Behind."]
    assert [m["seq"] for _, m in node.on("audio") if m["text"] == "Long."] == [0, 1, 2]
    assert len(engine.calls) == 3


def test_pause_for_all_and_cancel_while_paused():
    running = Running()
    with running as node:
        node.control("pause")
        node.text("One.", session_id="a")
        node.text("Two.", session_id="b")
        node.control("cancel", session_id="a")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 1)
        assert node.replies()[0][0] == "cancelled"
        node.control("resume")
        node.wait_for(lambda n: len(n.on("segment_complete")) == 2)
        node.end()
    assert node.replies()[1][0] == "completed"


def test_paused_texts_are_spoken_when_nobody_can_resume_any_more():
    node, _ = obeyed("pause", texts=["One.", "Two."])
    assert [outcome for outcome, _ in node.replies()] == ["completed"] * 2


# ---------------------------------------------------------------------------- parameters, restarts


def parameter(node, name, value):
    node.events.put({"type": "PARAM_UPDATE", "id": name, "value": value})


def test_parameters_are_settings_and_survive_a_restart(tmp_path, monkeypatch):
    monkeypatch.setenv("DORA_NODE_CONFIG", "dataflow_id: flow-1\nnode_id: tts\nrun_config: {}\n")
    engine = FakeEngine(voices=VOICES)
    running = Running(engine, Restarted(), cache=tmp_path)
    with running as node:
        parameter(node, "speed", 1.25)
        parameter(node, "voice", "maple")
        parameter(node, "top_k", 5)
        parameter(node, "temperature", "hot")
        parameter(node, "nonsense", 1)
        node.events.put({"type": "PARAM_DELETED", "id": "top_k"})
        node.text("Hi.")
        node.end()
    expected = [("Hi.", "maple", {"speed": 1.25})]
    assert said(engine) == expected
    states = [value[0] for value, _ in node.on("status")]
    assert states == ["ready", "set", "set", "set", "error", "error", "set"]
    for restarted, calls in [(True, expected), (False, [("Hi.", None, {})])]:
        node, engine = Restarted(), FakeEngine(voices=VOICES)
        node.restarted = restarted
        spoken(["Hi."], engine, node, cache=tmp_path)
        assert said(engine) == calls


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"speed": 9}', '{"voice": "gone"}', '{"x": 1}', "9" * 100_000]
)
def test_a_state_that_is_wrong_is_logged_and_left(tmp_path, content):
    file = tmp_path / "state.json"
    file.write_text(content)
    node, engine = Restarted(), FakeEngine(voices=VOICES)
    node.restarted = True
    spoken(["Hi."], engine, node, state=file)
    assert said(engine) == [("Hi.", None, {})]
    assert sum("not restored" in message for _, message, _ in node.logs) == 1


def test_a_state_that_cannot_be_kept_is_logged(tmp_path):
    (tmp_path / "file").write_text("")
    node, ((state, _),) = obeyed("set:speed=1.5", state=tmp_path / "file" / "state.json")
    assert state == "set"
    assert any("cannot be saved" in message for _, message, _ in node.logs)


def test_what_holds_for_one_session_is_not_kept(tmp_path):
    file = tmp_path / "state.json"
    live_settings = LiveSettings(Settings(), file=file)
    live_settings.set({"speed": "1.5"})
    live_settings.set({"speed": 0.5}, "s")
    assert json.loads(file.read_text()) == {"speed": 1.5}
    again = LiveSettings(Settings(), file=file)
    again.restore()
    assert again.options("s").settings == {"speed": 1.5}
    assert live_settings.options("s").settings == {"speed": 0.5}


def test_settings_change_together_or_not_at_all():
    def check(name):
        raise VoiceError(name)

    live_settings = LiveSettings(Settings(), check)
    for values in [{"speed": 1.5, "top_k": "many"}, {"speed": 1.5, "voice": "x"}]:
        with pytest.raises((SettingError, VoiceError)):
            live_settings.set(values)
    assert live_settings.options("").settings == {}


def test_where_the_state_is_kept(tmp_path):
    settings = Settings(cache=tmp_path)
    assert state_file(settings, "a/../b", "n s").name == "a____b-n_s.json"
    assert state_file(settings, "a", "n").parent == tmp_path / "state"
    assert state_file(settings, "", "n") is None
    assert state_file(Settings(state=tmp_path / "x"), "", "") == tmp_path / "x"


# ------------------------------------------------------------------------------------- text forms


def test_forms_of_primespeech_are_refused_unless_switched_on():
    node = spoken(["VOICE:maple|Hi.", '{"prompt": "Hi."}', "VOICE: is a word."])
    assert [o for o, _ in node.replies()] == ["error", "error", "completed"]
    assert all("TEXT_COMMANDS" in m["error"] for _, m in node.replies()[:2])


def test_forms_of_primespeech():
    engine = FakeEngine(voices=VOICES)
    texts = [
        "VOICE:maple|One|two.",
        '{"prompt": "Three.", "voice": "maple", "speed": 1.5, "language": "en"}',
        ('{"text": "Four."}', {"voice": "maple"}),
        "42",
    ]
    spoken(texts, engine, text_commands=True)
    assert engine.calls == [
        ("One|two.", "maple", None, {}),
        ("Three.", "maple", "en", {"speed": 1.5}),
        ("Four.", "maple", None, {}),
        ("42", None, None, {}),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("VOICE:TRAINED|a.ckpt|b.pth|r.wav|t|en|Hi.", "dora-mlx-tts convert"),
        ("VOICE:CUSTOM|r.wav|Hi.", "VOICE:CUSTOM|recording"),
        ("VOICE:CUSTOM|/etc/passwd|t|en|Hi.", "does not support per-message reference audio"),
        ("VOICE:../x|Hi.", "no path"),
        ('{"prompt": 3}', 'under "prompt"'),
        ('["a"]', "got a list"),
        ('{"prompt": "Hi.", "speed": "fast"}', "finite number, got 'fast'"),
        ('{"command": "cancel"}', 'under "prompt"'),
    ],
)
def test_forms_that_are_wrong_are_answered(text, words):
    node = spoken([text], text_commands=True)
    ((outcome, reply),) = node.replies()
    assert outcome == "error"
    assert words in reply["error"]


def test_flags_and_words_may_be_json_booleans():
    engine = FakeEngine(voices=VOICES)
    command = '{"command": "set", "join_short": false, "content_check": false, "loudness": false}'
    _, ((state, answer),) = obeyed(command, engine=engine)
    assert state == "set"
    assert (answer["join_short"], answer["content_check"]) == (False, "off")
    ((_, _, settings),) = said(engine)
    assert settings == {"join_short": False, "content_check": "off", "loudness": None}
