"""English number words. Everything here is about values, not about where they stand in a text."""

from __future__ import annotations

from dora_mlx_tts.text.en.words import listed

_SMALL = (
    *listed("zero one two three four five six seven eight nine ten eleven twelve thirteen"),
    *listed("fourteen fifteen sixteen seventeen eighteen nineteen"),
)
_TENS = listed("- - twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = ["", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"]
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LONGEST_CARDINAL = 3 * len(_SCALES)
"""More digits than that are read one by one."""

# ruff: noqa: PLR2004 (tens, hundreds and thousands are the subject)


def _below_thousand(n: int, link: str) -> str:
    hundreds, rest = divmod(n, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest:
        tens, ones = divmod(rest, 10)
        small = _SMALL[rest] if rest < 20 else _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")
        words.append(small)
    return link.join(words)


def cardinal(n: int, *, link: str = " ") -> str:
    """`1234` → one thousand, two hundred thirty-four; `link` joins what is below a hundred.

    Raises:
        ValueError: if the number has more than `LONGEST_CARDINAL` digits.
    """
    if n < 0:
        return f"negative {cardinal(-n, link=link)}"
    if n == 0:
        return _SMALL[0]
    groups, value = list[str](), n
    for scale in _SCALES:
        n, group = divmod(n, 1000)
        if group:
            groups.append(f"{_below_thousand(group, link)} {scale}".strip())
    if n:
        message = f"a cardinal has at most {LONGEST_CARDINAL} digits"
        raise ValueError(message)
    groups.reverse()
    small_end = len(groups) > 1 and value % 1000 in range(1, 100)
    if small_end:  # eight thousand seventy-seven, the eight thousand and seventy-seventh
        groups[-2:] = [link.join(groups[-2:])]
    return ", ".join(groups)


def ordinal(n: int) -> str:
    """`103` → one hundred and third."""
    words = cardinal(n, link=" and ")
    head, last = words[: -len(last_word(words))], last_word(words)
    if last in _ORDINALS:
        return head + _ORDINALS[last]
    return head + (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")


def last_word(words: str) -> str:
    """Last word of number words; a hyphen separates, too."""
    return words.replace("-", " ").rsplit(" ", 1)[-1]


def plural(words: str) -> str:
    """Number words in the plural: sixties, tens, two thousands."""
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith("x") else f"{words}s"


def digits(figures: str) -> str:
    """Figures one by one; anything else in between is skipped."""
    return " ".join(_SMALL[int(c)] for c in figures if c.isdecimal())


def year(n: int) -> str:
    """Year reading of 1001–2999: nineteen oh five, two thousand eight, twenty twenty-four."""
    century, rest = divmod(n, 100)
    if (century % 10 == 0 and rest < 10) or (rest == 0 and century > 30):
        return cardinal(n).replace(",", "")
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def named(figures: str) -> str:
    """A number that names (a house, a flight, an error): seven oh eight, twelve eighteen, six one oh …."""
    if figures[0] == "0" or len(figures) > 4:
        return digits(figures)
    if len(figures) == 4:
        is_round = figures.endswith("00") and not figures.endswith("000")
        return f"{cardinal(int(figures[:2]))} hundred" if is_round else year(int(figures))
    hundreds, rest = divmod(int(figures), 100)
    if not hundreds or not rest:
        return cardinal(int(figures))
    return f"{_SMALL[hundreds]} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def is_year_like(figures: str) -> bool:
    """Whether four figures are commonly read as two pairs."""
    return len(figures) == 4 and figures.isdecimal() and 1001 <= int(figures) <= 2999


def integer(figures: str) -> str:
    """Figures with or without thousands commas as a count."""
    plain = figures.replace(",", "")
    if len(plain) > LONGEST_CARDINAL or (len(plain) > 1 and plain[0] == "0"):
        return digits(plain)
    value = int(plain)
    if 1100 <= value <= 1900 and value % 100 == 0:
        return f"{cardinal(value // 100)} hundred"
    return cardinal(value)


def number(figures: str) -> str:
    """A count or a decimal number, `12,345.60` and `.5` included."""
    whole, dot, fraction = figures.partition(".")
    words = integer(whole) if whole else ""
    return f"{words} point {digits(fraction)}".strip() if dot else words


def plain_number(figures: str) -> str:
    """A number in running text: as `number`, but four figures like 1984 are read as a year."""
    return year(int(figures)) if is_year_like(figures) else number(figures)


def mixed(whole: str, numerator: int, denominator: int) -> str:
    """`1`, `1`, `2` → one and a half."""
    halves = (numerator, denominator) == (1, 2)
    return f"{number(whole)} and {'a half' if halves else fraction(numerator, denominator)}"


def fraction(numerator: int, denominator: int) -> str:
    """`3/4` → three fourths."""
    if denominator == 2:
        return f"{cardinal(numerator)} {'half' if numerator == 1 else 'halves'}"
    part = ordinal(denominator)
    return f"{cardinal(numerator)} {part if numerator == 1 else plural(part)}"
