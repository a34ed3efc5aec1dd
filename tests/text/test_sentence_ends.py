"""Where sentences end, whatever stands before the full stop: every form before every kind of next word."""

from __future__ import annotations

import pytest

from dora_mlx_tts.text.sentences.scanner import ScannerOptions, SentenceScanner

FORMS = ["5", "305", "1,234", "3.5", "1/2", "12/25", "8:30", "08:22", "1:30:15", "3:2", "16:9", "$12.50", "5%", "-3", "10–15", "22nd", "5 km", "3 kg", "3 GHz", "5 Mb", "20°C", "6 A", "3 V", "10 K", "A4", "B12", "v2.1", "#5", "No. 5", "Room 12B", "page 7", "WWII", "plan B", "I-95", "NASA", "Main St", "y = 3", "x²", "H2O", "C++", "f(x)", "(see below)", '"yes"', "100+", "24/7", "7/10", "1:1", "ABC123", "1960s", "Q3", "5 m", "10 s", "3M", "ok", "me", "us", "vim"]  # fmt: skip
NEXT = ("Then we left", "It is fine", "I like it", "A dog ran", "He came", "We won", "Now go")


def scan(text: str, *, piecewise: bool = False) -> list[str]:
    scanner = SentenceScanner(ScannerOptions())
    found = [s.text for piece in (text if piecewise else [text]) for s in scanner.feed(piece)]
    return [*found, *(s.text for s in scanner.flush())]


@pytest.mark.parametrize("form", FORMS)
def test_a_sentence_ends(form: str) -> None:
    for following in NEXT:
        parts = [f"It was {form}.", f"{following} now."]
        assert scan(" ".join(parts)) == scan(" ".join(parts), piecewise=True) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Model no. WF45T6000AW is out.",
        "Use part no. A-1234 here.",
        "Ref. B-2207 was paid.",
        "After 1. e4 e5 2. Nf3 Nc6 3. Bb5 it is sharp.",
        "After 1. Nf3 d5 2. c4 it is calm.",
        "See Art. I of the treaty.",
        "Under Fed. R. Civ. P. 12(b)(6), you lose.",
        "Treas. Reg. § 1.501 applies.",
        "Cal. Veh. Code § 22350 applies.",
        "Pay $950/mo. + $40 util.; dep. $500; avail. 1/15.",
        "Dep. 07:52 Pl. 3, arr. 09:17; or dep. 08:22.",
        "At Lv. 60 you win.",
        "Play mm. 17-24 again.",
        "It costs max. $500 here.",
        "Dial tel. +49 30 1234 now.",
        "Keep temp. -5 or lower.",
        "Whisk 2 c. AP flour in.",
    ],
)
def test_an_abbreviation_goes_on(text: str) -> None:
    for following in ("It is so.", "Then rest."):
        whole = f"{text} {following}"
        assert scan(whole) == scan(whole, piecewise=True) == [text, following]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Is it good? No. It is not.", ["Is it good?", "No.", "It is not."]),
        ("No. X-rays don't hurt.", ["No.", "X-rays don't hurt."]),
        ("I have 3. Bob has 2.", ["I have 3.", "Bob has 2."]),
        ("Take 2. Nice work.", ["Take 2.", "Nice work."]),
        ("He loves art. I do not.", ["He loves art.", "I do not."]),
        ("I trust the Fed. It raised rates.", ["I trust the Fed.", "It raised rates."]),
        ("1. Peel it 2. Boil it", ["1. Peel it", "2. Boil it"]),
        ("Steps: 1. Peel it 2. Boil it", ["Steps: 1. Peel it", "2. Boil it"]),
        ("I met Zhou. Paris is big.", ["I met Zhou.", "Paris is big."]),
    ],
)
def test_others_end(text: str, parts: list[str]) -> None:
    assert scan(text) == scan(text, piecewise=True) == parts


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("\x1b[31mError:\x1b[0m it failed.", "Error: it failed."),
        ("\x1b[1;38;5;208mHot\x1b[m stuff.", "Hot stuff."),
        ("\x1b]8;;http://a.b\x1b\\Link\x1b]8;;\x1b\\ here.", "Link here."),
        ("\x1b]0;title\x07Done.", "Done."),
        ("\x9b32mGreen\x9b0m now.", "Green now."),
        ("Lone \x1bescape.", "Lone escape."),
        ("Cut \x1b[3", "Cut"),
        ("Use an <h2> tag here.", "Use an <h2> tag here."),
        ("Put a <div> inside, then a <span>.", "Put a <div> inside, then a <span>."),
        ("Put it in a <script> tag. Then save.", "Put it in a <script> tag."),
        ("One <b>bold</b> word.", "One bold word."),
        ("Some <br> tags stay.", "Some <br> tags stay."),
        ("Solve |2x - 3| = 7.", "Solve |2x - 3| = 7."),
        ("Root made 118* today.", "Root made 118* today."),
        ("See *page 5* today.", "See page 5 today."),
    ],
)
def test_what_is_dropped(text: str, spoken: str) -> None:
    assert scan(text)[0] == scan(text, piecewise=True)[0] == spoken
