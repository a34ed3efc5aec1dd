from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_corpus import corpus

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, Sentence, SentenceScanner


def scan(chunks: list[str], **options: Any) -> list[Sentence]:
    scanner = SentenceScanner(ScannerOptions.from_dict(options))
    found = [sentence for chunk in chunks for sentence in scanner.feed(chunk)]
    return [*found, *scanner.flush()]


def texts(text: str, **options: Any) -> list[str]:
    whole = scan([text], **options)
    assert scan(list(text), **options) == whole
    return [sentence.text for sentence in whole]


def test_corpus_however_chunked() -> None:
    for entry in corpus("streaming_sentences"):
        text = "".join(entry["chunks"])
        for chunks in (entry["chunks"], [text], list(text)):
            found = scan(chunks, **entry["options"])
            assert [s.text for s in found] == entry["expected"], entry["id"]


def test_corpus_sentences_leave_in_time() -> None:
    for entry in corpus("streaming_sentences"):
        scanner = SentenceScanner(ScannerOptions.from_dict(entry["options"]))
        when = [i for i, chunk in enumerate(entry["chunks"]) for _ in scanner.feed(chunk)]
        for i, latest in enumerate(entry["latest_chunk"] or ()):
            if latest != "flush":
                assert i < len(when), entry["id"]
                assert when[i] <= latest, entry["id"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pay Dr. No. 5 now. Go.", ["Pay Dr. No. 5 now.", "Go."]),
        ("No. I will not.", ["No.", "I will not."]),
        ("At 5 p.m. Monday we met. Yes.", ["At 5 p.m. Monday we met.", "Yes."]),
        ("The U.S. Army left. OK.", ["The U.S. Army left.", "OK."]),
        ("He moved to the U.S. He works.", ["He moved to the U.S.", "He works."]),
        ("Take plan B. Then go.", ["Take plan B.", "Then go."]),
        ("See a.py, 1.2.3 and e.g. this.", ["See a.py, 1.2.3 and e.g. this."]),
        ("On Jan. 5 we met.", ["On Jan. 5 we met."]),
        ("好！”，他说。", ["好！”，他说。"]),
        ("1.打开门。2.进去。", ["1.打开门。", "2.进去。"]),
        ("今年是2024.明年呢", ["今年是2024.", "明年呢"]),
        ("“等等……”他说。", ["“等等……”他说。"]),
        ("说（很长！真的。）完了。", ["说（很长！真的。）完了。"]),
        ('He said "No. Never." Then left.', ['He said "No.', 'Never."', "Then left."]),
        ("「はい。」って言った。", ["「はい。」って言った。"]),
        ("看 http://a.b/c?d=1&e! 好。", ["看 http://a.b/c?d=1&e!", "好。"]),
        ("Really?Yes!No", ["Really?", "Yes!", "No"]),
        ("a，b：c；d", ["a，b：c；d"]),
        ("J.R.R. Marlow wrote it. OK.", ["J.R.R. Marlow wrote it.", "OK."]),
        ("It was the U.S.S.R. It fell.", ["It was the U.S.S.R.", "It fell."]),
        ("（他来了。走吧！）我也走。", ["（他来了。走吧！）", "我也走。"]),
        ("见www.a.cn/b?c=1. Then go.", ["见www.a.cn/b?c=1.", "Then go."]),
        ('他说"好。"然后走了。', ['他说"好。"', "然后走了。"]),
        ("Is it 5 p.m.? Yes.", ["Is it 5 p.m.?", "Yes."]),
        ("零\u200b宽\ufeff。\x07好", ["零宽。", "好"]),
        ("line one\r\nline two", ["line one", "line two"]),
        ("。”】", []),
    ],
)
def test_boundaries(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**注意**：*这里*和__那里__。", ["注意：这里和那里。"]),
        ("## 标题\n- 一项\n  * 二项\n> 引用\n1. 三项", ["标题", "一项", "二项", "引用", "1. 三项"]),
        ("- [ ] 买菜\n- [x] 做饭", ["买菜", "做饭"]),
        ("| 名 | 价 |\n|---|:-:|\n| 茶 | 3 |", ["名 价", "茶 3"]),
        ("看[这*里*](http://a.b/(c))和![图](x.png)。", ["看这里和。"]),
        ("[![徽章](a.png)](http://x) 说明。", ["说明。"]),
        ("引用[^1]在此[1]。\n[id]: http://x", ["引用在此。", "[id]: http://x"]),
        ("```\na. B\n```\n好。~~~\nb\n~~~", ["好。", "b"]),
        ("行内 ```x. Y``` 完。", ["行内 完。"]),
        ("`a*b` 和 2*3*4，snake_case。", ["a*b 和 2*3*4，snake_case。"]),
        ("用`print('a. B!')`吧。好`没关。完", ["用print('a. B!')吧。", "好没关。完"]),
        ("`" + "很长的一句话。" * 10, ["很长的一句话。" * 9, "很长的一句话。"]),
        (r"\*不是强调\*，\[x\]。", ["*不是强调*，[x]。"]),
        ("~~删~~掉，3~5个~", ["删掉，3~5个~"]),
        ("<b>粗</b><br/>行<!-- 注。释 --> x<y, a<3。", ["粗", "行 x<y, a<3。"]),
        ('<a href="u?v. W">链接</a>。', ["链接。"]),
        ("<https://a.b/c>，<x@y.z>。", ["https://a.b/c，x@y.z。"]),
        ("<THINK>想。</think>好。<tool_call/>完。", ["好。", "完。"]),
        ("好。<thi", ["好。"]),
        ("坏[链接", ["坏[链接"]),
        ("🇨🇳好1️⃣👍🏽！", ["好1！"]),
        ("-5度，+1。", ["-5度，+1。"]),
    ],
)
def test_markup(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_markup_can_be_kept() -> None:
    assert texts("**a** <b>。好", markup=False) == ["**a** <b>。", "好"]


def test_modes() -> None:
    text = "好的，走吧。1,234元，对。\n完"
    assert texts(text, mode="clause") == ["好的，", "走吧。", "1,234元，", "对。", "完"]
    assert texts(text, mode="none") == ["好的，走吧。1,234元，对。 完"]


def test_min_chars_joins() -> None:
    assert texts("Hi. Yes. I am here.", min_chars=6) == ["Hi. Yes.", "I am here."]
    assert texts("好\n是\n对", min_chars=9) == ["好 是 对"]


def test_max_chars_cuts_at_the_next_mark_where_none_is_within() -> None:
    assert texts("一二三四五六七，八九。", max_chars=4) == ["一二三四五六七，", "八九。"]


def test_first_clause_only_the_first() -> None:
    assert texts("好，一，二。三，四。", first_clause=True) == ["好，", "一，二。", "三，四。"]
    assert texts("好，一二，三。", first_clause=True, min_chars=4) == ["好，一二，", "三。"]


def test_source_spans() -> None:
    text = "  **你好**。 再\n见😀！"
    found = scan([text])
    assert [(s.text, text[s.start : s.end]) for s in found] == [
        ("你好。", "你好**。"),
        ("再", "再"),
        ("见！", "见😀！"),
    ]


def test_flush_then_feed_goes_on() -> None:
    scanner = SentenceScanner()
    assert scanner.feed("你好") == []
    assert [s.text for s in scanner.flush()] == ["你好"]
    assert scanner.flush() == []
    scanner.feed("<think>没完")
    assert scanner.flush() == []
    found = [*scanner.feed("还在想。</think>再见。"), *scanner.flush()]
    assert [(s.text, s.start) for s in found] == [("再见。", 23)]
    scanner.reset()
    assert [s.start for s in [*scanner.feed("好。"), *scanner.flush()]] == [0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min": 3}, "min_chars, max_chars"),
        ({"mode": "word"}, "sentence, words, clause, none"),
        ({"mode": ["clause"]}, "sentence, words, clause, none"),
        ({"min_chars": -1}, "min_chars"),
        ({"max_chars": "9"}, "max_chars"),
        ({"min_chars": True}, "min_chars"),
        ({"first_clause": 1}, "first_clause"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        ScannerOptions.from_dict(options)


_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["sentence", "clause", "none"]),
        "min_chars": st.integers(0, 12),
        "max_chars": st.integers(0, 20),
        "first_clause": st.booleans(),
        "markup": st.booleans(),
    },
)
_PIECES = st.sampled_from(
    [
        *"。！？.!?，,:；“”\"'（）()[]<>/*_`~#-|\\ \n😀字a1A",
        "Dr.",
        "p.m. ",
        "U.S. ",
        "<think>",
        "</think>",
        "```",
        "http://a.b/c?",
        "...",
        "……",
        "![",
        "](",
        "<b>",
        "- ",
        "1. ",
        "He ",
    ]
)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join), st.lists(st.integers(0, 80)), _OPTIONS)
def test_chunking_never_changes_the_sentences(
    text: str, cuts: list[int], options: dict[str, Any]
) -> None:
    borders = [0, *sorted(cuts), len(text)]
    chunks = [text[a:b] for a, b in itertools.pairwise(borders)]
    whole = scan([text], **options)
    assert scan(chunks, **options) == whole
    assert scan(list(text), **options) == whole


@settings(deadline=None)
@given(st.text(), _OPTIONS)
def test_any_text(text: str, options: dict[str, Any]) -> None:
    found = scan(list(text), **options)
    assert found == scan([text], **options)
    for sentence in found:
        assert any(char.isalnum() for char in sentence.text)
        assert 0 <= sentence.start < sentence.end <= len(text)
    assert [s.start for s in found] == sorted(s.start for s in found)


@settings(deadline=None)
@given(st.text(alphabet="字a1。！？.!? \n，“”（）", max_size=80))
def test_no_letter_is_lost(text: str) -> None:
    spoken = "".join(sentence.text for sentence in scan([text]))
    assert [c for c in spoken if c.isalnum()] == [c for c in text if c.isalnum()]
