"""v3, v4 and v5 through the engine: streamed, guided, refused, cancelled."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import whole_voice
from mlx.utils import tree_flatten
from speaking import STEPS, TEXT, TOKENS, TokensInOneRow

from dora_mlx_tts.errors import PackError, ReferenceAudioError, SettingError
from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.synthesis import guarded_tokens
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.synthesizer import Synthesizer


@pytest.mark.parametrize("family", whole_voice.FLOWS)
def test_the_first_sound_leaves_before_half_of_the_tokens(synthesizer, monkeypatch, family):
    """Of a sentence of ten seconds, in either way of looking: tokens decoded, tokens taken."""
    pulled = []

    class Long(TokensInOneRow):
        def __init__(self, *_arguments, **_options):
            self._tokens = iter(np.random.default_rng(5).integers(0, 16, 250).tolist())
            self.end = End.EOS

        def __next__(self):
            pulled.append(1)
            return super().__next__()

    monkeypatch.setattr(guarded_tokens, "generate", Long)
    text = (
        "The history of bread is a long one, and it begins with stones and grain and with patience,"
    )
    text += (
        " since nobody could hurry the dough, or the fire, or the people who were waiting for it."
    )
    options = {"language": "en", "seed": 3, "sample_steps": STEPS.get(family, 2)}
    stream = synthesizer.stream(text, voice=family, **options)
    first = next(stream)
    assert first.tokens <= len(pulled) < 125
    assert 0.3 < first.duration_s < 1.5
    rest = list(stream)
    assert len(pulled) >= 250
    sizes = [fragment.duration_s for fragment in rest[:-1]]
    assert sizes == sorted(sizes)
    assert max(sizes) > 2 * first.duration_s


def test_steps_that_a_family_does_not_allow_are_refused_at_once(synthesizer):
    with pytest.raises(SettingError, match="sample_steps of v5turbo must be 4, 8, 16 or 32, got 5"):
        synthesizer.stream(TEXT, voice="v5turbo", sample_steps=5)
    with pytest.raises(SettingError, match="cfg_rate"):
        synthesizer.stream(TEXT, voice="v5dev", cfg_rate=2.5)
    spoken = synthesizer.speak(TEXT, voice="v5turbo", language="en", cfg_rate=0.0, sample_steps=8)
    assert len(spoken.samples)


def test_guidance_counts_for_v5_alone(synthesizer):
    def said(family, **options):
        steps = STEPS.get(family, 2)
        options = {"language": "en", "seed": 3, "sample_steps": steps, **options}
        return synthesizer.speak(TEXT, voice=family, **options).samples

    default, same, other = (said("v5dev", **o) for o in ({}, {"cfg_rate": 1.3}, {"cfg_rate": 0.0}))
    np.testing.assert_array_equal(default, same)
    assert not np.array_equal(default, other)
    np.testing.assert_array_equal(said("v4"), said("v4", cfg_rate=2.0))


def test_steps_of_flow_matching_count(synthesizer):
    few, more = (
        synthesizer.speak(TEXT, voice="v4", language="en", seed=3, sample_steps=n).samples
        for n in (1, 3)
    )
    assert len(few) == len(more)
    assert not np.array_equal(few, more)
    with pytest.raises(SettingError, match="sample_steps"):
        synthesizer.stream(TEXT, voice="v4", sample_steps=999)


def test_flow_matching_can_be_given_up_between_steps(synthesizer):
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > TOKENS + 5  # after the tokens

    assert not list(
        synthesizer.stream(TEXT, voice="v3", language="en", cancelled=cancelled, sample_steps=50)
    )
    assert TOKENS < len(asked) < TOKENS + 15


def test_prompts_of_flow_matching_are_kept_on_disk(synthesizer, voices):
    prompt = synthesizer.prepare("v3").prompt
    kept = list((voices / "cache" / "prompts").iterdir())
    assert len(kept) == 1
    other = Synthesizer(synthesizer.settings, synthesizer.voices, synthesizer.device)
    again = other.prepare("v3").prompt
    np.testing.assert_array_equal(again.flow.features, prompt.flow.features)
    np.testing.assert_array_equal(again.flow.mel, prompt.flow.mel)
    assert 0 < len(prompt.flow.mel) <= 468


@pytest.mark.parametrize("seconds", [1.0, 20.0])
def test_references_of_other_lengths_are_refused_and_the_next_text_is_spoken(
    synthesizer, voices, packs, seconds
):
    whole_voice.recording(voices / "odd.wav", seconds)
    (voices / "odd.yml").write_text(
        f"pack: {packs['v5turbo']}\nreference: {{audio: odd.wav, text: 'Hello there.', language:"
        " en}\n"
    )
    from dora_mlx_tts.voices.registry import VoiceRegistry

    registry = VoiceRegistry.scan(synthesizer.settings.voices)
    again = Synthesizer(synthesizer.settings, registry, synthesizer.device)
    with pytest.raises(ReferenceAudioError, match="s"):
        again.speak(TEXT, voice="odd", language="en")
    assert len(again.speak(TEXT, voice="v5turbo", language="en").samples)


def test_a_network_of_another_family_is_refused(packs, tmp_path, cpu):
    folder = tmp_path / "pack"
    shutil.copytree(packs["v5turbo"], folder)
    shutil.copytree(packs["v5turbo"].parent / "parts", tmp_path / "parts")
    manifest = json.loads((folder / "pack.json").read_text("utf-8"))
    (folder / "pack.json").write_text(json.dumps({**manifest, "model": "v4"}), "utf-8")
    with pytest.raises(PackError, match="part 'cfm' is not a network of family v4"):
        _ = Networks.open(folder, cpu).cfm


def test_time_s_matrices_stay_in_their_file(packs, cpu):
    """On a GPU, too: what is computed from them once is all that it holds."""
    like_a_gpu = Device("gpu", Backend.NATIVE, "as on a GPU")
    for where in (cpu, like_a_gpu):
        cfm = Networks.open(packs["v5dev"], where).cfm
        names = {name for name, _ in tree_flatten(cfm.parameters())}
        assert not {name for name in names if name.endswith("norm.linear.weight")}
        assert "estimator.norm_out.linear.weight" not in names
    exact, halved = (Networks.open(packs["v5dev"], where).cfm for where in (cpu, like_a_gpu))
    for one, other in zip(exact.modulations(4), halved.modulations(4), strict=True):
        np.testing.assert_allclose(np.array(other.blocks), np.array(one.blocks), atol=4e-3)
    assert exact.modulations(4) is exact.modulations(4)
    for steps in (8, 16, 32, 64):
        exact.modulations(steps)
    assert len(exact._modulations) == 4
