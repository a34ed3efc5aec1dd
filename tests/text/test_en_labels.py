"""Figures behind labels, chords, codes and days, every member of a class in several surroundings."""

from __future__ import annotations

import re

import pytest

from dora_mlx_tts.text.en.language import English

ENGLISH = English()
FRAMES = ("See {} now.", "It's in {}.", "{} is closed.", "The offer ({}) ends.", "Is it {}?")
LETTERS = "ABCDEFGHJKLMSTVWX"
SMALL = "abcdefghkmsx"
LABELS = [
    "Gate",
    "Seat",
    "Row",
    "Aisle",
    "Exit",
    "Bus",
    "Route",
    "Track",
    "Platform",
    "Terminal",
    "Floor",
    "Block",
    "Lot",
    "Stall",
    "Booth",
    "Bay",
    "Dock",
    "Zone",
    "Unit",
    "Suite",
    "Room",
    "Section",
    "Question",
    "Problem",
    "Exercise",
    "Figure",
    "Table",
    "Page",
    "Chapter",
    "Item",
    "Clause",
    "Article",
    "Schedule",
    "Step",
    "Apartment",
    "Locker",
]
TEXT_LABELS = [
    "Question",
    "Problem",
    "Exercise",
    "Figure",
    "Table",
    "Page",
    "Chapter",
    "Item",
    "Clause",
    "Article",
    "Step",
]


def said(text: str) -> str:
    return ENGLISH.normalize(text).text


def words(text: str) -> str:
    return " ".join(re.sub(r"[^a-z]+", " ", text.lower().replace("'", "")).split())


@pytest.mark.parametrize("frame", FRAMES)
def test_letters_behind_labelled_figures_are_no_units(frame: str) -> None:
    for place, label in enumerate(LABELS):
        letter = LETTERS[place % len(LETTERS)]
        expected = words(frame.format(f"{label} seven {letter}"))
        assert words(said(frame.format(f"{label} 7{letter}"))) == expected, label


@pytest.mark.parametrize("letter", SMALL)
def test_small_letters_behind_parts_of_a_text(letter: str) -> None:
    for label in TEXT_LABELS:
        assert words(said(f"Do {label} 4{letter}, then rest.")) == words(
            f"Do {label} four {letter}, then rest."
        ), label


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("The gate is 4m wide.", "The gate is four meters wide."),
        ("Track 3 is 5m long.", "Track three is five meters long."),
        ("The bus 2h 30m later was full.", "The bus two hours thirty minutes later was full."),
        ("Use a 20A breaker.", "Use a twenty amp breaker."),
        ("Seats 14A–14D are free.", "Seats fourteen A to fourteen D are free."),
        ("Rows 3B, 4C and 5D.", "Rows three B, four C and five D."),
        ("Acts II–IV are short.", "Acts two to four are short."),
        ("Land on Runway 27R.", "Land on Runway twenty-seven right."),
        ("Squawk 4721 please.", "Squawk four seven two one please."),
        ("Docket No. 24-10233 is open.", "Docket Number twenty-four, one zero two three three is open."),
        ("Pages 24-102 are new.", "Pages twenty-four to one hundred two are new."),
        ("We met from SE to NW.", "We met from southeast to northwest."),
        ("A 30M-row table and a 7B-parameter model.", "A thirty million row table and a seven billion parameter model."),
        ("Mix it 1:2.5.", "Mix it one to two point five."),
        ("The flight lands at 04:00Z.", "The flight lands at four A M Zulu."),
        ("¹³⁷Cs and ⁶⁰Co decay.", "C S one thirty-seven and C O sixty decay."),
        ("Dec +12° 24' is high.", "Dec plus twelve degrees twenty-four minutes is high."),
        ("The show starts 8p.", "The show starts eight P M."),
        ("roots x1 and x2", "roots x one and x two"),
        ("Salt: ⅓ c. (50 g).", "Salt, one third cup fifty grams."),
        ("Infuse it via a 20G IV.", "Infuse it via a twenty G I V."),
    ],
)  # fmt: skip
def test_kinds(text: str, reading: str) -> None:
    assert words(said(text)) == words(reading)


@pytest.mark.parametrize("root", "ABCDEFG")
def test_chords(root: str) -> None:
    qualities = {
        "m7": "minor seven",
        "maj7": "major seven",
        "dim7": "diminished seven",
        "sus4": "suspended four",
        "add9": "add nine",
        "m7♭5": "minor seven flat five",
        "7#9": "seven sharp nine",
    }
    for sign, name in qualities.items():
        for accidental, word in (("", ""), ("♭", " flat"), ("♯", " sharp")):
            chord = f"{root}{accidental}{sign}"
            assert words(said(f"Play {chord} next.")) == words(f"Play {root}{word} {name} next.")


@pytest.mark.parametrize("link", ["–", "-", " – ", " to "])
def test_two_days_with_slashes(link: str) -> None:
    months = ("March", "June", "September", "November")
    for month, name in zip((3, 6, 9, 11), months, strict=True):
        for day in (2, 9, 14, 22):
            text = f"I'm away {month}/{day}{link}{month}/{day + 3} and back."
            reading = said(f"I'm away {name} {day} to {name} {day + 3} and back.")
            assert words(said(text)) == words(reading), text


def test_shares_with_slashes_stay_shares() -> None:
    assert "one fourth to one half cup" in said("Use 1/4–1/2 cup.")
