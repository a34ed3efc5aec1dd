"""Prompts from recordings, with networks that only pretend."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.audio.io import checked
from dora_mlx_tts.audio.reference import ReferenceAudio, convert
from dora_mlx_tts.errors import ReferenceAudioError, SynthesisError, VoiceError
from dora_mlx_tts.synthesis.loading.prompt import PromptNetworks, prepare_prompt, semantic_codes
from dora_mlx_tts.text.phonemes import Phonemes


class FakeSovits:
    """Codes count frames; the style is the mean of the spectra's lengths."""

    def __init__(self) -> None:
        self.speakers: Sequence[mx.array] = ()

    def extract_latent(self, ssl: mx.array) -> mx.array:
        return mx.arange(ssl.shape[1] // 2)[None]

    def style(self, specs: Sequence[mx.array], speakers: Sequence[mx.array] = ()) -> mx.array:
        self.speakers = speakers
        lengths = [spec.shape[1] for spec in specs]
        return mx.full((1, 1, 4), sum(lengths) / len(lengths))


def fake_ssl(samples: mx.array) -> mx.array:
    return samples[:, : samples.shape[1] // 320 * 320].reshape(1, -1, 320)


def fake_phonemize(text: str, language: str) -> Phonemes:
    count = len(text)
    rows = np.ones((count, 1024), np.float32) if language == "zh" else None
    spans = tuple((i, i + 1) for i in range(count))
    return Phonemes(text, text, tuple(text), np.arange(count, dtype=np.int32), spans, (), rows)


def recording(seconds: float, seed: int = 0) -> ReferenceAudio:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * 16000)) * 0.1
    return convert(checked(samples.astype(np.float32), 16000, f"recording {seed}"))


@pytest.fixture
def networks() -> PromptNetworks:
    return PromptNetworks(FakeSovits(), fake_ssl)


def test_few_shot(networks):
    prompt = prepare_prompt(
        networks,
        recording(4.0),
        fake_phonemize,
        text=" forty phones " + "x" * 28 + "\n",
        language="zh",
    )
    assert prompt.codes.tolist() == list(range(115))  # 4.6 s at 25 Hz
    assert prompt.codes.dtype == prompt.phones.dtype == np.int32
    assert prompt.text == "forty phones " + "x" * 28
    assert len(prompt.phones) == len(prompt.text)
    assert prompt.features is not None
    assert prompt.features.shape == (len(prompt.text), 1024)
    assert (prompt.language, prompt.duration_s, prompt.is_zero_shot) == ("zh", 4.0, False)
    assert prompt.ge.tolist() == [[[200.0] * 4]]


@pytest.mark.parametrize("text", [None, "", "  \n"])
@pytest.mark.parametrize("ssl", [None, fake_ssl])
def test_zero_shot_needs_no_encoder(text, ssl):
    def refuse(text: str, language: str) -> Phonemes:
        raise AssertionError("nothing to read")

    prompt = prepare_prompt(PromptNetworks(FakeSovits(), ssl), recording(4.0), refuse, text=text)
    assert prompt.is_zero_shot
    assert (len(prompt.codes), len(prompt.phones), prompt.features) == (0, 0, None)
    assert prompt.ge.shape == (1, 1, 4)


def test_auxiliary_recordings_only_lend_their_style(networks):
    prompt = prepare_prompt(
        networks,
        recording(4.0),
        fake_phonemize,
        text="x" * 40,
        auxiliary=[recording(2.0, 1), recording(6.0, 2)],
    )
    assert prompt.ge.tolist() == [[[200.0] * 4]]  # mean of 200, 100 and 300 frames
    assert len(prompt.codes) == 115


def test_speaker_network_hears_every_recording():
    sovits = FakeSovits()
    networks = PromptNetworks(sovits, speaker=lambda samples: mx.full((1, 2), len(samples)))
    prepare_prompt(networks, recording(4.0), fake_phonemize, auxiliary=[recording(2.0, 1)])
    assert [speaker.tolist() for speaker in sovits.speakers] == [[[64000.0] * 2], [[32000.0] * 2]]


def test_zeros_follow_the_recording():
    heard = []

    def ssl(samples: mx.array) -> mx.array:
        heard.append(np.array(samples))
        return fake_ssl(samples)

    samples = np.ones(48000, np.float32)
    semantic_codes(samples, ssl, FakeSovits())
    assert heard[0].shape == (1, 57600)
    assert (heard[0][0, :48000] == 1).all()
    assert not heard[0][0, 48000:].any()


def test_transcript_without_encoder():
    with pytest.raises(VoiceError, match=r"no SSL encoder.*zero-shot.*--ssl"):
        prepare_prompt(PromptNetworks(FakeSovits()), recording(4.0), fake_phonemize, text="x" * 40)


@pytest.mark.parametrize("phones", [1, 5, 161, 2000])
def test_transcripts_of_another_recording(networks, phones):
    with pytest.raises(ReferenceAudioError, match=rf"has {phones} phones for 4\.0 s.*1\.5 to 40"):
        prepare_prompt(networks, recording(4.0), fake_phonemize, text="x" * phones)


@pytest.mark.parametrize(("phones", "warned"), [(10, True), (40, False), (120, True)])
def test_unusual_pace_is_reported(networks, caplog, phones, warned):
    with caplog.at_level(logging.WARNING):
        prepare_prompt(networks, recording(4.0), fake_phonemize, text="x" * phones)
    assert ("is it complete?" in caplog.text) == warned


def test_networks_with_nan_are_refused():
    class Broken(FakeSovits):
        def style(self, specs, speakers=()):
            return mx.full((1, 1, 4), float("nan"))

    with pytest.raises(SynthesisError, match="style encoder produced values that are not finite"):
        prepare_prompt(PromptNetworks(Broken()), recording(4.0), fake_phonemize)
    with pytest.raises(SynthesisError, match="SSL encoder produced values that are not finite"):
        semantic_codes(np.ones(48000, np.float32), lambda x: fake_ssl(x) * mx.inf, FakeSovits())
