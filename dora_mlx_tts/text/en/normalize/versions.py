"""Versions of programs: `3.11.4`, `2.x`, `Python 3.12`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import integer
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced
from dora_mlx_tts.text.patterns import expression

_ANY_VERSION = expression(r"(?<![\d.])(\d{1,4}(?:\.\d{1,4})*)\.([xX])(?!\w)")
_VERSION = expression(r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,5}(?!\d|\.\d)")
_PROGRAM = expression(
    r"\b(?:Python|Go|Golang|Ruby|PHP|Perl|Java|Kotlin|Scala|Rust|Swift|Julia|TypeScript|Kubernetes|K8s|Docker|Helm|Node(?:\.js)?|Django|Flask|"
    r"FastAPI|Rails|Laravel|Spring Boot|Postgres(?:QL)?|MySQL|MariaDB|SQLite|Redis|Linux|[Kk]ernel|GCC|gcc|Clang|CMake|Bazel|Terraform|Ansible|Git|"
    r"NumPy|numpy|pandas|PyTorch|TensorFlow|scikit-learn|Angular|React|Vue|Next\.js|Electron|Unity|Unreal|Blender|Minecraft|"
    r"Android|macOS|iOS|iPadOS|watchOS|[Vv]ersions?|[Rr]elease) (?:v|[Vv]ersion |greater than or equal to |at least |less than )?(?P<major>\d{1,2})\.\d{1,2}(?![\d.]|\s?%)"
)
_PROSE = expression(r"(?<![A-Za-z.])[a-z]{2,}(?![A-Za-z])")
_MINOR = expression(
    r"(?<![\w.,$€£])(?P<major>\d{1,2})\.(?P<minor>[1-9]\d)(?!\d|\.\d|\s?%|\s(?:times|percent|seconds?|minutes?|hours?|ms|s|MB|GB)\b)"
)


def _points(figures: str) -> str:
    return " point ".join(integer(part) for part in figures.split("."))


def _version(match: re.Match[str]) -> str:
    return spaced(match, _points(match.group()))


def _of_programs(text: AlignedText) -> AlignedText:
    """`Python 3.10–3.12`: the second part is a number, not figures behind a point."""
    if not _PROSE.search(text.text):  # a name in another language, as in the reference
        return text
    majors = {match["major"] for match in _PROGRAM.finditer(text.text)}
    if not majors:
        return text
    return text.sub(_MINOR, lambda m: _version(m) if m["major"] in majors else None)


_RULES = (
    Rule(_ANY_VERSION, lambda m: spaced(m, f"{_points(m[1])} point {m[2]}"), "xX"),
    Rule(_VERSION, _version, "."),
)
_SPAN = expression(r"(?<=\d)\s?[-–]\s?(?=\d{1,2}\.\d{1,2}(?!\w|\.\d|\s?%))")


def apply(text: AlignedText) -> AlignedText:
    """`3.11.4` → three point eleven point four, `3.11.x` → three point eleven point x."""
    if "." not in text.text:
        return text
    text = apply_rules(text, _RULES)
    if _PROGRAM.search(text.text):
        text = _of_programs(text.sub(_SPAN, " to "))
    return text
