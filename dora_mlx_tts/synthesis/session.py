"""`SpeechSession`: what the sentences of one text share while they are spoken."""

from __future__ import annotations

from dataclasses import dataclass, field

from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.synthesis.company import Company
from dora_mlx_tts.synthesis.decode_thread import DecodeThread
from dora_mlx_tts.synthesis.loading.loaded_pack import KeptCache
from dora_mlx_tts.synthesis.pace import Pace, SpeedMeter
from dora_mlx_tts.synthesis.stats import SynthesisMeter
from dora_mlx_tts.synthesis.timed_token import TimedToken
from dora_mlx_tts.synthesis.work_clock import WorkClock


@dataclass(frozen=True, slots=True)
class SpeechSession:
    """What the sentences of one text share.

    Attributes:
        cache: for decoding, one sentence after the other.
        meter: counts what happens.
        token: checked between tokens and between slices of sound.
        helper: decodes on while sound is made, where that needs no MLX.
        clock: what the text's synthesis takes.
        company: makes windows of several texts together, where that pays.
        pace: plans the windows.
    """

    cache: KeptCache
    meter: SynthesisMeter
    token: CancelToken = field(default_factory=CancelToken)
    helper: DecodeThread | None = None
    clock: WorkClock = field(default_factory=WorkClock)
    company: Company | None = None
    pace: Pace = field(default_factory=lambda: Pace(SpeedMeter()))

    def begin(self, sentences: int = 1) -> None:
        """Give the sentences that are worked on next their time, where that is limited."""
        if isinstance(self.token, TimedToken):
            self.token.begin(sentences)
