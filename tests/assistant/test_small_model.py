"""How the small model is asked, and that its file is the one we mean. The model itself: marked `browser`."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("openai")

import small_model


def test_a_dialogue_is_in_the_language_of_the_last_message():
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What\nis  it?"},
        {"role": "assistant", "content": "It is … (the user interrupted here)"},
        {"role": "user", "content": "Go on."},
    ]
    english = small_model.dialogue(messages)
    assert english.endswith("\n\nUser: What is it?\nAssistant: It is\n\nUser: Go on.\nAssistant:")
    chinese = small_model.dialogue([*messages[:-1], {"role": "user", "content": "继续说。"}])
    assert chinese.endswith("\n\n用户：What is it?\n助手：It is\n\n用户：继续说。\n助手：")
    assert "Assistant" not in chinese


def test_a_long_conversation_fits():
    messages = [{"role": "user", "content": str(number)} for number in range(100)]
    assert small_model.dialogue(messages).count("User: ") == 3 + small_model.SEEN


def test_another_file_is_refused_and_not_kept(tmp_path, monkeypatch):
    (tmp_path / "part").write_bytes(b"GGUF")
    part = SimpleNamespace(chunk_path=lambda: tmp_path / "part")
    for name in small_model.PARTS:
        monkeypatch.setitem(sys.modules, name, part)
    for _ in range(2):
        with pytest.raises(ValueError, match="SHA-256"):
            small_model.weights(tmp_path / "model")
    assert list((tmp_path / "model").iterdir()) == []


@pytest.mark.browser
def test_the_model_answers_in_both_languages(tmp_path):
    pytest.importorskip("xllamacpp")
    with small_model.loaded(tmp_path) as model:
        for question, letters in (
            ("What is your name?", str.isascii),
            ("你叫什么名字？", lambda one: one >= "\u4e00"),
        ):
            answer = "".join(model.write([{"role": "user", "content": question}]))
            assert sum(map(letters, answer)) >= 2  # "我叫李。" is one
            assert "\n" not in answer
