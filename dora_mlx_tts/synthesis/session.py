"""`SpeechSession`: state shared by the sentences of one text while they are spoken."""

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
    """State shared by the sentences of one text.

    Attributes:
        cache: for decoding one sentence after the other.
        meter: counts events.
        token: checked between tokens and between slices of audio.
        helper: continues decoding while audio is made, if that needs no MLX.
        clock: measures the text's synthesis time.
        company: batches windows of several texts, if that pays.
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
        """Start the time limit, if any, of the next sentences."""
        if isinstance(self.token, TimedToken):
            self.token.begin(sentences)
