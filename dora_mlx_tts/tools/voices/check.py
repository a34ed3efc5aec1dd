"""Checks whether a voice can be used, and what would improve it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dora_mlx_tts.audio.io import read_audio
from dora_mlx_tts.audio.reference import PROMPT, STYLE, ReferenceAudio, reference_samples
from dora_mlx_tts.errors import PackError, ReferenceAudioError, TextError, TtsError
from dora_mlx_tts.packs.families import FLOW_MATCHING, PRO
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.phonemes import Phonemes
from dora_mlx_tts.tools.voices.recording_check import Finding, check_recording
from dora_mlx_tts.voices.voice import Reference, Voice

_POSSIBLE_PACE, _USUAL_PACE = (1.5, 40.0), (5.0, 25.0)  # phones per second
_BEST_LENGTH_S = (4.0, 9.5)
_ENDINGS = frozenset(".!?…。！？,，")


@dataclass(frozen=True)
class VoiceCheck:
    """All findings about a voice."""

    name: str
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing prevents its use."""
        return all(finding.weight != "error" for finding in self.findings)


def check_voice(voice: Voice) -> VoiceCheck:
    """Check a voice's pack, recordings and transcripts."""
    findings = [*_pack(voice), *_reference(voice, voice.reference, "reference")]
    for number, path in enumerate(voice.auxiliary, start=1):
        findings += _reference(voice, Reference(audio=path), f"auxiliary {number}")
    for name, style in voice.styles.items():
        findings += _reference(voice, style, f"style {name}")
    return VoiceCheck(voice.name, tuple(findings))


def _pack(voice: Voice) -> Iterator[Finding]:
    try:
        pack = Pack.open(voice.pack)
    except PackError as error:
        yield Finding("pack", "error", str(error), "convert it again, or correct its path")
        return
    model = pack.manifest.model
    yield Finding("pack", "good", f"{pack.manifest.name}, family {model}")
    if voice.prompt is not None:
        return
    if not pack.manifest.clones:
        advice = "for a likeness take one that clones: dora-mlx-tts download"
        text = "this pack does not clone: expect the recording's manner, not its likeness"
        yield Finding("cloning", "warning", text, advice)
    if voice.reference.text and not pack.has("ssl"):
        advice = "convert the pack with --ssl, or leave the text out"
        yield Finding("pack", "error", "it cannot encode a recording with a text", advice)
    if model in PRO and not pack.has("speaker"):
        advice = "convert the pack with --speaker"
        yield Finding("pack", "error", f"family {model} needs its speaker network", advice)
    if model in FLOW_MATCHING and not voice.reference.text:
        advice = "write down what is said in the recording"
        yield Finding("pack", "error", f"family {model} needs the reference's text", advice)
    if model in FLOW_MATCHING and voice.auxiliary:
        yield Finding("pack", "warning", f"family {model} ignores auxiliary recordings")


def _reference(voice: Voice, reference: Reference, name: str) -> list[Finding]:
    limits = PROMPT if reference.text else STYLE
    try:
        ready = reference_samples(reference.audio, limits=limits)
        recording = read_audio(reference.audio)
    except ReferenceAudioError as error:
        return [Finding(name, "error", str(error), limits.advice)]
    seconds = ready.duration_s
    low, high = _BEST_LENGTH_S
    advice = "" if low <= seconds <= high else f"{low:g} to {high:g} s of speech work best"
    found = [Finding("length", "good" if not advice else "warning", f"{seconds:.1f} s", advice)]
    found += check_recording(recording)
    found += _transcript(voice, reference, ready)
    return [Finding(f"{name}: {f.about}", f.weight, f.text, f.advice) for f in found]


def _transcript(voice: Voice, reference: Reference, ready: ReferenceAudio) -> Iterator[Finding]:
    text = (reference.text or "").strip()
    if not text:
        advice = "write down what is said: the manner of speaking is then taken over as well"
        yield Finding("text", "good", "none: only the timbre is kept", advice)
        return
    pack = _readable(voice)
    try:
        symbols = pack.manifest.symbols if pack else "v2"
        phonemes = FrontEnd(symbols).prompt_phonemes(text, reference.language)
    except TextError as error:
        yield Finding("text", "error", str(error), "correct the text or its language")
        return
    pace = len(phonemes) / max(ready.duration_s, 1e-3)
    found = f"{len(phonemes)} phones in {ready.duration_s:.1f} s, {pace:.1f} per second"
    if not _POSSIBLE_PACE[0] <= pace <= _POSSIBLE_PACE[1]:
        yield Finding("text", "error", found, "give exactly the words of the recording")
    elif not _USUAL_PACE[0] <= pace <= _USUAL_PACE[1]:
        missing = "words may be missing from it" if pace < _USUAL_PACE[0] else "it may say too much"
        yield Finding("text", "warning", found, f"compare the text with the recording: {missing}")
    else:
        yield Finding("text", "good", found)
    if text[-1] not in _ENDINGS:
        yield Finding("text", "good", "no full stop at its end", "end it as it is spoken")
    if pack is not None:
        yield from _words(pack, phonemes, ready)


def _words(pack: Pack, phonemes: Phonemes, ready: ReferenceAudio) -> Iterator[Finding]:
    """Whether the recording says the text, if the pack can judge that."""
    from dora_mlx_tts.tools.voices.transcript_check import (  # noqa: PLC0415  MLX; help needs none
        check_transcript,
    )

    try:
        finding = check_transcript(pack, phonemes, ready)
    except TtsError as error:
        finding = Finding("words", "error", str(error), "convert the pack again")
    if finding is not None:
        yield finding


def _readable(voice: Voice) -> Pack | None:
    """The voice's pack; None if it cannot be read, which is reported elsewhere."""
    try:
        return Pack.open(voice.pack, verify=False)
    except PackError:
        return None
