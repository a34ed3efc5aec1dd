"""Where clauses end in the mode `clause`: beside brackets, addresses and faces, streamed and whole."""

from __future__ import annotations

from typing import Any

import pytest

from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner


def clauses(text: str, size: int, **options: Any) -> list[str]:
    scanner = SentenceScanner(ScannerOptions(**options))
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    found = [sentence for chunk in chunks for sentence in scanner.feed(chunk)]
    return [sentence.text for sentence in [*found, *scanner.flush()]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # no clause ends inside brackets of any kind
        ("他点头（很慢，很轻）答应了，笑了。", ["他点头（很慢，很轻）答应了，", "笑了。"]),
        (
            "She left (tired, cold, late) and slept, at last.",
            ["She left (tired, cold, late) and slept,", "at last."],
        ),
        ("读《风，雨，雪》吧，好书。", ["读《风，雨，雪》吧，", "好书。"]),
        ("外（中（里，内）边，旁）侧，完了。", ["外（中（里，内）边，旁）侧，", "完了。"]),
        ("run f(a, b), then g(c, d), ok.", ["run f(a, b),", "then g(c, d),", "ok."]),
        # a mark before a bracket, or behind one, ends its clause
        ("我到家了，（有点堵，晚了）先吃饭。", ["我到家了，", "（有点堵，晚了）先吃饭。"]),
        ("步骤：(1)洗净，(2)切片。", ["步骤：", "(1)洗净，", "(2)切片。"]),
        ("We met, (by chance, twice) and ate.", ["We met,", "(by chance, twice) and ate."]),
        ("（先说好，）你请客，我去。", ["（先说好，）", "你请客，", "我去。"]),
        ("单价（三元，含税），划算，买吧。", ["单价（三元，含税），", "划算，", "买吧。"]),
        # marks of numbers and addresses end nothing
        ("要3,500元（税后，约数），行。", ["要3,500元（税后，约数），", "行。"]),
        ("See https://a.org/x,y, then go.", ["See https://a.org/x,y,", "then go."]),
        ("看https://a.org/b，很好。", ["看https://a.org/b，", "很好。"]),
        # a closing bracket without its opening one changes nothing
        ("1）先洗，2）再切，好。", ["1）先洗，", "2）再切，", "好。"]),
    ],
)
def test_clauses_and_brackets(text: str, expected: list[str]) -> None:
    for size in (len(text), 1, 3):
        assert clauses(text, size, mode="clause") == expected


def test_the_first_clause_ends_before_a_bracket() -> None:
    text = "好的，（稍等，马上）查到了，晴天。"
    for size in (len(text), 1):
        assert clauses(text, size, first_clause=True) == ["好的，", "（稍等，马上）查到了，晴天。"]


def test_an_open_bracket_holds_clauses_up_for_a_while_only() -> None:
    text = "他说（" + "很长，" * 90 + "完。"
    for size in (len(text), 1):
        found = clauses(text, size, mode="clause")
        assert len(found[0]) <= 210
        assert found[1:-1] == ["很长，"] * (len(found) - 2)
        assert "".join(found) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("下雨了:(，不出门。明天再说。", ["下雨了:(，不出门。", "明天再说。"]),
        ("No seats :( Try later. Sorry.", ["No seats :( Try later.", "Sorry."]),
        ("输了:-(。再来。", ["输了:-(。", "再来。"]),
        ("注：(见下表。)完。", ["注：(见下表。)完。"]),
    ],
)
def test_a_sad_face_opens_no_bracket(text: str, expected: list[str]) -> None:
    for size in (len(text), 1):
        assert clauses(text, size) == expected
