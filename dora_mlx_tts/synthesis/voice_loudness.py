"""How loud a voice speaks by itself: found once, by letting it speak."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from typing import Final

from dora_mlx_tts.audio.loudness import LoudnessMeter
from dora_mlx_tts.errors import TtsError
from dora_mlx_tts.synthesis.loading.voice_pool import ReadyVoice
from dora_mlx_tts.synthesis.records import Fragment

logger = logging.getLogger(__name__)

_TEXTS: Final = {
    "en": "The train to the coast leaves at nine. We will have lunch near the old harbour.",
    "zh": "开往海边的火车早上九点出发。我们中午在老港口附近吃饭。",
}
"""About seven seconds: a recording says less about a voice's loudness than what is spoken with it."""


def measure(stream: Callable[..., Iterator[Fragment]], ready: ReadyVoice) -> float | None:
    """Loudness of what a voice speaks, in LUFS; None where it says nothing or fails.

    Args:
        stream: speaks a text with the voice.
        ready: the voice.
    """
    language = next((code for code in ready.voice.languages if code in _TEXTS), "en")
    meter = LoudnessMeter(ready.networks.pack.manifest.sample_rate)
    try:
        for fragment in stream(
            _TEXTS[language],
            language=language,
            seed=0,
            loudness=None,
            gain=0.0,
            speed=1.0,
            content_check="off",
        ):
            meter.add(fragment.samples)
    except TtsError as error:
        logger.warning("voice %s: its loudness cannot be found: %s", ready.voice.name, error)
        return None
    if not math.isfinite(meter.loudness):
        return None
    logger.debug("voice %s speaks at %.1f LUFS", ready.voice.name, meter.loudness)
    return meter.loudness
