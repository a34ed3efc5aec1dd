"""What English text is written out as; the truths are written by hand."""

from __future__ import annotations

import pytest

from dora_mlx_tts.text.en.language import English

ENGLISH = English()


def norm(text: str) -> str:
    return ENGLISH.normalize(text).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12345", "twelve thousand, three hundred forty-five"),
        ("1,000,000 units", "one million units"),
        ("-7", "negative seven"),
        ("0.05 and .5", "zero point zero five and point five"),
        ("007", "zero zero seven"),
        ("in 1905 and 2008", "in nineteen oh five and two thousand eight"),
        ("the 22nd and 103rd", "the twenty-second and one hundred and third"),
        ("1/2, 2/3 and 3 1/2", "one half, two thirds and three and a half"),
        ("24/7", "twenty-four seven"),
        ("16:9", "sixteen to nine"),
        ("3-5 people", "three to five people"),
        ("3 - 5 people", "three to five people"),
        ("5 - 3 = 2", "five minus three equals two"),
        ("2x faster, 2-3x", "two times faster, two to three times"),
        ("1920x1080", "nineteen twenty by ten eighty"),
        ("version 2.10.3", "version two point ten point three"),
        ("192.168.0.1", "one nine two dot one six eight dot zero dot one"),
        ("1.5e-3", "one point five times ten to the minus three"),
        ("50+ people", "fifty plus people"),
        ("~50", "about fifty"),
        ("٣ apples", "three apples"),
        ("8,077", "eight thousand seventy-seven"),
        ("10/10", "ten out of ten"),
        ("x²+2x+1=0", "x squared plus two x plus one equals zero"),
        ("5cm×3cm", "five centimeters by three centimeters"),
        ("5'10", "five feet ten"),
        ("Boeing 747, Airbus A380", "Boeing seven forty-seven, Airbus A three eighty"),
        ("RTX4090 and DDR5-6000", "R T X forty ninety and D D R five-six thousand"),
        ("OTP 4930", "O T P four nine three zero"),
        ("1-800-FLOWERS", "one, eight hundred, FLOWERS"),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("555-0123", "five five five, zero one two three"),
        ("(555) 123-4567", "five five five, one two three, four five six seven"),
        ("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
        ("Call 911", "Call nine one one"),
        ("123-45-6789", "one two three, four five, six seven eight nine"),
    ],
)
def test_phone_numbers(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01", "May first, twenty twenty-four"),
        ("2024-05-01T08:30:00Z", "May first, twenty twenty-four at eight thirty"),
        ("12/25/2023", "December twenty-fifth, twenty twenty-three"),
        ("25/12/2023", "December twenty-fifth, twenty twenty-three"),
        ("1.5.2024", "May first, twenty twenty-four"),
        ("Jan. 5 and Dec 25th", "January fifth and December twenty-fifth"),
        ("1990-1995", "nineteen ninety to nineteen ninety-five"),
        ("the 90s, the 1960s", "the nineties, the nineteen sixties"),
        ("the '80s", "the eighties"),
        ("took 30s", "took thirty seconds"),
        ("8:05", "eight oh five"),
        ("9:00", "nine o'clock"),
        ("9:00 AM", "nine A M"),
        ("13:30", "one thirty P M"),
        ("24:00 sharp", "twelve A M sharp"),
        ("at 5 p.m. on Fri.", "at five P M on Friday."),
        ("At 5 p.m. She left.", "At five P M. She left."),
        ("9am-5pm", "nine A M to five P M"),
    ],
)
def test_dates_and_times(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$3.50", "three dollars and fifty cents"),
        ("$1 or $0.99", "one dollar or ninety-nine cents"),
        ("$3.5 million", "three point five million dollars"),
        ("$3-5 million", "three to five million dollars"),
        ("$1 million-$2 million", "one million to two million dollars"),
        ("$20k-30k", "twenty to thirty thousand dollars"),
        ("$5.50-$7.25", "five dollars and fifty cents to seven dollars and twenty-five cents"),
        ("-$5", "negative five dollars"),
        ("£7.14", "seven pounds and fourteen pence"),
        ("5€ or €1.2bn", "five euros or one point two billion euros"),
        ("¥500, 20 USD", "five hundred yen, twenty U S dollars"),
        ("$10/hr", "ten dollars per hour"),
        ("50¢", "fifty cents"),
    ],
)
def test_money(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60km/h", "sixty kilometers per hour"),
        ("5 km in 20 min", "five kilometers in twenty minutes"),
        ("1 kg", "one kilogram"),
        ("9.8 m/s²", "nine point eight meters per second squared"),
        ("20m²", "twenty square meters"),
        ("-3°C to 5 °F", "negative three degrees celsius to five degrees fahrenheit"),
        ("20-25°C", "twenty to twenty-five degrees celsius"),
        ("5-10%", "five to ten percent"),
        (
            "8GB, 100Mbps, 2.4GHz",
            "eight gigabytes, one hundred megabits per second, two point four gigahertz",
        ),
        ("a 10-km run", "a ten kilometer run"),
        ("5'11\"", "five feet eleven inches"),
        ("1/2 km and 5 1/2 ft", "one half kilometer and five and a half feet"),
        ("120/80 mmHg", "one hundred twenty over eighty millimeters of mercury"),
        ("5 in all", "five in all"),
        ("5G and 3D", "five G and three D"),
    ],
)
def test_units(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Smith vs. Mr. Jones", "Doctor Smith versus Mister Jones"),
        ("Rodeo Dr. is long", "Rodeo Drive is long"),
        ("on Main St. in town", "on Main Street in town"),
        ("Visit St. Louis", "Visit Saint Louis"),
        ("No. 5, but No. Never", "Number five, but No. Never"),
        ("e.g. apples, i.e. fruit", "for example apples, that is fruit"),
        ("cats, etc. and dogs, etc.", "cats, etc and dogs, etc."),
        ("Apple Inc. said", "Apple Incorporated said"),
        ("World War II", "World War two"),
        ("Henry VIII", "Henry the eighth"),
        ("Chapter IV", "Chapter four"),
        ("Vitamin D and grade C", "Vitamin D and grade C"),
        ("The class I took", "The class I took"),
        ("Part I of Book II", "Part one of Book two"),
        ("I am.", "I am."),
        ("rock 'n' roll", "rock and roll"),
        ("w/ milk, w/o sugar", "with milk, without sugar"),
    ],
)
def test_abbreviations(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the CEO of IBM", "the C E O of I B M"),
        ("NASA and the FBI", "NASA and the F B I"),
        ("LLMs and URLs", "L L M's and U R L's"),
        ("the U.S.A. and", "the U S A and"),
        ("in Washington, D.C.", "in Washington, D C."),
        ("J. K. Rowling", "J K Rowling"),
        ("WHAT ARE YOU DOING?", "what are you doing?"),
        ("This is VERY important", "This is VERY important"),
        ("ChatGPT and GPT-4o", "Chat G P T and G P T-four o"),
        ("iPhone15", "i Phone fifteen"),
        ("Q3, MP3, H2O", "Q three, M P three, H two O"),
        ("McDonald", "McDonald"),
        ("ＡＢＣ１２", "A B C twelve"),
    ],
)
def test_capitals(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com/path?q=1 now", "example dot com slash path now"),
        ("see www.example.co.uk.", "see example dot co dot uk."),
        ("john.doe@example.org", "john dot doe at example dot org"),
        ("/usr/local/bin/python3", "usr, local, bin, python three"),
        ("main.py", "main dot py"),
        ("@user and #trending", "user and trending"),
        ("#MeToo", "Me Too"),
        ("C++, C# and A+ grade", "C plus plus, C sharp and A plus grade"),
        ("AT&T", "A T and T"),
        ("A + B = C", "A plus B equals C"),
        ("a²+b²", "a squared plus b squared"),
        ("10 > 5 ≥ 3", "ten greater than five greater than or equal to three"),
    ],
)
def test_addresses_and_signs(text: str, expected: str) -> None:
    assert norm(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wait -- what?!?! No way!!!", "Wait, what? No way!"),
        ("Semi; colon: dash — done…", "Semi, colon, dash, done…"),
        ("Long—em and en–dash", "Long, em and en-dash"),
        ("“Don’t” (he said)", "Don't he said"),
        ("Hello，world！", "Hello, world!"),
        ("'like that'", "like that"),
        ("one\ntwo", "one. two"),
        ("Café naïve", "Cafe naive"),
        ("I love it 😀🚀!", "I love it!"),
        ("π ≈ 3", "pi approximately three"),
        ("\ud800 \x00", " "),
    ],
)
def test_marks_and_characters(text: str, expected: str) -> None:
    assert norm(text).strip() == expected.strip()


def test_spans_lead_back_to_the_source() -> None:
    text = "He paid $3.50 to Dr. Lee."
    aligned = ENGLISH.normalize(text)
    at = aligned.text.index("dollars")
    start, end = aligned.source(at, at + len("dollars"))
    assert text[start:end] == "$3.50"
    at = aligned.text.index("Lee")
    assert text[slice(*aligned.source(at, at + 3))] == "Lee"


@pytest.mark.parametrize("text", ["Æ", "Œ", "ŒÆ 5"])
def test_letters_that_stand_for_one_sign_keep_its_place(text: str) -> None:
    spans = ENGLISH.normalize(text).spans
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert [end for _, end in spans] == sorted(end for _, end in spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 3-4-week course", "a three to four-week course"),
        ("a 4-2-goal win", "a four-two-goal win"),
        (
            "The last 4 digits of your card are 8107.",
            "The last four digits of your card are eight one zero seven.",
        ),
        (
            "Your ZIP code (e.g., 60614) helps.",
            "Your ZIP code for example six zero six one four helps.",
        ),
        ("Mars also orbits the Sun.", "Mars also orbits the Sun."),
        (
            "My cat weighs 9 lb 3 oz at last count.",
            "My cat weighs nine pounds three ounces at last count.",
        ),
        ('The screen is 27" diagonally.', "The screen is twenty-seven inches diagonally."),
    ],
)
def test_kinds_that_outside_readers_found(text: str, expected: str) -> None:
    assert norm(text) == expected
