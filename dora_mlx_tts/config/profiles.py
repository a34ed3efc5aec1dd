"""Profiles of other speech nodes that this one can replace: all differing settings, set together.

File and environment take precedence over a profile. `auto` recognizes the node by variables that only its
dataflows set, so a dataflow needs no change but the node's path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

_KOKORO_VOICE: Final = re.compile(r"[abefhijpz][fm]_[a-z]+")
_KOKORO_LANGUAGE: Final = re.compile(r"[abefhijpz]")
_BY_THE_TEXT: Final = frozenset({"a", "b", "z", "en", "zh"})
"""Kokoro's node switches between English and Chinese by itself."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The expectations of a dataflow written for another node.

    Attributes:
        settings: settings of the process.
        speech: settings of speech.
        unused: variables without effect here -> what to do instead.
        recognized: whether a node's variables are those of the other node.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    speech: Mapping[str, Any] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)
    recognized: Callable[[Mapping[str, str]], bool] = lambda _: False


_CONVERT: Final = "convert the checkpoints once: dora-mlx-tts convert"
_REFERENCE: Final = "name the recording in a voice file: dora-mlx-tts voices add"
_OWN_SPLIT: Final = "texts are divided at their sentences: SENTENCE_MODE"
_NO_MODELS: Final = "nothing is fetched at run time"
_DEVICE: Final = "DEVICE; the best one is found by itself"

_PRIMESPEECH: Final = Profile(
    settings={
        "voice": "Doubao",
        "voice_aliases": {
            "Doubao": "starter-zh",
            "BYS": "starter-zh-2",
            "Maple": "starter-en",
            "Ellen": "starter-en",
            "Cove": "starter-en-2",
            "Juniper": "starter-en-2",
        },
        "voice_fallback": "starter-zh",
        "return_fragment": False,
        "audio_layout": "nested",
        "sample_rate": 32000,
        "text_commands": True,
        "text_mode": "whole",
    },
    unused={
        "REPOSITORY": _NO_MODELS,
        "PRIMESPEECH_MODEL_DIR": _CONVERT,
        "GPT_SOVITS_MODEL_DIR": _CONVERT,
        "GPT_MODEL_PATH": _CONVERT,
        "SOVITS_MODEL_PATH": _CONVERT,
        "REFERENCE_AUDIO_PATH": _REFERENCE,
        "REF_AUDIO": _REFERENCE,
        "REF_TEXT": _REFERENCE,
        "PROMPT_TEXT": _REFERENCE,
        "PROMPT_LANG": _REFERENCE,
        "TEXT_SPLIT_METHOD": _OWN_SPLIT,
        "SPLIT_BUCKET": "sentences are decoded together with SPEECH_MODE: throughput",
        "ENABLE_INTERNAL_SEGMENTATION": _OWN_SPLIT,
        "TTS_MAX_SEGMENT_LENGTH": _OWN_SPLIT,
        "TTS_MIN_SEGMENT_LENGTH": _OWN_SPLIT,
        "USE_GPU": _DEVICE,
        "NUM_THREADS": "DORA_MLX_TTS_BLAS_THREADS",
        "TRANSFORMERS_OFFLINE": _NO_MODELS,
        "HF_HUB_OFFLINE": _NO_MODELS,
    },
    recognized=lambda own: any(
        name in own for name in ("PRIMESPEECH_MODEL_DIR", "GPT_SOVITS_MODEL_DIR", "VOICE_CHARACTER")
    ),
)

_KOKORO: Final = Profile(
    settings={
        "voice": "af_heart",
        "voice_aliases": {
            "af_*": "starter-en",
            "am_*": "starter-en-2",
            "bf_*": "starter-en",
            "bm_*": "starter-en-2",
            "zf_*": "starter-zh",
            "zm_*": "starter-zh-2",
        },
        "voice_fallback": "starter-en",
        "sample_rate": 24000,
        "text_mode": "whole",
    },
    speech={"speed": 1.2},
    unused={
        "REPO_ID": _NO_MODELS,
        "BACKEND": _DEVICE,
        "KOKORO_MODEL_MLX": _NO_MODELS,
        "KOKORO_MODEL_CPU": _NO_MODELS,
    },
    recognized=lambda own: (
        any(_KOKORO_VOICE.fullmatch(own.get(name, "")) for name in ("VOICE", "VOICE_NAME"))
        or _KOKORO_LANGUAGE.fullmatch(own.get("LANGUAGE", "")) is not None
        or "KOKORO_MODEL_MLX" in own
    ),
)

_FULL: Final = {"primespeech": "primespeech", "kokoro": "kokoro-tts"}
PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {"none": Profile(), "primespeech": _PRIMESPEECH, "kokoro": _KOKORO}
)


def chosen(wanted: str, own: Mapping[str, str] | None, remarks: list[str]) -> str:
    """The profile to use.

    Args:
        wanted: the setting; `auto` chooses by the node's variables.
        own: variables that the dataflow sets for this node; None outside one.
        remarks: receives a sentence about the recognized node, and one about variables without effect.
    """
    own = own or {}
    name = wanted.strip().lower()
    if name == "auto":
        name = next((n for n, profile in PROFILES.items() if profile.recognized(own)), "none")
        if name != "none":
            remarks.append(
                f"the variables are those of dora-{_FULL[name]}, so its behaviour is kept; PROFILE: none switches this off"
            )
    line = _unused(name, own)
    if line:
        remarks.append(line)
    return name


def language_of(profile: str, language: str) -> str:
    """A language as the other node would interpret it."""
    by_text = profile == "kokoro" and language.strip().lower() in _BY_THE_TEXT
    return "auto" if by_text else language


def _unused(profile: str, own: Mapping[str, str]) -> str | None:
    """A line about variables of other nodes that have no effect here, or None."""
    chosen = [PROFILES[profile]] if profile != "none" else list(PROFILES.values())
    reasons: dict[str, list[str]] = {}
    for one in chosen:
        for name, instead in one.unused.items():
            if own.get(name, "").strip():
                reasons.setdefault(instead, []).append(name)
    if not reasons:
        return None
    told = "; ".join(f"{', '.join(names)} ({instead})" for instead, names in reasons.items())
    return f"variables without effect here: {told}"
