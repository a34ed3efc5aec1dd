"""Web addresses, e-mail addresses, file paths, mentions and hashtags."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import digits, year
from dora_mlx_tts.text.en.words import listed
from dora_mlx_tts.text.patterns import expression

_TOP = listed(
    "com org net edu gov io ai dev app co uk us de fr jp cn eu info me tv cc xyz ru ca au nl ch it es "
    "in br kr hk tw sg tech cloud site online shop blog"
)
_HOST = rf"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,62}})\.){{1,6}}(?:{'|'.join(_TOP)})\b(?!\.?\w)"
_EMAIL = expression(
    r"(?<![\w.+-])([\w+&-]{1,64}(?:[.'][\w+&-]{1,64}){0,8})@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z][A-Za-z0-9-]{0,62})((?:/[\w-]{1,64}){0,6})"
)
_URL = expression(
    rf"(?<![\w@.-])(?:(?:https?|ftp|wss?)://(?:www\.)?(?P<full>[^\s/?#\"'<>()]++)|(?:www\.)?(?P<bare>{_HOST}))"
    r"(?P<path>/[^\s?#\"'<>()]*+)?(?P<query>[?#][^\s\"'<>()]*+)?"
)
_PATH = expression(
    r"(?<![\w/<:])(?:~|\.{1,2})?(?:/[\w.+-]{1,80}){2,20}/?|(?<!\w)[A-Za-z]:(?:\\[\w.+-]{1,80}){1,20}"
)
_FILE = expression(
    r"\b([A-Za-z_][\w-]{0,60})\.((?i:py|js|ts|txt|md|json|yaml|yml|toml|csv|pdf|docx?|xlsx?|pptx?|html?|css|sh|exe|zip|"
    r"gz|png|jpe?g|gif|svg|mp[34]|wav|cpp|rs|go|java|xml|log|cfg|ini|dll|conf|env|lock|sql|ipynb|tsx|jsx|parquet|onnx|iso|dmg|apk|bat|ps1|heic|mov|webp|avi|mkv|flac|tar|bz2|7z|rar|jsonl|tsv|tex|bib|rst|kt|swift|rb|php|cs|scss|vue|lua|jl|wasm|deb|rpm|msi|bak|tmp|plist|epub|mobi|psd|ttf|otf|woff2?|ics|eml|srt|vtt|m4[av]|aac|ogg|webm|mpe?g|gguf|safetensors|pth?|ckpt|np[yz]|h5|pkl|hpp)|c|h|out)\b(?![\w@]|\.\w)"
)
_TAG = expression(
    r"(?<!\w)(?!#(?=[A-Fa-f]{0,5}\d)[\dA-Fa-f]{6}\b|#[A-Z]{1,4}-?\d)[#@](?=[A-Za-z_])(\w{1,140})"
)
_CALL = expression(
    r"(?<=[a-z_\d])\.(?=[A-Za-z_]\w{0,40}\()|(?<=[A-Za-z_]{2})\.(?=[a-z_]{2,40}\b(?![.-]?[A-Z]))"
)
_DOT_FIRST = expression(r"(?<![^\s(\"'*/])(?P<star>\*)?\.(?=[a-z]{2,16}\b(?!\.[a-z]{2}\b\.))")
"""`.csv`, `*.txt`, `.env`: names that begin with a dot."""
_DOT_NET = expression(r"(?<!\w)(ASP|ADO|VB)?\.NET\b")
_ENDINGS = {"xlsx": "X L S X", "pptx": "P P T X", "dmg": "D M G", "sh": "S H", "md": "M D"}
"""What the rules for words would not spell."""
_DIGITS = expression(r"\d+")
_YEAR = expression(r"(?:19|20)\d\d")
_SPELLED = expression(
    r"(?<![A-Za-z])(?:faq|rtx|gtx|dgx|api|sdk|rss|cgi|php|aspx|html?|xml|pdf|cdn|url|css|sql)(?![A-Za-z])"
)
_TRAIL = ".,;:!?"


def _signs(part: str) -> str:
    """An address part with its signs as words; letters and figures are left to later rules."""
    for sign, name in (
        ("-", " dash "),
        ("_", " underscore "),
        ("+", " plus "),
        ("&", " and "),
        (":", " port "),
        (".", " dot "),
    ):
        part = part.replace(sign, name)
    return part


def _email(match: re.Match[str]) -> str:
    path = "".join(f" slash {_path_part(_signs(part))}" for part in match[3].split("/") if part)
    return f"{_figures(_signs(match[1]))} at {_figures(_signs(match[2]))}{path}"


def _figures(part: str) -> str:
    """Figures of an address one by one; years and short numbers as such are not told apart."""
    return _DIGITS.sub(lambda m: f" {digits(m.group())} ", part)


def _url(match: re.Match[str]) -> str:
    """The host, then the path; a query or fragment is not read."""
    host, path = match["full"] or match["bare"], match["path"] or ""
    tail = match["query"] or path or host
    trail = tail[len(tail.rstrip(_TRAIL)) :]
    parts = [_path_part(_signs(part)) for part in path.rstrip(_TRAIL).split("/") if part]
    return " slash ".join([_figures(_signs(host.rstrip(_TRAIL))), *parts]) + trail


def _path_part(part: str) -> str:
    """Figures of a path one by one, years in pairs; short names without a vowel are letters."""
    said = _DIGITS.sub(
        lambda m: f" {year(int(m.group())) if _YEAR.fullmatch(m.group()) else digits(m.group())} ",
        part,
    )
    return _SPELLED.sub(lambda m: m.group().upper(), said)


def _file(match: re.Match[str]) -> str:
    name = match[1] if len(match[1]) > 1 else match[1].upper()
    return f"{name} dot {_ENDINGS.get(match[2], match[2])}"


def _path(match: re.Match[str]) -> str:
    whole = match.group().rstrip(".")
    trail = match.group()[len(whole) :]
    parts = [part for part in re.split(r"[/\\:]+", whole) if part.strip("~.")]
    return ", ".join(re.sub(r"(?<=\w)\.(?=\w)", " dot ", part) for part in parts) + trail


def apply(text: AlignedText) -> AlignedText:
    """`john.doe@example.org` → john dot doe at example dot org; `#trending` → trending."""
    text = text.sub(_EMAIL, _email).sub(_URL, _url).sub(_PATH, _path)
    text = (
        text.sub(_CALL, " dot ")
        .sub(_DOT_NET, lambda m: f"{' '.join(m[1] or '')} dot net".lstrip())
        .sub(_DOT_FIRST, lambda m: "star dot " if m["star"] else "dot ")
        .sub(_FILE, _file)
    )
    return text.sub(_TAG, lambda m: m[1].replace("_", " "))
