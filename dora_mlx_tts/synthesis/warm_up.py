"""A voice's first words: spoken and discarded, so that the first sentence does not pay one-time costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.voices.voice import Voice

_WORDS = {"zh": "你好。", "en": "Hello."}


def speak_first_words(
    speak: Callable[..., Any], voice: Voice, meter: SynthesisMeter
) -> SynthesisError | None:
    """Speak a word of each language of the voice; returns why one could not be spoken, or None."""
    problem = None
    for language in [code for code in voice.languages if code in _WORDS] or ["en"]:
        try:
            speak(_WORDS[language], voice=voice.name, language=language, seed=0)
        except SynthesisError as error:
            problem = error
            meter.count("failed_warm_ups")
    return problem
