"""Gets the prompt of a voice: from its own file, from the cache, or prepared now."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import replace
from pathlib import Path

from dora_mlx_tts.audio.reference import PROMPT, STYLE, ReferenceAudio, reference_samples
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.packs.families import PRO
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.loading.prompt import (
    FlowNetworks,
    Prompt,
    PromptNetworks,
    prepare_prompt,
)
from dora_mlx_tts.synthesis.loading.prompt_store import PromptCache, load_prompt, prompt_key
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.voices.voice import Voice

logger = logging.getLogger(__name__)

_PARTS = ("sovits", "ssl", "speaker")
_SOUNDING = ("t2s", "sovits", "cfm", "vocoder")


class VoicePrompts:
    """Finds or makes the prompts of voices.

    A prompt depends on the recordings, the transcript and the pack's weights; it is prepared again when any of
    them changes.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = PromptCache(cache / "prompts" if cache else None)

    def get(self, voice: Voice, networks: Networks, front_end: FrontEnd) -> Prompt:
        """The prompt of `voice` for `networks`.

        Raises:
            ReferenceAudioError: a recording cannot be used.
            VoiceError: the pack cannot prepare it, or the language of a transcript is missing.
        """
        references = voice_references(voice)
        text, language = voice.reference.text, voice.reference.language
        pack = networks.pack
        if voice.prompt is not None:
            try:
                return self._own(voice.prompt, pack, references, text, language)
            except VoiceError as error:
                if not pack.has("ssl"):
                    raise
                logger.warning("voice %s: %s; it is prepared again", voice.name, error)
        phones = front_end.prompt_phonemes(text, language).ids if text else None
        key = prompt_key(weights_id(pack), references, text, language, phones)
        return self._cache.get(
            key, lambda: make_prompt(voice, networks, front_end, references), sound_id(pack)
        )

    def _own(
        self,
        path: Path,
        pack: Pack,
        references: list[ReferenceAudio],
        text: str | None,
        language: str,
    ) -> Prompt:
        """The prompt from a voice's own file; if it lacks the loudness, that of the cache is used."""
        key = prompt_key(weights_id(pack), references, text, language)
        prompt = load_prompt(path, key, sound_id(pack))
        if prompt.loudness is not None:
            return prompt
        return self._cache.known(key, sound_id(pack)) or prompt

    def keep_loudness(self, prompt: Prompt, lufs: float, pack: Pack) -> Prompt:
        """Add the loudness measured with a pack to a prompt and cache it."""
        measured = replace(prompt, loudness=lufs)
        self._cache.keep(measured, sound_id(pack))
        return measured


def voice_references(voice: Voice) -> list[ReferenceAudio]:
    """The voice's recordings, read and checked, the main one first.

    Raises:
        ReferenceAudioError: one of them cannot be used.
    """
    main = PROMPT if voice.reference.text else STYLE
    recordings = [(voice.reference.audio, main), *((path, STYLE) for path in voice.auxiliary)]
    return [reference_samples(path, limits=limits) for path, limits in recordings]


def weights_id(pack: Pack) -> str:
    """Identifier of the weights of a pack that a prompt depends on."""
    return " ".join(_hashes(pack, _PARTS))


def sound_id(pack: Pack) -> str:
    """Identifier of the weights of a pack that the loudness of its voices depends on."""
    return hashlib.sha256(" ".join(_hashes(pack, _SOUNDING)).encode()).hexdigest()


def _hashes(pack: Pack, parts: tuple[str, ...]) -> list[str]:
    names = [pack.manifest.parts[part].file for part in parts if pack.has(part)]
    return [pack.manifest.files[name].sha256 for name in names]


def make_prompt(
    voice: Voice, networks: Networks, front_end: FrontEnd, references: list[ReferenceAudio]
) -> Prompt:
    """Run the networks over the recordings.

    Raises:
        ReferenceAudioError: the transcript cannot belong to the recording.
        VoiceError: the pack lacks a required network, or the family requires a transcript.
    """
    start = time.perf_counter()
    try:
        prompt = prepare_prompt(
            _prompt_networks(voice, networks),
            references[0],
            front_end.prompt_phonemes,
            text=voice.reference.text,
            language=voice.reference.language,
            auxiliary=references[1:],
        )
    finally:
        networks.release_encoders()
    logger.info("voice %s prepared in %.1f s", voice.name, time.perf_counter() - start)
    return prompt


def _prompt_networks(voice: Voice, networks: Networks) -> PromptNetworks:
    pack, family = networks.pack, networks.flow
    encoder = networks.ssl if voice.reference.text and pack.has("ssl") else None
    speaker = None
    if pack.manifest.model in PRO:
        if not pack.has("speaker"):
            raise VoiceError(
                f"voice {voice.name}: its pack {pack.root} has no speaker network, so no"
                " recording can be prepared; convert it with --speaker"
            )
        speaker = networks.speaker.embed
    flow = None
    if family is not None:
        condition = networks.conditioner.condition
        flow = FlowNetworks(condition, family.mel, family.sizes, pack.manifest.model)
    return PromptNetworks(networks.encoder, encoder, speaker, flow)
