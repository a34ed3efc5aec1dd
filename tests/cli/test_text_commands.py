from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dora_mlx_tts.cli.cut import cut
from dora_mlx_tts.cli.phonemes import phonemes
from dora_mlx_tts.cli.sentences import sentences
from dora_mlx_tts.errors import LanguageError, TextError

COMMANDS = {"cut": cut, "phonemes": phonemes, "sentences": sentences}


def run(command: str, *arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(COMMANDS[command], list(arguments), input=stdin)


def lines(command: str, *documents: Any, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    stdin = b"\n".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() for line in documents
    )
    result = run(command, "-", "--jsonl", *options, stdin=stdin)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout_bytes.splitlines()]


def test_phonemes_of_one_text() -> None:
    result = run("phonemes", "用OK，好", "--language", "zh", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout_bytes)
    assert set(document) == {"norm_text", "phones", "word2ph", "spans"}
    assert document["spans"] == [["zh", "用"], ["en", "OK，"], ["zh", "好"]]
    assert document["phones"][:2] == ["y", "ong4"]
    assert document["word2ph"] is None


def test_phonemes_word2ph_of_chinese() -> None:
    (document,) = lines("phonemes", {"text": "今天你好。", "language": "zh"})
    assert document["word2ph"] == [2, 2, 2, 2, 1]
    assert document["norm_text"] == "今天你好."
    assert len(document["phones"]) == 9


def test_phonemes_lines_go_on_after_errors() -> None:
    found = lines(
        "phonemes",
        {"text": "你好", "language": "tlh"},
        b"no json",
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
        [1],
        {"language": "zh"},
        {"text": 5, "language": "zh"},
        {"text": "你好", "language": "yue", "version": "v1"},
        {"text": "你好", "language": "zh", "version": "v8"},
        {"text": "a\ud800b", "language": "en"},
        {"text": "", "language": "zh"},
        {"text": "Hello there", "language": "en", "version": "v1"},
    )
    assert len(found) == 12
    assert all(set(document) == {"error"} for document in found[:9])
    assert "all_zh" in found[0]["error"]
    assert "'text'" in found[5]["error"]
    assert found[10]["phones"] == ["."]
    assert found[11]["spans"] == [["en", "Hello there"]]


def test_phonemes_options_are_the_lines_defaults() -> None:
    (document,) = lines("phonemes", {"text": "12"}, options=("--language", "en"))
    assert document["spans"] == [["en", "12"]]


def test_phonemes_errors() -> None:
    assert isinstance(run("phonemes", "x", "-l", "tlh").exception, LanguageError)
    assert run("phonemes", "x", "--jsonl").exit_code == 2
    assert run("phonemes").exit_code == 2
    assert run("phonemes", "x", "--version", "v5").exit_code == 2
    assert isinstance(run("phonemes", "-", stdin=b"\xff").exception, TextError)


def test_phonemes_for_people() -> None:
    result = run("phonemes", "-", "-l", "en", stdin=b"one two three")
    assert result.output.splitlines()[0] == "en: one two three"


def test_sentences() -> None:
    found = lines(
        "sentences",
        {"chunks": ["3.", "14。你", "好"], "options": {}},
        {"chunks": ["好。是的。我来了。"], "options": {"min_chars": 5}},
        {"chunks": []},
        {"chunks": "abc"},
        {"chunks": [1]},
        {"chunks": ["a"], "options": {"nonsense": 1}},
        {"chunks": ["好\ud83d。"]},
    )
    assert found[0] == {"sentences": ["3.14。", "你好"]}
    assert found[1] == {"sentences": ["好。是的。", "我来了。"]}
    assert found[2] == {"sentences": []}
    assert [set(document) for document in found[3:6]] == [{"error"}] * 3
    assert "min_chars" in found[5]["error"]
    assert found[6] == {"sentences": ["好。"]}


def test_sentences_of_one_text() -> None:
    result = run("sentences", "好，走吧。", "--mode", "clause", "--json")
    assert json.loads(result.stdout_bytes) == {"sentences": ["好，", "走吧。"]}
    assert run("sentences", "一。二。").output == "一。\n二。\n"
    assert run("sentences", "一", "--min-chars", "-1").exit_code == 2


def test_cut_of_one_text() -> None:
    result = run("cut", "你好，世界。今天天气不错。", "--method", "cut5", "--json")
    assert json.loads(result.stdout_bytes) == {"pieces": ["你好，世界。", "今天天气不错。"]}
    raw = run("cut", "你好，世界。", "--method", "cut5", "--raw", "--json")
    assert json.loads(raw.stdout_bytes) == {"pieces": ["你好，", "世界。"]}
    assert run("cut", "今天没有问题。我们走吧走吧。").output == "今天没有问题。\n我们走吧走吧。\n"
    assert run("cut", "x", "--method", "cut9").exit_code == 2


def test_cut_lines() -> None:
    found = lines(
        "cut",
        {"text": "Hi.", "language": "en", "method": "cut0"},
        {"text": "……", "method": "cut5"},
        {"text": "你好，世界。", "method": "cut5", "raw": True},
        {"text": "x", "method": "cut9"},
        {"text": "x", "raw": 1},
    )
    assert found[0] == {"pieces": [".Hi."]}
    assert found[1] == {"pieces": []}
    assert found[2] == {"pieces": ["你好，", "世界。"]}
    assert "cut5" in found[3]["error"]
    assert "'raw'" in found[4]["error"]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_lines_no_answers(command: str) -> None:
    assert lines(command) == []
