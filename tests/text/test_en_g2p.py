"""English pronunciation: dictionary, endings, letters, compounds, overrides."""

from __future__ import annotations

import pytest

from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.en.pronounce.lexicon import PronouncingDictionary
from dora_mlx_tts.text.en.pronounce.morphology import inflected, with_d, with_s
from dora_mlx_tts.text.en.pronounce.oov import letter_to_sound
from dora_mlx_tts.text.en.pronounce.segmenter import segment

ENGLISH = English(fewest_phones=0)


def phones(text: str, english: English = ENGLISH) -> str:
    return " ".join(english.pronounce(english.normalize(text).text).symbols)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "HH AH0 L OW1"),
        ("Well, no!", "W EH1 L , N OW1 !"),
        ("the cat's", "DH AH0 K AE1 T S"),
        ("dogs' toys", "D AO1 G Z T OY1 Z"),
        ("y'all's", "Y AO1 L Z"),
        ("haven't", "HH AE1 V AH0 N T"),
        ("FBI", "EH1 F B IY1 AY1"),
        ("LLMs", "EH1 L EH1 L EH1 M Z"),
        ("PhD", "P IY1 EY1 CH D IY1"),
        ("NASA", "N AE1 S AH0"),
        ("JSON", "JH EY1 S AH0 N"),
        ("twenty-four", "T W EH1 N T IY0 F AO2 R"),
        ("go get 'em", "G OW1 G EH1 T AH0 M"),
        ("Wi-Fi", "W AY1 F AY2"),
        ("GPT-SoVITS", "JH IY1 P IY1 T IY1 - S OW1 V IY1 AY1 T IY1 EH1 S"),
        ("A dog", "EY1 D AO1 G"),
        ("a dog", "AH0 D AO1 G"),
    ],
)
def test_known_words(text: str, expected: str) -> None:
    assert phones(text) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("finetuning", "F AY1 N T UW1 N IH0 NG"),
        ("priyanka", "P R IY0 Y AA1 NG K AH0"),
        ("qzx", "K Y UW1 Z IY1 EH1 K S"),
        ("kaelthas's", "K EH1 L TH AH0 Z AH0 Z"),
    ],
)
def test_unknown_words(word: str, expected: str) -> None:
    assert phones(word) == expected


def test_short_reading_gets_a_comma() -> None:
    assert English().pronounce("OK").symbols == (",", "OW1", "K", "EY1")
    assert English().pronounce("").symbols == (",",)


def test_overrides_win_over_everything() -> None:
    english = English(
        {"Read": ["R", "AY1"], "kubernetes": ["K", "UW1"], "FBI": ["B", "IY1"]}, fewest_phones=0
    )
    assert phones("I read Kubernetes", english) == "AY1 R AY1 K UW1"
    assert phones("Kubernetes's", english) == "K UW1 Z"
    assert phones("the FBI", english) == "DH AH0 B IY1"


def test_spans_are_the_words() -> None:
    said = ENGLISH.pronounce("Hi, Bob")
    words = ["Hi, Bob"[a:b] for a, b in said.spans]
    assert words == ["Hi", "Hi", ",", "Bob", "Bob", "Bob"]
    assert said.word2ph is None


def test_lexicon_knows_prefixes_apart() -> None:
    lexicon = PronouncingDictionary()
    assert lexicon.get("zzzz") is None
    assert lexicon.get("hell") == ("HH", "EH1", "L")
    assert lexicon.get("") is None
    assert lexicon.get("é") is None
    assert "hello" in lexicon
    assert "helloo" not in lexicon


def test_reference_spells_its_removed_entries() -> None:
    assert phones("AI") == "EY1 AY1"
    assert phones("ios") == "AY1 OW1 EH1 S"


def test_endings() -> None:
    assert with_s(("K", "AE1", "T"))[-1] == "S"
    assert with_s(("D", "AO1", "G"))[-1] == "Z"
    assert with_s(("B", "AH1", "S"))[-2:] == ("AH0", "Z")
    assert with_d(("W", "EY1", "T"))[-2:] == ("IH0", "D")
    assert with_d(("W", "AO1", "K"))[-1] == "T"
    known = {
        "blog": ("B", "L", "AO1", "G"),
        "vape": ("V", "EY1", "P"),
        "tidy": ("T", "AY1", "D", "IY0"),
    }
    assert inflected("blogging", known.get) == ("B", "L", "AO1", "G", "IH0", "NG")
    assert inflected("vaped", known.get) == ("V", "EY1", "P", "T")
    assert inflected("tidies", known.get) == ("T", "AY1", "D", "IY0", "Z")
    assert inflected("xyzs", known.get) is None


def test_segmenter_prefers_known_words() -> None:
    assert segment("hyperparameter") == ("hyper", "parameter")
    assert segment("") == ()
    assert "".join(segment("qzxjkvbwq")) == "qzxjkvbwq"


def test_letter_to_sound() -> None:
    assert letter_to_sound("svetlano")[:2] == ("S", "V")
    assert len(letter_to_sound("b" * 60)) <= 60
