"""One sentence of v3, v4 and v5: synthesized by flow matching, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import mlx.core as mx

from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.models.cfm.stream import FlowOptions, FlowStream
from dora_mlx_tts.synthesis.sentence import SentenceSpeaker
from dora_mlx_tts.synthesis.windows import SentenceVoice, WindowSizes
from dora_mlx_tts.text.phonemes import Phonemes


@dataclass(frozen=True, slots=True)
class FlowSpeaker(SentenceSpeaker):
    """Speaks sentences by flow matching.

    Windows double up to a full chunk, since each one also processes the prompt's frames.
    """

    def _voice(self, phonemes: Phonemes, seed: int) -> FlowStream:
        family, start, settings = self.networks.flow, self.prompt.flow, self.settings
        if family is None or start is None:
            raise VoiceError("the prompt was not prepared for flow matching; prepare it again")
        steps, guidance = family.sampling(settings.sample_steps, settings.cfg_rate)
        return FlowStream(
            self.networks.flow_decoder,
            mx.array(phonemes.ids)[None],
            mx.array(self.prompt.ge),
            start.prompt(),
            FlowOptions(steps, guidance, settings.speed, seed),
        )

    def _sizes(self, voice: SentenceVoice) -> Iterator[int | None]:
        settings = self.settings
        if settings.mode == "throughput" or not isinstance(voice, FlowStream):
            return iter([None, None])
        largest = max(settings.window, voice.largest_s)
        return WindowSizes(settings.first_window, largest, self.session.pace).tokens(voice)
