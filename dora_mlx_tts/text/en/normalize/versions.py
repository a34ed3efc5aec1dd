"""Versions of programs: `3.11.4`, `Python 3.12`, `2.x`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import digits, integer
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced

_NAMED_VERSION = re.compile(
    r"(?P<lead>\b(?:Python|Django|Go|Golang|Rust|Node|Node\.js|npm|PHP|Ruby|Perl|Kotlin|Swift|Scala|Julia|macOS|iOS|iPadOS|Android|Ubuntu|"
    r"Fedora|Debian|Kubernetes|K8s|Docker|Postgres|PostgreSQL|MySQL|SQLite|Redis|[Nn]ginx|PyTorch|TensorFlow|CUDA|NumPy|[Nn]umpy|pandas|Linux|kernel|"
    r"Chrome|Firefox|Safari|Xcode|Gradle|Maven|CMake|GCC|LLVM|Clang|Vue|React|Angular|Flask|Terraform|Ansible|Helm|Blender|"
    r"[Vv]ersions?|[Rr]eleases?|[Bb]uild|[Uu]pgrade to|[Pp]ython|[Uu]buntu) (?:LTS )?(?:(?:greater|less) than (?:or equal to )?)?v?)(?P<a>\d{1,2})\.(?P<b>\d{2})(?![\d%]|\.\d)"
)
_COMPARED_VERSION = re.compile(r"(?P<lead>\b(?:point [a-z-]{3,12}), ?(?:less|greater) than (?:or equal to )?)(?P<a>\d{1,2})\.(?P<b>\d{2})(?![\d%]|\.\d)")
_ANY_VERSION = re.compile(r"(?<=\d)\.(?=[xX*](?!\w))")
_VERSION = re.compile(r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,5}(?!\d|\.\d)")


def _version(match: re.Match[str]) -> str:
    return spaced(match, " point ".join(integer(part) for part in match.group().split(".")))


def _named_version(match: re.Match[str]) -> str:
    """`Python 3.12` → three point twelve, `Ubuntu 22.04` → twenty-two point oh four."""
    minor = match["b"]
    said = f"oh {digits(minor[1])}" if minor[0] == "0" else integer(minor)
    return f"{match['lead']}{integer(match['a'])} point {said}"


_RULES = (
    Rule(_ANY_VERSION, lambda m: " point ", "xX*"),  # noqa: ARG005 (a replacement takes its match)
    Rule(_VERSION, _version, "."),
    Rule(_NAMED_VERSION, _named_version, "."),
    Rule(_COMPARED_VERSION, _named_version, "."),
)


def apply(text: AlignedText) -> AlignedText:
    """`3.11.4` → three point eleven point four, `Python 3.12` → Python three point twelve."""
    return apply_rules(text, _RULES) if "." in text.text else text
