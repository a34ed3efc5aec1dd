"""Where a sentence ends: kinds of stops, streamed and whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner


def scan(text: str, step: int, **options: bool) -> list[str]:
    scanner = SentenceScanner(ScannerOptions(**options))  # type: ignore[arg-type]
    chunks = [text[at : at + step] for at in range(0, len(text), step)]
    found = [sentence for chunk in chunks for sentence in scanner.feed(chunk)]
    return [sentence.text for sentence in [*found, *scanner.flush()]]


BORDERS = [
    # abbreviations before numbers, letters and names
    ("She rents Apt. 9. It is small.", ["She rents Apt. 9.", "It is small."]),
    ("Meet me in Bldg. 4 or Rm. B. Bring tea.", ["Meet me in Bldg. 4 or Rm. B.", "Bring tea."]),
    ("Take Hwy. 61 north. Go.", ["Take Hwy. 61 north.", "Go."]),
    ("Max. 8 guests, Temp. 21 degrees. Ok.", ["Max. 8 guests, Temp. 21 degrees.", "Ok."]),
    ("See Fig. C for more. Done.", ["See Fig. C for more.", "Done."]),
    ("We saw Ft. Bragg and Mt. Hood. Nice.", ["We saw Ft. Bragg and Mt. Hood.", "Nice."]),
    ("It is No. #3. Yes.", ["It is No. #3.", "Yes."]),
    ("Find it at N°. 12. There.", ["Find it at N°. 12.", "There."]),
    ("She is 6 ft. 1 in. tall. He is not.", ["She is 6 ft. 1 in. tall.", "He is not."]),
    ("A bag of 3 lb. 2 oz. of rice. Thanks.", ["A bag of 3 lb. 2 oz. of rice.", "Thanks."]),
    # hours, degrees, eras
    ("At 7 a.m. Mrs. Hill rang.", ["At 7 a.m. Mrs. Hill rang."]),
    ("He left at 7 p.m. Mrs. Hill stayed.", ["He left at 7 p.m.", "Mrs. Hill stayed."]),
    ("She has a Ph.D. Tom has none.", ["She has a Ph.D.", "Tom has none."]),
    ("It fell in 410 A.D. Nobody cared.", ["It fell in 410 A.D.", "Nobody cared."]),
    ("In 480 B.C. Xerxes came.", ["In 480 B.C. Xerxes came."]),
    # lists within a line
    ("1.) Peel it. 2.) Boil it.", ["1.) Peel it.", "2.) Boil it."]),
    ("1. Peel it 2. Boil it 3. Eat it", ["1. Peel it", "2. Boil it", "3. Eat it"]),
    ("1) Peel it 2) Boil it", ["1) Peel it", "2) Boil it"]),
    ("a. Peel it b. Boil it", ["a. Peel it", "b. Boil it"]),
    ("Do this: 1. Peel it 2. Boil it", ["Do this: 1. Peel it", "2. Boil it"]),
    ("做法：1. 洗菜 2. 切菜 3. 下锅", ["做法：1. 洗菜", "2. 切菜", "3. 下锅"]),
    ("• Peel it • Boil it", ["• Peel it", "• Boil it"]),
    ("I ate 2. Then I slept.", ["I ate 2.", "Then I slept."]),
    # sources behind a stop
    ("The river rose.[4] It fell in June.", ["The river rose.[4]", "It fell in June."]),
    ("The river rose. [4][5] It fell.", ["The river rose. [4][5]", "It fell."]),
    ("The river rose. [No joke.] It fell.", ["The river rose.", "[No joke.]", "It fell."]),
    # decimals, titles, names
    ("税率为４．７５％。不高。", ["税率为４．７５％。", "不高。"]),
    ("你看过《走吧！出发》吗？看过。", ["你看过《走吧！出发》吗？", "看过。"]),
    ("《听！》真好听。", ["《听！》真好听。"]),
    ("找Dr.林问问。他在St. Paul。", ["找Dr.林问问。", "他在St. Paul。"]),
    ("Wahoo! is a fish. Wow! It swims.", ["Wahoo! is a fish.", "Wow!", "It swims."]),
    # ellipses with blanks
    ("Hm . . . maybe. Well . . . Then no.", ["Hm . . . maybe.", "Well . . .", "Then no."]),
    ("Really ? ? ? Then go.", ["Really ? ? ?", "Then go."]),
    ("Stop! . . . no.", ["Stop! . . . no."]),
]


@pytest.mark.parametrize(("text", "expected"), BORDERS)
def test_borders(text: str, expected: list[str]) -> None:
    assert scan(text, len(text), markup=False) == expected
    assert scan(text, 1, markup=False) == expected


@pytest.mark.parametrize("opened", "《[(（")
def test_a_bracket_that_is_never_closed_ends_no_stream(opened: str) -> None:
    found = scan(f"甲{opened}乙。" + "丙" * 300 + "。丁。戊。", 1)
    assert found[-2:] == ["丁。", "戊。"]


_PIECES = st.sampled_from(
    [
        *"。！？.!? [])》《(1a2A•\n",
        "1. ",
        "2. ",
        "2.) ",
        "b. ",
        " . . .",
        "[1]",
        "Apt. ",
        "a.m. ",
        "6 ft. ",
        "3 B.C. ",
        "He ",
        "Mr. ",
        "I ",
        "Ｘ．",
        "３．",
        "At ",
        "Yahoo! ",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(_PIECES, max_size=30).map("".join), st.integers(1, 5), st.booleans())
def test_chunks_do_not_move_borders(text: str, step: int, markup: bool) -> None:
    assert scan(text, step, markup=markup) == scan(text, len(text) or 1, markup=markup)
