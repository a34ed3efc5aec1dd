from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.errors import SettingError, TextError
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.sentences.pieces import parts_of, split, undivided_text, whole_text
from dora_mlx_tts.text.sentences.scanner import ScannerOptions, Sentence, SentenceScanner
from dora_mlx_tts.text.sentences.split import fitted
from dora_mlx_tts.text.spoken import Reading, SpokenSentence

FRONT_END = FrontEnd()


def scan(chunks: list[str], speech: str = "text", **options: object) -> list[Sentence]:
    scanner = SentenceScanner(ScannerOptions.from_dict({"speech": speech, **options}))
    found = [sentence for chunk in chunks for sentence in scanner.feed(chunk)]
    return [*found, *scanner.flush()]


def said(text: str, language: str = "zh") -> str:
    return " ".join(
        symbol
        for part in undivided_text(text)
        for symbol in FRONT_END.phonemize(part.text, language, readings=part.readings).symbols
    )


def figures(part: SpokenSentence) -> tuple[str, float, float, float]:
    return part.text, part.pause_before_s, part.pause_after_s, round(part.rate, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。", [("你好。", 0, 0, 1)]),
        ("", []),
        ('你好<break time="500ms"/>世界。', [("你好", 0, 0.5, 1), ("世界。", 0, 0, 1)]),
        ('你好<break time="1.5s"/>，世界。', [("你好", 0, 1.5, 1), ("世界。", 0, 0, 1)]),
        ('一<break/><break strength="strong"/>二', [("一", 0, 1.1, 1), ("二", 0, 0, 1)]),
        ('<break time="99s"/>一', [("一", 10, 0, 1)]),
        ("一{300ms}二{1s}", [("一", 0, 0.3, 1), ("二", 0, 1, 1)]),
        (
            "{200ms}。{200ms}一。\n…{300ms}\n二。\n{400ms}",
            [("一。", 0.4, 0.3, 1), ("二。", 0, 0.4, 1)],
        ),
        (
            '<prosody rate="slow">慢。<prosody rate="200%">双</prosody></prosody>常',
            [("慢。", 0, 0, 0.75), ("双", 0, 0, 1.5), ("常", 0, 0, 1)],
        ),
        ("<prosody rate='+10%'>快</prosody>", [("快", 0, 0, 1.1)]),
        (
            "<speak><p><s>一</s><s>二</s></p> a &lt; b</speak>",
            [("一", 0, 0, 1), ("二", 0, 0, 1), ("a < b", 0, 0, 1)],
        ),
        ('看<sub alias="万维网">WWW</sub>。', [("看万维网。", 0, 0, 1)]),
        ("<s>删</s> a &lt; b {x} ￥5", [("删 a &lt; b {x} ￥5", 0, 0, 1)]),
    ],
)
def test_sentences_of_a_text(text: str, expected: list[tuple[str, float, float, float]]) -> None:
    assert [figures(sentence) for sentence in whole_text(text).sentences] == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("他在行{xing2}。", "z ai4 x ing2"),
        ("一行{hang2}白鹭。", "y i4 h ang2"),  # tones of its neighbours still follow it
        ('去<phoneme ph="chóng qìng">重庆</phoneme>', "ch ong2 q ing4"),
        ('去<phoneme alphabet="pinyin" ph="zhong4 qing4">重慶</phoneme>', "zh ong4 q ing4"),
        ('<phoneme ph="T AH0 M AA1 T OW0">tomato</phoneme> soup', "T AH0 M AA1 T OW0 S UW1 P"),
        ('the <phoneme alphabet="ipa" ph="ˈliːd">lead</phoneme> pipe', "L IY1 D P AY1 P"),
        ('<phoneme alphabet="arpabet" ph="N IY1">你</phoneme>好朋友', "N IY1 h ao3 p eng2"),
        ('<phoneme alphabet="phones" ph="SP3">嗯嗯</phoneme>好朋友', "SP3 h ao3"),
        ('拨<say-as interpret-as="telephone">110</say-as>', "y ao1 y ao1 l ing2"),
        ('拨<say-as interpret-as="digits">110</say-as>', "y i1 y i1 l ing2"),
        ('有<say-as interpret-as="cardinal">110</say-as>', "y i4 b ai3 y i1 sh ir2"),
        ('<say-as interpret-as="ordinal">3</say-as>名', "d i4 s an1"),
        ('<say-as interpret-as="characters">US</say-as>', "Y UW1 EH1 S"),
        ('<say-as interpret-as="ordinal">3</say-as> time', "TH ER1 D T AY1 M"),
    ],
)
def test_readings(text: str, part: str) -> None:
    assert part in said(text)


MALFORMED = [
    ('好<break time="soon"/>吗', 1),
    ('好<prosody rate="99">吗</prosody>', 1),
    ("好</prosody>吗", 1),
    ('一二<sub alias="x">没关', 2),
    ('<phoneme ph="ma1 ma5">妈</phoneme>', 0),
    ('<say-as interpret-as="song">la</say-as>', 0),
    ("行{hong9}", 1),
    ("等{..s}", 1),
    ("<speak>开", 0),
    ('<sub alias="a"><break/></sub>', 0),
]


@pytest.mark.parametrize(("text", "position"), MALFORMED)
def test_malformed_markup_is_refused_with_its_position(text: str, position: int) -> None:
    with pytest.raises(TextError, match=f"character {position}:"):
        whole_text(text, "strict")
    with pytest.raises(TextError, match=f"character {position}:"):
        scan([text], "strict")


@pytest.mark.parametrize(("text", "position"), MALFORMED)
def test_malformed_markup_is_text(text: str, position: int) -> None:
    letters = [c for c in text if c.isalnum()]
    read = str(whole_text(text))
    if "<speak>" not in text:  # which is merely not closed
        assert [c for c in read if c.isalnum()][: len(letters)] == letters or "<break/>" in text


def test_off_leaves_the_text_alone() -> None:
    assert whole_text("好<break/>{1s}", "off").sentences == (SpokenSentence("好<break/>{1s}"),)
    assert [s.text for s in scan(["好<break/>吧。"], "off")] == ["好吧。"]
    with pytest.raises(SettingError, match="off, text, strict"):
        ScannerOptions(speech="loud")  # type: ignore[arg-type]


SSML = (
    '<speak>你好<break time="500ms"/>世界。<prosody rate="slow">慢慢说。再说\n一句！</prosody>快点。'
    '去<phoneme ph="chong2 qing4">重庆</phoneme>的银行{hang2}，{300ms}看<sub alias="网">W</sub>。</speak>'
)


def test_markup_survives_the_scanner() -> None:
    sentences = scan([SSML])
    assert [sentence.text for sentence in sentences] == [
        "你好世界。",
        "慢慢说。",
        "再说",
        "一句！",
        "快点。",
        "去重庆的银行，看网。",
    ]
    streamed = [part for sentence in sentences for part in parts_of(sentence)]
    assert [(part.text, part.pause_after_s, part.rate) for part in streamed] == [
        ("你好", 0.5, 1),
        ("世界。", 0, 1),
        ("慢慢说。", 0, 0.75),
        ("再说", 0, 0.75),
        ("一句！", 0, 0.75),
        ("快点。", 0, 1),
        ("去重庆的银行，", 0.3, 1),
        ("看网。", 0, 1),
    ]
    assert streamed[6].readings == (
        Reading(1, 3, "pinyin", ("chong2", "qing4")),
        Reading(5, 6, "pinyin", ("hang2",)),
    )


def test_markup_in_code_and_dropped_spans_is_none() -> None:
    assert [s.text for s in scan(["<think><break/>x</think>好。```\n<break/>\n```\n"])] == ["好。"]
    assert [s.text for s in scan(["用`行{hang2}`吧。"])] == ["用行{hang2}吧。"]


_PIECES = st.sampled_from(
    [
        *"好行。，. {}<>/&;\n1a",
        "{hang2}",
        "{1s}",
        "<break/>",
        '<break time="1s"/>',
        "<speak>",
        "</speak>",
        '<prosody rate="slow">',
        "</prosody>",
        '<sub alias="x y">',
        "</sub>",
        "&lt;",
        "<s>",
        "</p>",
        '<phoneme ph="hao3">',
        "</phoneme>",
        '<say-as interpret-as="digits">',
        "</say-as>",
        "<think>",
    ]
)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=25).map("".join), st.lists(st.integers(0, 60)))
def test_chunks_never_change_the_sentences(text: str, cuts: list[int]) -> None:
    borders = [0, *sorted(cuts), len(text)]
    whole = scan([text])
    assert scan([text[a:b] for a, b in itertools.pairwise(borders)]) == whole
    assert scan(list(text)) == whole
    for sentence in whole:
        for part in parts_of(sentence):
            assert part.pause_before_s >= 0 <= part.pause_after_s
            assert 0.25 <= part.rate <= 4
            assert all(0 <= r.start < r.end <= len(part.text) for r in part.readings)


@settings(deadline=None)
@given(st.text(), st.sampled_from(["text", "off"]))
def test_any_text(text: str, policy: str) -> None:
    for sentence in whole_text(text, policy).sentences:  # type: ignore[arg-type]
        assert any(char.isalnum() for char in sentence.text)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=25).map("".join))
def test_any_markup_can_be_spoken(text: str) -> None:
    for piece in fitted(whole_text(text).sentences):
        result = FRONT_END.phonemize(piece.text, "zh", readings=piece.readings, allow_silence=True)
        assert len(result.char_spans) == len(result.symbols)
        assert result.text == piece.text
        assert not FRONT_END.symbols.unknown


def test_a_piece_is_never_cut_inside_a_reading() -> None:
    word = '<phoneme ph="chong2 qing4">重庆</phoneme>'
    pieces = fitted(whole_text(word * 200).sentences)
    assert len(pieces) > 1
    for piece in pieces:
        assert [piece.text[r.start : r.end] for r in piece.readings] == ["重庆"] * piece.text.count(
            "重"
        )
    assert sum(piece.text.count("庆") for piece in pieces) == 200


def test_what_was_once_a_note_is_nothing() -> None:
    note = "\ufffa" + "".join(chr(0xE0000 + ord(char)) for char in "b0 9") + "\ufffb"
    assert [s.text for s in scan([f"好{note}。"])] == ["好。"]
    marked, bare = (FRONT_END.phonemize(text, "zh") for text in (f"你好{note}朋友。", "你好朋友。"))
    assert marked.symbols == bare.symbols


def test_pieces_for_synthesis() -> None:
    text = '{1s}你好<break time="1s"/>世界。<prosody rate="fast">再说很多很多的话。快说一点吧。</prosody>'
    found = fitted(whole_text(text).sentences)
    assert [figures(piece) for piece in found] == [
        ("你好。", 1, 1, 1),
        ("世界。", 0, 0, 1),
        ("再说很多很多的话。快说一点吧。", 0, 0, 1.25),
    ]
    assert fitted([]) == []


def test_a_long_sentence_keeps_its_pauses_and_readings() -> None:
    half = "我们今天一起去很远很远的地方看很多很多好看的花，"
    sentence = SpokenSentence(
        half * 3 + "行。", (Reading(72, 73, "pinyin", ("hang2",)),), 0.5, 1.5, 2
    )
    first, *_, last = fitted([sentence])
    assert figures(first)[1:] == (0.5, 0, 2)
    assert figures(last)[1:] == (0, 1.5, 2)
    assert [last.text[r.start : r.end] for r in last.readings] == ["行"]


def test_a_filtered_text_keeps_its_speech_markup() -> None:
    text = whole_text("**一**行{hang2}<break/>，<b>好</b>😀。<think>x</think>", filters=True)
    assert text == "一行，好。"
    assert text.sentences == (
        SpokenSentence("一行", (Reading(1, 2, "pinyin", ("hang2",)),), 0, 0.4),
        SpokenSentence("好。"),
    )
    assert whole_text("好<break/>{1s}", "off", filters=True) == "好{1s}"


def test_what_an_entity_or_code_spells_is_no_markup() -> None:
    assert whole_text("<speak>a &lt;break/> b</speak>", filters=True).strip() == "a <break/> b"
    assert whole_text("用`行{hang2}`吧。", filters=True) == "用行{hang2}吧。"


def test_short_sentences_stay_alone_where_asked() -> None:
    assert split("Hi. How are you?") == ["Hi. How are you?"]
    assert split("Hi. How are you?", join_short=False) == ["Hi.", "How are you?"]
