"""Turns a voice's recording into the prompt that synthesis starts from.

Few-shot: with a transcript, T2S continues the recording's own codes and phones and takes over timbre and style.
Zero-shot: without a transcript, T2S starts from nothing and only the timbre is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.reference import ReferenceAudio
from dora_mlx_tts.audio.spectrogram import MelConfig
from dora_mlx_tts.errors import ReferenceAudioError, SynthesisError, VoiceError
from dora_mlx_tts.models.cfm.chunked import ChunkSizes, FlowPrompt, flow_prompt
from dora_mlx_tts.text.phonemes import Phonemes

logger = logging.getLogger(__name__)

TRAILING_ZEROS = 9600
"""Zeros appended to the recording at 16 kHz: 0.6 s, as in training (`0.3 * 32000`)."""

SILENT_CODES = 15
"""Number of 40 ms codes that those zeros become, at the end of every prompt."""

_POSSIBLE_PACE = (1.5, 40.0)  # phones per second
_USUAL_PACE = (5.0, 25.0)

Phonemize = Callable[[str, str], Phonemes]


class Acoustic(Protocol):
    """The parts of SoVITS that a prompt needs."""

    def extract_latent(self, ssl: mx.array) -> mx.array:
        """Speech features [1, T, C] to codes [1, T // 2]."""

    def style(self, specs: Sequence[mx.array], speakers: Sequence[mx.array] = ()) -> mx.array:
        """Mean style [1, 1, G] of spectrograms [1, T, rows]."""


@dataclass(frozen=True, slots=True)
class FlowNetworks:
    """What a flow-matching prompt needs.

    Attributes:
        condition: codes [1, n], phones [1, m] and style to features [1, T, F].
        mel: the spectrogram to continue.
        sizes: how much of it to keep.
        family: name of the family, for messages.
    """

    condition: Callable[[mx.array, mx.array, mx.array], mx.array]
    mel: MelConfig
    sizes: ChunkSizes
    family: str


@dataclass(frozen=True, slots=True, eq=False)
class FlowStart:
    """The end of the reference, which flow matching continues.

    Attributes:
        features: [P, F].
        mel: its normalized spectrogram [P, mels].
    """

    features: NDArray[np.float32]
    mel: NDArray[np.float32]

    def prompt(self) -> FlowPrompt:
        """In the form that `chunked` expects."""
        return FlowPrompt(mx.array(self.features)[None], mx.array(self.mel)[None])


@dataclass(frozen=True, slots=True)
class PromptNetworks:
    """The networks that prepare a prompt.

    Attributes:
        sovits: codes and style.
        ssl: HuBERT, samples [1, N] at 16 kHz to features [1, T, C]; None if the pack has none, which allows
            only zero-shot.
        speaker: samples [N] at 16 kHz to a speaker embedding [1, E]; only in v2Pro.
        flow: additions of v3 and v4.
    """

    sovits: Acoustic
    ssl: Callable[[mx.array], mx.array] | None = None
    speaker: Callable[[NDArray[np.float32]], mx.array] | None = None
    flow: FlowNetworks | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """A prepared voice.

    Attributes:
        codes: semantic codes of the recording, int32 [n]; empty for zero-shot.
        ge: style, float32 [1, 1, G].
        phones: phone ids of the transcript, int32 [m]; empty for zero-shot.
        features: BERT features [m, 1024], or None if all are zero.
        text: the transcript as given; empty for zero-shot.
        language: language of the transcript.
        duration_s: length of the recording.
        flow: start of flow matching, for v3 and v4.
        key: cache key of what it was made from.
        loudness: loudness of raw network output with this prompt, in LUFS; None if not measured.
    """

    codes: NDArray[np.int32]
    ge: NDArray[np.float32]
    phones: NDArray[np.int32]
    features: NDArray[np.float32] | None
    text: str
    language: str
    duration_s: float
    flow: FlowStart | None = None
    key: str = ""
    loudness: float | None = None

    @property
    def is_zero_shot(self) -> bool:
        """Whether only the timbre is used."""
        return len(self.codes) == 0


def prepare_prompt(
    networks: PromptNetworks,
    reference: ReferenceAudio,
    phonemize: Phonemize,
    *,
    text: str | None = None,
    language: str = "auto",
    auxiliary: Sequence[ReferenceAudio] = (),
) -> Prompt:
    """Run the networks once for a voice.

    Args:
        networks: networks of the voice's pack.
        reference: the main recording.
        phonemize: transcript and language to phones.
        text: what is said in the recording; None or blank for zero-shot.
        language: language of `text`.
        auxiliary: further recordings; the style is the mean over all recordings, except that v3 and v4 use only
            the main one.

    Raises:
        ReferenceAudioError: the transcript cannot belong to the recording.
        VoiceError: there is a transcript, but the pack has no encoder for the recording; or there is no
            transcript, and the family needs one.
        SynthesisError: the networks produced values that are not finite.
        TextError: the transcript cannot be read aloud.
    """
    transcript = (text or "").strip()
    if networks.flow is not None and not transcript:
        raise VoiceError(
            f"reference {reference.source}: family {networks.flow.family} continues the recording and"
            " needs to know what is said in it: give its text"
        )
    codes, phones, features = np.zeros(0, np.int32), np.zeros(0, np.int32), None
    if transcript:
        phonemes = phonemize(transcript, language)
        _check_pace(reference, transcript, len(phonemes))
        phones, features = phonemes.ids, phonemes.features
        codes = semantic_codes(
            reference.samples_16k, _encoder(networks, reference), networks.sovits
        )
    ge = style(networks, [reference] if networks.flow else [reference, *auxiliary])
    flow = flow_start(networks.flow, reference, codes, phones, ge) if networks.flow else None
    return Prompt(codes, ge, phones, features, transcript, language, reference.duration_s, flow)


def flow_start(
    networks: FlowNetworks,
    reference: ReferenceAudio,
    codes: NDArray[np.int32],
    phones: NDArray[np.int32],
    ge: NDArray[np.float32],
) -> FlowStart:
    """Features and spectrogram of a recording, given its codes, phones and style.

    Raises:
        SynthesisError: the features are not finite.
    """
    features = networks.condition(mx.array(codes)[None], mx.array(phones)[None], mx.array(ge))
    cut = flow_prompt(features, mx.array(reference.mel(networks.mel))[None], networks.sizes)
    start = FlowStart(*(np.array(part[0]).astype(np.float32) for part in (cut.features, cut.mel)))
    if not np.isfinite(start.features).all():
        raise SynthesisError(
            "the conditioner produced values that are not finite; is its pack intact?"
        )
    return start


def semantic_codes(
    samples_16k: NDArray[np.float32], ssl: Callable[[mx.array], mx.array], sovits: Acoustic
) -> NDArray[np.int32]:
    """Codes [n] at 25 Hz of a recording [N] at 16 kHz, 0.6 s of silence appended.

    Raises:
        SynthesisError: the SSL encoder's features are not finite.
    """
    padded = np.pad(samples_16k.astype(np.float32, copy=False), (0, TRAILING_ZEROS))
    features = ssl(mx.array(padded)[None])
    if not mx.isfinite(features).all():
        raise SynthesisError(
            "the SSL encoder produced values that are not finite; is its pack intact?"
        )
    return np.array(sovits.extract_latent(features)[0]).astype(np.int32)


def style(networks: PromptNetworks, references: Sequence[ReferenceAudio]) -> NDArray[np.float32]:
    """Style [1, 1, G], the mean over all recordings.

    Raises:
        SynthesisError: the style is not finite.
    """
    spectra = [mx.array(reference.spectrum())[None] for reference in references]
    speakers = (
        [networks.speaker(reference.speaker_samples()) for reference in references]
        if networks.speaker
        else []
    )
    ge = np.array(networks.sovits.style(spectra, speakers)).astype(np.float32)
    if not np.isfinite(ge).all():
        raise SynthesisError(
            "the style encoder produced values that are not finite; is its pack intact?"
        )
    return ge


def _encoder(networks: PromptNetworks, reference: ReferenceAudio) -> Callable[[mx.array], mx.array]:
    if networks.ssl is None:
        raise VoiceError(
            f"reference {reference.source}: this pack has no SSL encoder, so a recording with a"
            " transcript cannot be prepared; leave the transcript out (zero-shot), use a prompt"
            " prepared before, or convert the pack with --ssl"
        )
    return networks.ssl


def _check_pace(reference: ReferenceAudio, text: str, phones: int) -> None:
    """Check the speaking rate: with a transcript of other words, T2S invents and repeats words."""
    pace = phones / max(reference.duration_s, 1e-3)
    excerpt = text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004  for a message
    found = (
        f"reference {reference.source}: transcript {excerpt!r} has {phones} phones for"
        f" {reference.duration_s:.1f} s, {pace:.1f} per second"
    )
    low, high = _POSSIBLE_PACE
    if not low <= pace <= high:
        raise ReferenceAudioError(
            f"{found}; speech has {low:g} to {high:g}: give exactly the words of the recording"
        )
    low, high = _USUAL_PACE
    if not low <= pace <= high:
        logger.warning("%s; usual are %g to %g: is it complete?", found, low, high)
