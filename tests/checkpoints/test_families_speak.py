"""Every family: converted, checked, and spoken with through the engine."""

from __future__ import annotations

import dataclasses

import mlx.core as mx
import numpy as np
import pytest
import whole_voice
from speaking import RATES, STEPS, TEXT, TOKENS

from dora_mlx_tts.checkpoints.convert import PackOptions, convert
from dora_mlx_tts.errors import (
    PackError,
    VoiceError,
)
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.tools.self_test import check_pack


@pytest.mark.parametrize("family", whole_voice.FAMILIES)
def test_packs_of_every_family_pass_their_own_test(packs, cpu, family):
    pack = Pack.open(packs[family])
    assert pack.manifest.model == family
    assert pack.manifest.sample_rate == RATES[family]
    result = check_pack(packs[family], cpu)
    assert result.tokens > 0
    assert result.audio_s > 0
    assert 1e-4 < result.peak <= 1
    assert {"reference", "t2s", "sound"} <= result.seconds.keys()


@pytest.mark.parametrize("storage", ["float16", "int8"])
@pytest.mark.parametrize("family", ["v2", "v2Pro", *whole_voice.FLOWS])
def test_packs_speak_in_the_precision_of_a_gpu(packs, tmp_path, cpu, family, storage):
    pack = packs[family]
    if storage == "int8":
        pack = tmp_path / "pack"
        sources = whole_voice.save_voice(tmp_path / "files", family)
        convert(sources, pack, PackOptions(storage=storage))
    like_a_gpu = Device("gpu", Backend.NATIVE, "as on a GPU")
    result = check_pack(pack, like_a_gpu)
    assert 1e-4 < result.peak <= 1
    networks = Networks.open(pack, like_a_gpu)
    assert networks.ssl.feature_extractor.dtype == mx.float16
    assert networks.t2s.ar_predict_layer.weight.dtype == mx.float16
    assert networks.encoder.enc_p.proj.weight.dtype == mx.float32
    exact = Networks.open(pack, like_a_gpu, exact=True)
    assert exact.t2s.ar_predict_layer.weight.dtype == mx.float32


def test_encoders_are_let_go_once_a_recording_is_prepared(synthesizer):
    networks = synthesizer.prepare("v2Pro").networks
    assert "sovits" in vars(networks)
    assert not {"ssl", "speaker"} & vars(networks).keys()
    assert networks.ssl is networks.ssl
    networks.release_encoders()


@pytest.mark.parametrize("family", whole_voice.FAMILIES)
def test_every_family_speaks_streamed(synthesizer, family):
    options = {"language": "en", "seed": 3, "pause_spread": 0, "sample_steps": STEPS.get(family, 2)}
    fragments = list(synthesizer.stream(TEXT, voice=family, **options))
    assert {fragment.sample_rate for fragment in fragments} == {RATES[family]}
    assert fragments[-1].is_final
    assert len(fragments) > 1
    assert fragments[0].tokens < TOKENS / 2
    samples = np.concatenate([fragment.samples for fragment in fragments])
    assert np.isfinite(samples).all()
    seconds = TOKENS / 25 + 0.3  # in the tiny v2, too: 16 samples a token at 400 Hz
    assert len(samples) / RATES[family] == pytest.approx(seconds, abs=0.03)
    words = [word.text for fragment in fragments for word in fragment.words]
    assert words == ["Good", "morning", "my", "friend"]
    again = synthesizer.speak(TEXT, voice=family, **options)
    np.testing.assert_array_equal(samples, again.samples)


def test_what_a_voice_needs_is_said(synthesizer, voices, packs, tmp_path):
    for name, family in (("mute", "v4"), ("still", "v5turbo")):
        (voices / f"{name}.yml").write_text(
            f"pack: {packs[family]}\nreference: {{audio: voice.wav}}\n"
        )
    whole = whole_voice.save_voice(tmp_path / "files", "v2Pro")
    convert(dataclasses.replace(whole, speaker=None), packs["v1"].parent / "lone")
    (voices / "lone.yml").write_text(
        f"pack: {packs['v1'].parent / 'lone'}\nreference: {{audio: voice.wav}}\n"
    )
    from dora_mlx_tts.voices.registry import VoiceRegistry

    registry = VoiceRegistry.scan(synthesizer.settings.voices)
    again = Synthesizer(synthesizer.settings, registry, synthesizer.device)
    with pytest.raises(VoiceError, match=r"family v4 .* needs to know what is said"):
        again.prepare("mute")
    with pytest.raises(VoiceError, match=r"family v5turbo .* needs to know what is said"):
        again.prepare("still")
    with pytest.raises(VoiceError, match="has no speaker network"):
        again.prepare("lone")


def test_base_parts_are_stored_once_and_found_by_hash(packs):
    parts = packs["v1"].parent / "parts"
    stored = {path.stem for path in parts.iterdir()}
    shared = {}
    for folder in packs.values():
        pack = Pack.open(folder)
        for name, part in pack.manifest.parts.items():
            entry = pack.manifest.files[part.file]
            assert entry.shared == (name in {"ssl", "bert", "speaker", "vocoder"})
            assert (folder / part.file).exists() != entry.shared
            if entry.shared:
                shared.setdefault(name, set()).add(entry.sha256)
    assert {name: len(hashes) for name, hashes in shared.items()} == {
        "ssl": 1, "bert": 1, "speaker": 1, "vocoder": 2,
    }  # fmt: skip
    assert stored == set.union(*shared.values())


def test_damaged_and_wandering_shared_parts(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "files", "v1")
    convert(sources, tmp_path / "packs" / "v1", PackOptions(share=True))
    (part,) = (tmp_path / "packs" / "parts").iterdir()
    sound = part.read_bytes()
    part.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    with pytest.raises(PackError, match="SHA-256"):
        Pack.open(tmp_path / "packs" / "v1")
    convert(sources, tmp_path / "packs" / "again", PackOptions(share=True))  # repairs it
    Pack.open(tmp_path / "packs" / "v1")
    part.rename(tmp_path / "elsewhere")
    part.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PackError, match="leads out"):
        Pack.open(tmp_path / "packs" / "v1")
    part.unlink()
    with pytest.raises(PackError, match="copy the folder parts as well"):
        Pack.open(tmp_path / "packs" / "v1")
