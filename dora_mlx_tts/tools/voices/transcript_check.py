"""Checks whether a recording says its transcript, using the pack's own encoder and code table."""

from __future__ import annotations

from pathlib import Path

from dora_mlx_tts.audio.reference import ReferenceAudio
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.runtime import blas, device
from dora_mlx_tts.synthesis.checks.content_check import ContentCheck, ContentLimits
from dora_mlx_tts.synthesis.codes import phone_codes
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.loading.prompt import semantic_codes
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.tools.voices.recording_check import Finding

_LIMITS = ContentLimits(ended=12.0, few=12.0, floor=0.0)
"""Wider limits than for synthesized speech: recordings have other voices and rooms."""
_FITS = 1.0
"""Minimum nats per token for the right transcript of a voice similar to those in training.

The teacher's six recordings, also with noise, at low level or pitched up and down by 15 %, have 1.4 to 2.8;
with another text -0.5 to 0.8. Two voices of another synthesizer have 0.3 to 0.6 with the right text and at most
0.1 with another one, so a low figure proves nothing.
"""


def check_transcript(pack: Pack, phonemes: Phonemes, recording: ReferenceAudio) -> Finding | None:
    """Check a recording against its text with the pack's table; None if the pack cannot judge.

    Args:
        pack: the voice's pack; it needs an encoder for recordings and a code table.
        phonemes: phones of the transcript.
        recording: the recording.

    Raises:
        PackError: the pack cannot be loaded.
        SynthesisError: its networks produce values that are not finite.
    """
    if not (pack.has(phone_codes.PART) and pack.has("ssl")):
        return None
    networks = _networks(pack.root)
    table = networks.phone_codes
    if table is None:
        return None
    check = ContentCheck(table, phonemes, _LIMITS)
    if not check.can_judge:
        return None
    codes = semantic_codes(recording.samples_16k, networks.ssl, networks.encoder)
    check.begin(codes.tolist())
    found = f"{check.fit:.1f} nats per token for this text"
    if check.fit < _FITS:
        return Finding(
            "words", "warning", f"{found}: another text, or a voice unlike those that the pack was taught",
            "compare the text with the recording",
        )  # fmt: skip
    flaw = check.ended()
    if flaw is None:
        return Finding("words", "good", found)
    return Finding("words", "warning", f"{found}, but perhaps {flaw.detail}", "compare them there")


def _networks(folder: Path) -> Networks:
    blas.accelerate()
    return Networks.open(folder, device.select("cpu"))
