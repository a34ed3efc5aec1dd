"""Signs that are read as words, and signs that are pauses."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.patterns import Replacement, Rule, apply_rules
from dora_mlx_tts.text.patterns import expression


def _rule(needs: str, pattern: str, replace: Replacement) -> Rule:
    return Rule(expression(pattern), replace, needs)


def _difference(match: re.Match[str]) -> str | None:
    """`5 - 3` and `a - b = c` are differences; `3 - 5` is a range and left alone."""
    a, b = match["a"], match["b"]
    if a.isdecimal() and b.isdecimal() and len(a) <= len(b) and a < b and not match["equals"]:
        return None
    return f"{a} minus {b}{match['equals'] or ''}"


def _sides(match: re.Match[str]) -> str | None:
    """`1920×1080` and `a 3×3 grid` are said with by, `3×3` with times."""
    a, b = match["a"], match["b"]
    is_square = a == b and "=" not in match.string
    is_size = is_square or min(len(a), len(b)) >= 3 or _THING.match(match.string, match.end())  # noqa: PLR2004 (pixels)
    return f"{a} x {b}" if is_size else None


def _tag(match: re.Match[str]) -> str:
    """A tag that stands like a word is spoken of: `an <h2> tag`; others are not read."""
    text, (start, end) = match.string, match.span()
    stands_alone = not (text[start - 1 : start].strip(" (\"'") or text[end : end + 1].strip(_MARKS))
    name = match["name"]
    if not stands_alone or (name.lower() == "br" and not _TAG_NOUN.match(text, end)):
        return " "
    is_word = len(name) > 2 and _VOWEL.search(name) and name.lower() not in {"img", "src"}  # noqa: PLR2004 (ul, li)
    said = name if is_word else " ".join(name.upper())
    return f" {'closing ' if match['close'] else ''}{said}{match['more'] or ''} "


_MARKS = " .,;:?!)\"'"
_TAG_NOUN = expression(r" (?:tag|element)s?\b")
_VOWEL = expression("[AEIOUaeiou]")
_THING = expression(
    r"\s(?:grid|matrix|matrices|array|board|table|image|kernel|pixels?|px|tile|square|block|filter|photo|print|pan|room|rug|layout|screen)"
)
_EDGE = r"(?<![\w.])"
_ASSIGNED = {"+": "plus", "-": "minus", "*": "times"}
_ARITHMETIC: tuple[Rule, ...] = (
    _rule("!", r"(?<![\w.])(\d{1,3}|[nkmr])!(?=\s?[=/*×÷+)-]|\s(?:is|equals)\b)", r"\1 factorial"),
    _rule("*", r"(?<=\b[a-z])\*(?=\s?[=<>)]|\s(?:is|and)\b)", " star"),
    _rule("*", r"(?<=\()\*(?=\))|(?<=SELECT )\*(?= FROM)", " star "),
    _rule("\\", r"\\(?=[dDwWsSbBnrt](?![A-Za-z]))", " backslash "),
    _rule("~", r"(?<=[A-Za-z])~(?=\d)", " tilde "),
    _rule(
        "<",
        r"<(?P<close>/?)(?P<name>[A-Za-z][\w-]{0,20})(?P<more>(?:\s[^<>]{0,200})?=[^<>]{0,200})?\s?/?>",
        _tag,
    ),
    _rule(
        "-−",
        rf"{_EDGE}(?P<a>\d{{1,9}}|[A-Za-z])\s[-−]\s(?P<b>\d{{1,9}}|[A-Z]|[b-z])(?P<equals>\s*=)?(?!\w)",
        _difference,
    ),
    _rule(
        "-−",
        rf"{_EDGE}(?P<a>\d{{1,9}}|[a-zA-Z])[-−](?P<b>\d{{1,9}}|[a-zA-Z])(?P<equals>\s*=)",
        _difference,
    ),
    _rule("×", r"(?<=\bM\d)\s?×\s?(?=\d)|(?<=\bM\d\d)\s?×\s?(?=\d)", " by "),
    _rule(
        "×*",
        rf"{_EDGE}(?P<a>\d{{1,5}})\s?[×*]\s?(?P<b>\d{{1,5}})(?![\w.]|\s?[=×*^])",
        _sides,
    ),
    _rule(
        "×*",
        r"(?<=[\d)²³])\s?(?:×|\*)\s?(?=[\d(])|(?<=\b[A-Za-z])\s?[×*]\s?(?=[A-Za-z\d]\b)",
        " times ",
    ),
    _rule(
        "÷/",
        r"(?<=[\d)])\s?÷\s?(?=[\d(])|(?<=\d)\s/\s(?=\d)|(?<=\b[A-Za-z])\s/\s(?=[A-Za-z]\b)|÷",
        " divided by ",
    ),
    _rule("+", r"(?<=[\d)])\s?\+\s?(?=[\d(])|(?<=[\w)])\s\+\s(?=\w)", " plus "),
    _rule(
        "/",
        r"(?:(?<=[\w²³]\)))(?<![a-z]{3}\))\s?/\s?(?=[\w(√])|(?<=\b[A-Za-z])/(?=[(√])|(?<=\bsigma)\s{0,2}/\s?(?=[a-z\d(√])|(?<=\b(?:delta|alpha))\s{0,2}/\s?(?=[a-z\d(√])",
        " over ",
    ),
    _rule("/", r"(?<=[²³])\s?/\s?(?=[\w(])", " over "),
    _rule("−", r"(?<=[\w)])\s{1,2}−\s{1,2}(?=[\w(√])", " minus "),
    _rule("/", r"(?<=\bpi)\s{0,2}/\s?(?=\w)|(?<=\b[xyzn])\s?/\s?(?=\d)", " over "),
    _rule("<≤", r"\s?(?:<=|≤)\s?(?=[\w.−$€£√(-])", " less than or equal to "),
    _rule(">≥", r"\s?(?:>=|≥)\s?(?=[\w.−$€£√(-])", " greater than or equal to "),
    _rule("!≠", r"\s?(?:!=|≠)\s?(?=[\w.−$€£√(-])", " not equal to "),
    _rule(
        "=",
        r"(?<=\w)\s?(?P<sign>[+*-])=\s?(?=[\w\"'-])",
        lambda m: f" {_ASSIGNED[m['sign']]} equals ",
    ),
    _rule("≈", r"\s?≈\s?", " approximately "),
    _rule(
        "<>",
        r"(?<=[\w)])\s(?:<<|>>)\s(?=[\w(])",
        lambda m: " left shift " if "<" in m.group() else " right shift ",
    ),
    _rule(":", r"(?<=\w)\s?:=\s?(?=[\w\"'(])", " colon equals "),
    _rule("?", r"(?<=\w)\s\?\?\s(?=[\w\"'(])", " question question "),
    _rule(
        "%",
        r"(?<=\b[a-z])\s?%\s?(?=(?:[a-z]|\d{1,3})\b)|(?<=\d)\s%\s(?=\d{1,4}\s?(?:=|is\b|equals))",
        " mod ",
    ),
    _rule(
        "+-",
        r"(?<![\w+-])(\+\+|--)(?=[a-z]\b)",
        lambda m: "plus plus " if m[1] == "++" else "minus minus ",
    ),
    _rule(
        "=",
        r"(?P<lead>\A|[,;(]\s|\b(?:replace|with|use|uses|using|the|than|of|to|and|or|versus|via|operator)\s)(?P<n>={2,3})(?!=)",
        lambda m: f"{m['lead']}{'double' if len(m['n']) == 2 else 'triple'} equals",  # noqa: PLR2004 (signs)
    ),
    _rule("=", r"\s?={2,3}\s?|(?<=[\w).%°²³|*\]])\s?=\s?(?=[\w(√$€£.\"'−+~|-])", " equals "),
    _rule("→", r"(?m)^\s*→\s?", ""),
    _rule("→>", r"\s?(?:->|=>|→)\s?", " to "),
    _rule("<", r"(?<=[a-z] )<\s?(?=\d)", "less than "),
    _rule(">", r"(?<=[a-z] )>\s?(?=\d)", "greater than "),
    _rule("<", r"(?<=[\w)\]])\s<\s(?=[\w.−-])|(?<![\w>])<(?=\d)|(?<=\d)<(?=\d)", " less than "),
    _rule(">", r"(?<=[a-z])\s>\s(?=[A-Z][a-z]|\.{3}|…)", ", "),
    _rule(">", r"(?<=[\w)\]])\s>\s(?=[\w.−-])|(?<![\w<])>(?=\d)|(?<=\d)>(?=\d)", " greater than "),
    _rule(")", r"(?<=\))\s?[-–]\s?(?=\([a-z\d]{1,3}\))", " to "),
    _rule("±", r"\s?±\s?", " plus or minus "),
    _rule("+", r"\s?\+/-\s?", " plus or minus "),
    _rule("<", r"(?<=[\w)])<(?=[\w(.-])", " less than "),
    _rule(">", r"(?<=[\w)])>(?=[\w(.-])", " greater than "),
    _rule("+", r"(?<=[\w)])\+(?=[\w(])", " plus "),
    _rule("-−", r"(?<=\b[xyznt])[-−](?=\d+(?![\w-]))", " minus "),
    _rule("×", r"\s×\s", " times "),
    _rule("·", r"(?<=\d)·(?=\d+(?![\dA-Z]))", " times "),
    _rule("√", r"√\s?", " square root of "),
    _rule("∛", r"∛\s?", " cube root of "),
    _rule("∈", r"\s?∈\s?", " in "),
    _rule("∪", r"\s?∪\s?", " union "),
    _rule("∩", r"\s?∩\s?", " intersection "),
    _rule("∝", r"\s?∝\s?", " is proportional to "),
    _rule("⇒", r"\s?⇒\s?", " implies "),
    _rule("∑", r"∑", " sum of "),
    _rule("∞", r"∞", " infinity "),
    _rule("²^", r"(?:(?<=[\w)])|(?<=[a-z] ))(?:²|\^2(?!\d|\.\d))", " squared"),
    _rule("³^", r"(?:(?<=[\w)])|(?<=[a-z] ))(?:³|\^3(?!\d|\.\d))", " cubed"),
    _rule("^", r"(?<=[\w)])\^(?=[\w(-])", " to the power of "),
)
_NAMES: tuple[Rule, ...] = (
    _rule("+", r"(?<=\b[A-Za-z])\+\+", " plus plus"),
    _rule("+", r"(?<=\b[A-Za-z])\+(?![\w+])|(?<=\bAB)\+(?!\w)|(?<=\d[kKMBm])\+(?!\w)", " plus"),
    _rule("+", r"(?<=[A-Za-z]{2})\+(?=[\s,.;:!?)]|\Z)", " plus"),
    _rule("-−", r"(?<=\bUTC)[-−](?=\d)|(?<=\bGMT)[-−](?=\d)", " minus "),
    _rule(
        "-−",
        r"(?<=\bO)[-−](?=[,.;:!?)]|\s(?:blood|is|and|or)\b|\Z)|(?<=\bAB)[-−](?=[,.;:!?)]|\s|\Z)",
        " negative",
    ),
    _rule(
        "-−",
        r"(?<=\b[A-F])[-−](?=[\s,.;:!?)]*(?:$|[,.;:!?)]|\s(?:grade|average|in|on|for|and|or|to)\b))",
        " minus",
    ),
    _rule("#", r"(?<=\b[A-G])#(?!\w)", " sharp"),
    _rule("#", r"(?<!\w)#\s?(?=\d)", "number "),
    _rule("#", r"(?<=\d)#(?!\w)", " pound"),
    _rule("&", r"(?<=\b[A-Z])&([A-Z])s\b", r" and \1's"),
    _rule("&", r"\s?&\s?", " and "),
    _rule("@", r"(?<=\w)\s?@\s?(?=\w)|(?<!\w)@\s?(?=\d)", " at "),
    _rule("$", r"(?<!\S)\$(?!\S)", "dollar"),
    _rule("§", r"§\s?§\s?|§s\b\s?", " sections "),
    _rule("¶", r"¶\s?¶\s?|¶s\b\s?", " paragraphs "),
    _rule("§", r"§\s?", " section "),
    _rule("¶", r"¶\s?", " paragraph "),
    _rule("%", r"\s?%", " percent"),
    _rule("‰", r"\s?‰", " per mille"),
    _rule("°", r"\s?°", " degrees"),
    _rule("μ", "μ", " mu "),
    _rule("Ω", "Ω", " ohms "),
    _rule("€", r"\s?€", " euros"),
    _rule("£", r"\s?£", " pounds"),
)
_PAUSES: tuple[Rule, ...] = (
    _rule("\n", r"(?<!\s)[^\S\n]*\n\s*", "\n"),
    _rule("\n", r"(?<=[.,?!…:;—-])\n", " "),
    _rule("\n", r"\n(?=\S)", ". "),
    _rule("–", r"(?<=\b[A-Z])\s?–\s?(?=[A-Z]\b)", " to "),
    _rule(
        "-",
        r"(?<=\brows [A-Z])-(?=[A-Z]\b)|(?<=\bgroups [A-Z])-(?=[A-Z]\b)|(?<=\bfrom [A-Z])-(?=[A-Z]\b)"
        r"|(?<=\b[Gg]ates [A-Z])-(?=[A-Z]\b)|(?<=\bcolumns [A-Z])-(?=[A-Z]\b)|(?<=\bA)-(?=Z\b)",
        " to ",
    ),
    _rule("–", r"(?<=[A-Za-z])–(?=[A-Za-z])", "-"),
    _rule("-—–−", r"(?<!\s)\s*(?:-{2,}|—|–|(?<=\s)[-−](?=\s))[\s—–-]*", ", "),
    _rule(";:|·", r"(?<!\s)\s*[;:|·]++(?=\s|\Z|[A-Za-z])", ","),
    _rule("", r"(?<=,)(?=[A-Za-z])", " "),
    _rule("(", r"(?<=[a-z])\(s\)", "s"),
    _rule("", r"[/\\_~()\[\]{}<>]", " "),
    _rule("", r"[^A-Za-z'.,?!…\- ]", ""),
    _rule("-", r"(?<![A-Za-z])-+|-+(?![A-Za-z])", " "),
    _rule("'", r"(?<![A-Za-z])'+(?![A-Za-z])", ""),
    _rule("'", r"'{2,}", "'"),
    _rule(
        "'", r"(?<![A-Za-z])(?!\A's\b)'(?!(?i:em|til|cause|cuse|bout|tis|twas|course|round)\b)", ""
    ),
    _rule("'", r"(?<![sS])(?<!in)'(?![A-Za-z])", ""),
)
_TIDY: tuple[Rule, ...] = (
    _rule("", r"\s{2,}", " "),
    _rule("", r" (?=[.,?!…])", ""),
    _rule("", r"[.,?!…](?:\s*[.,?!…])+", lambda m: _strongest(m.group())),
)


def _strongest(marks: str) -> str:
    """One mark for a run of marks: the first that ends a sentence, else the first."""
    blank = " " if marks[-1:] == " " else ""
    if marks.startswith(".,") or (
        marks.startswith("..") and marks.rstrip().endswith(",")
    ):  # an abbreviation, an ellipsis
        return f",{blank}"
    if "..." in marks and "," in marks and not set(marks) & set("?!"):  # 1, 4, 9, ..., 100
        return f",{blank}"
    return next((c for c in marks if c in "?!.…"), marks[0]) + blank


def apply_arithmetic(text: AlignedText) -> AlignedText:
    """Signs between operands, while the figures still stand there."""
    return apply_rules(text, _ARITHMETIC)


def apply_names(text: AlignedText) -> AlignedText:
    """`C++` → C plus plus, `R&D` → R and D, `50 %` → 50 percent."""
    return apply_rules(text, _NAMES)


def apply_pauses(text: AlignedText) -> AlignedText:
    """Only letters, blanks, apostrophes, hyphens and pause marks are left."""
    return apply_rules(apply_rules(text, _PAUSES), _TIDY)
