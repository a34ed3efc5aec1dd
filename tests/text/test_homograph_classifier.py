"""English homographs: compounds, adverbs, nouns that look like rare verbs, and the file itself."""

from __future__ import annotations

import json
import struct
import zlib

import pytest

from dora_mlx_tts.text.en.homographs.classifier import Classifier, classifier, hashed
from dora_mlx_tts.text.en.language import English

ENGLISH = English()
CASES = """
a solar-powered, wind-driven pump | W IH1 N D
We live-streamed the launch. | L AY1 V
The band played live last night. | L AY1 V
Rain fell over the bow of the ship. | B AW1
She tied a bow around the box. | B OW1
The breakfast buffet opens at seven. | B AH0 F EY1
He parked his moped outside. | M OW1 P EH2 D
Both analyses gave the same result. | AH0 N AE1 L IH0 S IY2 Z
That was a big upset for the team. | AH1 P S EH2 T
I felt upset. | AH0 P S EH1 T
They stayed close together. | K L OW1 S
She followed closely behind. | K L OW1 S L IY0
Our affiliate in Texas called. | AH0 F IH1 L IY0 AH0 T
The drug will affect your sleep. | AH0 F EH1 K T
a read-only disk | R IY1 D OW1 N
the well-read professor | R EH1 D
He wiped his mouth. | M AW1 TH
""".strip().splitlines()


@pytest.mark.parametrize("case", CASES)
def test_reading(case: str) -> None:
    sentence, wanted = case.split(" | ")
    assert wanted in " ".join(ENGLISH.pronounce(ENGLISH.normalize(sentence).text).symbols)


def test_users_words_win_over_the_classifier() -> None:
    own = English({"buffet": ["B", "AH1", "F", "AH0", "T"], "wind": ["W", "AY1", "N", "D"]})
    said = " ".join(own.pronounce("The buffet has wind-dried ham.").symbols)
    assert "B AH1 F AH0 T" in said
    assert "W AY1 N D" in said


def test_file_is_small_and_knows_its_words() -> None:
    assert "buffet" in classifier()
    assert "table" not in classifier()


def test_weights_are_summed() -> None:
    keys = sorted([hashed("bow", "w-1=the"), hashed("*", "w-1=the")])
    header = {"features": 2, "scale": 0.5, "words": {"bow": True, "sow": False}}
    body = struct.pack("<2I", *keys) + bytes([3, 3])
    small = Classifier(zlib.compress(json.dumps(header).encode() + b"\n" + body))
    assert small.score("bow", ["w-1=the"]) == 3.0
    assert small.score("bow", ["w-1=a"]) == 0.0
    assert small.score("sow", ["w-1=the"]) == 0.0  # senses share nothing
