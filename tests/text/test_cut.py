from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_corpus import corpus

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.text.sentences.pieces import split
from dora_mlx_tts.text.sentences.reference_cut import LONGEST, METHODS, cut, cut_lines
from dora_mlx_tts.text.sentences.split import split_in_two
from dora_mlx_tts.text.spoken import SpokenSentence

REFERENCE_METHODS = [method for method in METHODS if method != "split"]


@pytest.mark.parametrize("method", REFERENCE_METHODS)
def test_lines_are_the_references(method: str) -> None:
    for entry in corpus("cutting"):
        assert cut_lines(entry["text"], method) == entry["cut"][method], entry["id"]


@pytest.mark.parametrize("method", REFERENCE_METHODS)
def test_pieces_are_the_references(method: str) -> None:
    for entry in corpus("cutting"):
        expected = entry["pre_seg"][method]
        pieces = cut(entry["text"], method, entry["lang"])
        if isinstance(expected, dict):  # the reference raises: nothing to speak
            assert pieces == [], entry["id"]
        elif "upstream_bug" not in entry:
            assert pieces == expected, entry["id"]


@pytest.mark.parametrize(
    ("method", "text", "expected"),
    [
        ("cut0", "你好，世界。", ["。你好，世界。"]),
        ("cut1", "一，二，三，四，五，六，", ["。一，二，三，四，五，六，"]),
        ("cut2", "短。" * 30, ["。" + "短。" * 30]),
        ("cut3", "第一个句子。第二个句子", ["第一个句子。", "第二个句子。"]),
        ("cut4", "Pi is 3.14. That is all.", ["Pi is 3.14. That is all。"]),
        ("cut5", "圆周率是3.14，对吗？是的。", ["圆周率是3.14，", "对吗？是的。"]),
        ("cut5", "等等!!!好的.", ["等等!好的."]),
    ],
)
def test_methods(method: str, text: str, expected: list[str]) -> None:
    assert cut(text, method) == expected


def test_leading_stop_of_english() -> None:
    assert cut("Hi, you.", "cut0", "en") == [".Hi, you."]


def test_overlong_text_without_marks_is_divided() -> None:
    pieces = cut("字" * 1200, "cut0")
    assert "".join(pieces) == "字" * 1200 + "。"
    assert all(0 < len(piece) <= LONGEST for piece in pieces)


def test_unknown_method_names_the_allowed() -> None:
    with pytest.raises(SettingError, match="cut0, cut1, cut2, cut3, cut4, cut5, split"):
        cut("文", "cut6")
    with pytest.raises(SettingError, match="cut6"):
        cut("", "cut6")


@pytest.mark.parametrize("text", ["", "  ", "\n\n", "……", "，，，", "...", "😀😀", "。\n。"])
@pytest.mark.parametrize("method", METHODS)
def test_nothing_to_speak_gives_nothing(text: str, method: str) -> None:
    assert cut(text, method) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("访问https://example.com/a.b?c=d，了解更多。", None),
        ("Mr. Smith paid $3.50 for coffee.", None),
        ("U.S.A. is a country.", None),
        ("他说：“我们走吧！”", None),
        ("价格是1,234.5元，时间是8:30。", None),
        ("第一行\n第二行字", ["第一行。", "第二行字。"]),
        ("好。是的。我马上就来帮你。", ["好。是的。我马上就来帮你。"]),
        ("One. Two. Three. Four. Five. Six.", ["One. Two. Three. Four. Five. Six."]),
        ("안녕하세요. 네.", ["안녕하세요. 네."]),
        ("他说：“走吧。快点。”然后他们都走了。", ["他说：“走吧。快点。”", "然后他们都走了。"]),
        ("OK", ["OK."]),
    ],
)
def test_split(text: str, expected: list[str] | None) -> None:
    assert split(text) == ([text] if expected is None else expected)


def test_split_balances_long_sentences() -> None:
    clause = "这是一个用来测试的句子，"
    pieces = split(clause * 9 + "结束了。")
    assert "".join(pieces) == clause * 9 + "结束了。"
    sizes = [len(piece) for piece in pieces]
    assert max(sizes) <= 60
    assert min(sizes) >= 30


def test_split_divides_an_unmarked_run_between_words() -> None:
    pieces = split("没有标点的超长文本" * 20)
    assert len(pieces) > 2
    assert all(piece.endswith("，") for piece in pieces[:-1])
    words = {piece[0] for piece in pieces}
    assert words <= {"没", "标", "的", "超", "文", "任"}  # the beginnings of its words


def test_split_keeps_numbers_whole() -> None:
    assert any(
        "12345678901234567890" in piece
        for piece in split("字" * 95 + "12345678901234567890" + "字" * 95)
    )


_TEXT = st.text(alphabet='字汉。，！？.,!? \n”“"（)3aB…—~:;、的-', max_size=120)


@settings(deadline=None)
@given(_TEXT, st.sampled_from(METHODS))
def test_pieces_always_speak(text: str, method: str) -> None:
    for piece in cut(text, method):
        assert any(char.isalnum() for char in piece)
        assert len(piece) <= LONGEST


@settings(deadline=None)
@given(st.text(), st.sampled_from(METHODS))
def test_any_text_can_be_cut(text: str, method: str) -> None:
    cut(text, method)


@settings(deadline=None)
@given(_TEXT)
def test_split_loses_nothing(text: str) -> None:
    spoken = [char for char in text if char.isalnum()]
    assert [char for piece in split(text) for char in piece if char.isalnum()] == spoken


@pytest.mark.parametrize(
    ("piece", "parts"),
    [
        ("We waited; the train was late, again.", ["We waited.", "the train was late, again."]),
        ("价格是3,500元，我们认识很久了；再见。", ["价格是3,500元。", "我们认识很久了；再见。"]),
        ("It costs 3,500 dollars.", ["It costs 3,500 dollars."]),
        ("And then,", ["And then."]),
        ("真的吗？", ["真的吗？"]),
    ],
)
def test_halves_end_with_stops(piece: str, parts: list[str]) -> None:
    assert [part.text for part in split_in_two(SpokenSentence(piece))] == parts


def test_short_parts_end_with_stops() -> None:
    first = "We waited for a very long time at the old station"
    second = "the train was late again, and so the children slept on a wooden chair."
    assert split(f"{first}; {second}") == [f"{first}; {second}"]
    assert split(f"{first}; {second}", short_parts=True) == [f"{first}.", second]
    assert split("妈妈做的饭，", short_parts=True) == ["妈妈做的饭。"]
    assert split("We waited, then left.", short_parts=True) == ["We waited, then left."]


UNMARKED = [
    "我们上个周末开车去了郊外的一座小山那里有一片很大的湖水面上飞着许多白色的鸟孩子们坐在岸边画画大人们在树下喝茶聊天一直到太阳落山",
    "夜色很深 我走过那条旧街 灯还亮着 你却不在窗前 风吹来远处的歌 像从前一样 我把信放在门口 然后慢慢走远 雪落在肩上",
    "这个功能目前还没有完全做好所以如果你在使用的时候遇到问题请把日志发给我们这样开发的同事就可以尽快找到原因并且修复它",
]


@pytest.mark.parametrize("text", UNMARKED)
def test_text_without_marks_is_divided_before_it_is_too_long(text: str) -> None:
    for short_parts, longest in ((True, 36), (False, 60)):
        pieces = split(text, short_parts=short_parts)
        assert all(sum(map(str.isalnum, piece)) <= longest for piece in pieces)
        spoken = "".join(char for piece in pieces for char in piece if char.isalnum())
        assert spoken == text.replace(" ", "")
    if " " in text:  # blanks part the lines of a song
        ends = [piece.rstrip("。") for piece in split(text, short_parts=True)]
        assert all(any(end.endswith(line) for line in text.split()) for end in ends)
    else:
        assert not any(piece[0] in "的了着过们" for piece in split(text, short_parts=True))


def test_english_without_marks_is_divided_between_words_that_do_not_lean() -> None:
    text = "she said that the garden behind the old mill was full of wild roses and " * 6 + "ferns"
    pieces = split(text, short_parts=True)
    assert " ".join(piece.rstrip(".") for piece in pieces) == text
    assert all(len(piece.split()) < 30 for piece in pieces)
    assert not any(
        piece.rstrip(".").split()[-1] in {"the", "of", "and", "that"} for piece in pieces
    )


def test_a_long_piece_without_marks_has_halves() -> None:
    halves = split_in_two(SpokenSentence("我们上个周末开车去了郊外的一座小山那里有一片湖。"))
    assert [part.text[-1] for part in halves] == ["。", "。"]
