"""The natural loudness of a voice, measured once by letting it speak."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from dora_mlx_tts.audio.loudness import LoudnessMeter
from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.records import Fragment
from dora_mlx_tts.synthesis.speech_level import SpeechLevel

logger = logging.getLogger(__name__)

_TEXTS: Final = {
    "en": "The train to the coast leaves at nine. We will have lunch near the old harbour.",
    "zh": "开往海边的火车早上九点出发。我们中午在老港口附近吃饭。",
}
"""About seven seconds: a voice's recording says less about its loudness than its speech does."""
_TRIAL_LUFS: Final = -30.0
"""Quiet enough to keep all peaks below full scale."""


def measure(stream: Callable[..., Iterator[Fragment]], ready: ReadyVoice) -> float | None:
    """Loudness of a voice's speech in LUFS; None if it says nothing or fails.

    Args:
        stream: speaks a text with the voice.
        ready: the voice.
    """
    language = next((code for code in ready.voice.languages if code in _TEXTS), "en")
    options = {"language": language, "seed": 0, "speed": 1.0, "content_check": "off"}
    try:
        speech = list(stream(_TEXTS[language], loudness=None, gain=0.0, **options))
    except TtsError as error:
        logger.warning("voice %s: its loudness cannot be found: %s", ready.voice.name, error)
        return None
    lufs = _as_heard(speech, ready.networks.pack.manifest.sample_rate)
    if not math.isfinite(lufs):
        return None
    logger.debug("voice %s speaks at %.1f LUFS", ready.voice.name, lufs)
    return lufs


def _as_heard(speech: Sequence[Fragment], rate: int) -> float:
    """Loudness of speech, corrected by the average change that level tracking will make."""
    raw = LoudnessMeter(rate)
    for fragment in speech:
        raw.add(fragment.samples)
    if not math.isfinite(raw.loudness):
        return raw.loudness
    settings = SpeechSettings.model_validate({"loudness": _TRIAL_LUFS})
    level, heard = SpeechLevel(rate, settings, raw.loudness), LoudnessMeter(rate)
    for number, fragment in enumerate(speech):
        following = speech[number + 1 : number + 2]
        last = not following or following[0].sentence_index != fragment.sentence_index
        heard.add(level(fragment.samples, last=last))
    return raw.loudness + heard.loudness - _TRIAL_LUFS
