"""Sentences as an assistant says them, made from the templates and words of `templates/`.

A place in braces is filled with one of the words of that name, or with a figure: a time, a date, a price, a row of digits.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "templates"
LANGUAGES = {"en": "en", "zh": "zh", "mixed": "zh"}
AGAIN = {
    "en": "thank you|bye|yes|no|very|really|day after day|over and over|step by step|knock|ha|go|wait|please|more|again|"
    "hello|come on|never|good|so|one by one|okay|sure|now|well|hear|stop|too|far|long|bit by bit|side by side",
    "zh": "谢谢|再见|好的|对|看看|等等|慢慢|早上好|是|不|一步|快|真的|非常|好久|来|走|听听|想想|试试|哈哈|常常|天天|一天|行|没事|加油",
}
MARKS = ".......?!"
Random = np.random.Generator


def number(rng: Random) -> str:
    kind = rng.integers(5)
    most = (10, 30, 100, 1000, 10_000)[kind]
    return str(rng.integers(1 if kind < 3 else 100, most + 1))


def digits(rng: Random) -> str:
    """A row as one reads it digit by digit; often some equal ones in a row."""
    row = [str(d) for d in rng.integers(10, size=rng.integers(3, 7))]
    if rng.random() < 0.35:
        at = rng.integers(len(row))
        row[at : at + 1] = [row[at]] * int(rng.integers(2, 4))
    return " ".join(row)


def clock(rng: Random) -> str:
    minute = f"{rng.choice([0, 0, 5, 10, 15, 20, 30, 30, 40, 45, 50, 55, rng.integers(60)]):02d}"
    hour = int(rng.integers(1, 13))
    if rng.random() < 0.3:
        return f"{hour} o'clock" if rng.random() < 0.4 else f"half past {hour}"
    return f"{hour}:{minute}" + str(rng.choice(["", " AM", " PM", " in the evening"]))


def clock_zh(rng: Random) -> str:
    part = str(rng.choice(["", "早上", "上午", "下午", "晚上", "中午"]))
    minute = str(
        rng.choice(["", "", "半", "一刻", "十分", "二十分", "四十五分", f"{rng.integers(1, 60)}分"])
    )
    return f"{part}{rng.integers(1, 13)}点{minute}"


def price(rng: Random) -> str:
    whole = rng.integers(1, int(rng.choice([10, 100, 2000])))
    return f"${whole}" + (f".{rng.integers(1, 100):02d}" if rng.random() < 0.5 else "")


def price_zh(rng: Random) -> str:
    whole = rng.integers(1, int(rng.choice([10, 100, 3000])))
    return str(rng.choice([f"{whole}元", f"{whole}块", f"{whole}块{rng.integers(1, 10)}"]))


def ordinal(rng: Random) -> str:
    n = int(rng.integers(1, 32))
    endings = {int(w[0]): w[1:] for w in ("1st", "2nd", "3rd")}
    return f"{n}" + endings.get(0 if 10 < n < 14 else n % 10, "th")


FIGURES: dict[str, Callable[[Random], str]] = {
    "number": number,
    "n": number,
    "digits": digits,
    "time": clock,
    "ztime": clock_zh,
    "price": price,
    "zprice": price_zh,
    "ordinal": ordinal,
    "zdate": lambda rng: f"{rng.integers(1, 13)}月{rng.integers(1, 32)}日",
    "temperature": lambda rng: f"{rng.integers(2, 105)} degrees",
    "temperature_zh": lambda rng: f"{rng.integers(0, 40)}度",
    "year": lambda rng: str(rng.integers(1901, 2035)),
    "code": lambda rng: f"{rng.choice(list('ABCDEFGHJKLMNPRTVZ'))}{rng.integers(1, 100)}",
}


def words() -> dict[str, list[str]]:
    lines = (FOLDER / "words.txt").read_text("utf-8").splitlines()
    named = (line.partition(": ") for line in lines if line and line[0] != "#")
    return {name: [w.strip() for w in row.split("|")] for name, _, row in named}


def filled(template: str, known: dict[str, list[str]], rng: Random) -> str:
    """The template with a word or figure in every place, no word twice."""
    used: set[str] = set()

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        if name in FIGURES:
            return FIGURES[name](rng)
        free = [w for w in known[name] if w not in used] or known[name]
        used.add(word := free[rng.integers(len(free))])
        return word

    text = re.sub(r"\{(\w+)\}", fill, template)
    return text[0].upper() + text[1:]


def made(kind: str, count: int, rng: Random) -> Iterator[tuple[str, str]]:
    """So many sentences of "en", "zh" or "mixed" and their language, each template as often as the others."""
    templates = (FOLDER / f"{kind}.txt").read_text("utf-8").splitlines()
    known = words()
    for at in range(count):
        yield filled(templates[at % len(templates)], known, rng), LANGUAGES[kind]


def repeated(count: int, rng: Random) -> Iterator[tuple[str, str]]:
    """Groups said two to four times, alone and before a sentence."""
    rows = {language: row.split("|") for language, row in AGAIN.items()}
    for language, joint, end in (("en", ", ", "."), ("zh", "，", "。")):
        for text, _ in made(language, count // 2, rng):
            group = str(rng.choice(rows[language]))
            tight = "" if language == "zh" else " "
            between = joint if rng.random() < 0.75 else tight
            again = between.join([group] * int(rng.choice([2, 3, 3, 4])))
            again = again[0].upper() + again[1:]
            yield again + (joint + text if rng.random() < 0.4 else end), language
