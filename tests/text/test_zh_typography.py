"""Chinese with blanks and marks of an English keyboard is read like Chinese with its own."""

from __future__ import annotations

import re

import pytest

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.sentences.pieces import whole_text
from dora_mlx_tts.text.zh.normalize.typography import as_chinese_writes
from tests.text.test_zh_assistant import utterances

FRONT_END = FrontEnd()
_HAN = "[\u4e00-\u9fff]"
_UNSPOKEN = re.compile(r"[^0-9a-z\u4e00-\u9fff]")
_NARROW = str.maketrans("，。：；（）！？", ",.:;()!?")
_PLAIN = utterances("more_zh")[::12]


def _spoken(text: str) -> str:
    return _UNSPOKEN.sub("", FRONT_END.phonemize(text, "zh").norm_text.lower())


def _with_blanks(text: str) -> str:
    return re.sub(rf"({_HAN})(?=[0-9A-Za-z$¥])|([0-9A-Za-z%℃])(?={_HAN})", r"\g<0> ", text)


@pytest.mark.parametrize("text", [text for text, _ in _PLAIN])
def test_blanks_between_chinese_and_figures_change_nothing(text: str) -> None:
    assert _spoken(_with_blanks(text)) == _spoken(text)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("时间:8:30,地点:3号楼2单元501.", "时间八点半地点三号楼二单元五零幺"),
        ("他1米83,85kg,体脂率15%.", "他一米八三八十五千克体脂率百分之十五"),
        (
            "比分更新:第3节还剩2分14秒,北京78-71领先.",
            "比分更新第三节还剩两分十四秒北京七十八比七十一领先",
        ),
        ("车位比1:1.2,容积率2.5.", "车位比一比一点二容积率二点五"),
        ("取票码4827 5193.", "取票码四八二七五幺九三"),
        ("12:18化简为2:3.", "十二比十八化简为二比三"),
        ("每周二、四 19:30-21:00 上课", "每周二四十九点半至二十一点上课"),
        ("价格为1,299元,共3,000人", "价格为一千二百九十九元共三千人"),
        (
            "CPI 同比上涨 0.3%，PPI 下降 2.9%，PMI 为 50.1。",
            "cpi同比上涨百分之零点三ppi下降百分之二点九pmi为五十点一",
        ),
    ],
)
def test_marks_and_blanks_of_an_english_keyboard(text: str, reading: str) -> None:
    for code in ("zh", "auto"):
        said = FRONT_END.phonemize(text, code).norm_text.lower()
        assert _UNSPOKEN.sub("", said) == reading


@pytest.mark.parametrize(
    "text",
    [
        "The word 你好 means hello, doesn't it?",
        "I bought 苹果 3 times, 4 in all.",
        "会議は 3 時からです,遅れないで.",
        "f(x,y)=1,234.5",
    ],
)
def test_other_languages_stay(text: str) -> None:
    assert as_chinese_writes(AlignedText.of(text)).text == text


def test_narrow_marks_change_nothing_beside_words() -> None:
    """Formulas without Chinese beside them are English between narrow marks, 5,144 is an amount."""
    plain = [text for text, _ in _PLAIN if not re.search("[A-Za-z√²³°]|[0-9]，[0-9]", text)]
    differing = [text for text in plain if _spoken(text.translate(_NARROW)) != _spoken(text)]
    assert not differing


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("A. 北京 B. 上海 C. 9", ["A. 北京 ", "B. 上海 ", "C. 9"]),
        ("哪个是质数？A. 9 B. 11", ["哪个是质数？", "A. 9 ", "B. 11"]),
        ("阿莫西林0.5g*24粒，50元*3，按*返回。", ["阿莫西林0.5g*24粒，50元*3，按*返回。"]),
        ("**共3盒*，每盒10片", ["共3盒，每盒10片"]),
        ("【12306】您已购票。很好【4†source】。", ["【12306】您已购票。", "很好。"]),
        ("约为 $3.8$ 倍，涨了 $3.8。", ["约为 3.8 倍，涨了 $3.8。"]),
    ],
)
def test_options_stars_and_marks_before_normalization(text: str, sentences: list[str]) -> None:
    parts = whole_text(text, "text", filters=True).sentences
    assert [part.text.strip() for part in parts] == [sentence.strip() for sentence in sentences]
