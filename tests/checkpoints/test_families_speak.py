"""Every family: converted, checked, and spoken with through the engine."""

from __future__ import annotations

import dataclasses
import json
import shutil

import mlx.core as mx
import numpy as np
import pytest
import whole_voice
from mlx.utils import tree_flatten
from torch_files import save_checkpoint

from dora_mlx_tts.checkpoints.convert import PackOptions, convert
from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.checkpoints.read.lora import merge_lora
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import (
    PackError,
    ReferenceAudioError,
    SettingError,
    VoiceError,
    WeightsError,
)
from dora_mlx_tts.models.t2s.decoding import End
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.runtime import device
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.synthesis import guarded_tokens
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.tools.self_test import check_pack

RATES = {"v1": 400, "v2": 400, "v2Pro": 400, "v2ProPlus": 400, "v3": 24000}
RATES |= dict.fromkeys(("v4", "v5dev", "v5turbo"), 48000)
STEPS = {"v5dev": 4, "v5turbo": 4}  # which few v5 allows; others take 2
TOKENS = 60


@pytest.fixture(scope="module")
def cpu():
    return device.select("cpu")


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Family -> pack folder, converted once."""
    root = tmp_path_factory.mktemp("families")
    made = {}
    for family in whole_voice.FAMILIES:
        sources = whole_voice.save_voice(root / f"{family}-files", family)
        made[family] = root / "packs" / family
        convert(sources, made[family], PackOptions(share=True))
    return made


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


class TokensInOneRow:
    """Stands in for decoding: what random weights would never end by themselves."""

    def __init__(self, *_arguments, **_options):
        self._tokens = iter(np.random.default_rng(5).integers(0, 16, TOKENS).tolist())
        self.end = End.EOS

    def __iter__(self):
        return self._tokens

    def __next__(self):
        return next(self._tokens)

    def close(self):
        pass


@pytest.fixture
def voices(packs, tmp_path, monkeypatch):
    """Folder of voices, one a family."""
    monkeypatch.setattr(guarded_tokens, "generate", TokensInOneRow)
    whole_voice.recording(tmp_path / "voice.wav")
    for family, pack in packs.items():
        (tmp_path / f"{family}.yml").write_text(
            f"pack: {pack}\nreference: {{audio: voice.wav, text: 'Hello there my friend, how are"
            " you?', language: en}\n"
        )
    return tmp_path


@pytest.fixture
def synthesizer(voices, packs, cpu):
    from dora_mlx_tts.voices.registry import VoiceRegistry

    settings = Settings.load(environ={}).model_copy(
        update={"voices": (voices, packs["v1"].parent), "cache": voices / "cache", "voice": "v2"}
    )
    return Synthesizer(settings, VoiceRegistry.scan(settings.voices), cpu)


TEXT = "Good morning, my friend."


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
    with pytest.raises(SettingError, match="sample_steps of v5turbo must be one of 4, 8, 16, 32"):
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


def test_encoders_are_let_go_once_a_recording_is_prepared(synthesizer):
    networks = synthesizer.prepare("v2Pro").networks
    assert "sovits" in vars(networks)
    assert not {"ssl", "speaker"} & vars(networks).keys()
    assert networks.ssl is networks.ssl
    networks.release_encoders()


@pytest.mark.parametrize("family", whole_voice.FAMILIES)
def test_every_family_speaks_streamed(synthesizer, family):
    options = {"language": "en", "seed": 3, "sample_steps": STEPS.get(family, 2)}
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
    with pytest.raises(VoiceError, match="without the speaker network"):
        again.prepare("lone")


@pytest.mark.parametrize("family", whole_voice.FLOWS)
def test_loras_are_merged_into_their_base(tmp_path, cpu, family):
    base = whole_voice.save_voice(tmp_path / "base", family)
    lora = whole_voice.save_lora(tmp_path / "lora.pth", family)
    sources = dataclasses.replace(base, sovits=lora, base=base.sovits)
    report = convert(sources, tmp_path / "pack", PackOptions(storage="float32"))
    assert report.model == family
    assert report.base == base.sovits
    assert "header" in report.told_by
    pack = Pack.open(tmp_path / "pack")
    arrays = {k: v.read() for k, v in read_checkpoint(lora).tensors("weight").items()}
    given = whole_voice.sovits(family)[0]
    want = merge_lora(given, arrays)
    changed = 0
    for part in ("sovits", "cfm"):
        for key, values in pack.part(part)[1].items():
            np.testing.assert_array_equal(values, want[key])
            changed += not np.array_equal(values, given[key])
    assert changed == 2
    ignored = {k for part in report.parts for one in part.ignored for k in one.keys}
    assert "elsewhere.weight" in ignored
    assert pack.manifest.provenance["base"]["file"] == "sovits.pth"
    check_pack(tmp_path / "pack", cpu)


def test_loras_need_their_own_base(tmp_path):
    base = whole_voice.save_voice(tmp_path / "base", "v3")
    other = whole_voice.save_voice(tmp_path / "other", "v2")
    lora = whole_voice.save_lora(tmp_path / "lora.pth", "v4")

    def refused(match, **changes):
        with pytest.raises(WeightsError, match=match):
            convert(dataclasses.replace(base, sovits=lora, **changes), tmp_path / "pack")

    refused(r"is a LoRA of family v4; give the base model .*s2Gv4\.pth")
    refused("is no base model of v4", base=other.sovits)
    refused("is a base model of v3", base=base.sovits)
    with pytest.raises(WeightsError, match="is a whole model, no LoRA"):
        convert(dataclasses.replace(base, base=base.sovits), tmp_path / "pack")


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


def test_bases_and_loras_of_v5(tmp_path):
    base = whole_voice.save_voice(tmp_path / "base", "v5turbo")
    step = whole_voice.save_voice(tmp_path / "v4", "v4")
    lora = whole_voice.save_lora(tmp_path / "lora.pth", "v5dev")
    for other, match in ((base, "is a base model of v5turbo"), (step, "v3 or v4|base model of v4")):
        with pytest.raises(WeightsError, match=match):
            convert(dataclasses.replace(base, sovits=lora, base=other.sovits), tmp_path / "pack")
    with pytest.raises(WeightsError, match=r"give the base model .*s2Gv5dev\.pth"):
        convert(dataclasses.replace(base, sovits=lora), tmp_path / "pack")
    weights, config = whole_voice.sovits("v5dev")
    del config["model"]["version"]  # a base that does not say which it is
    plain = save_checkpoint(tmp_path / "plain.pth", weights, config)
    report = convert(dataclasses.replace(base, sovits=lora, base=plain), tmp_path / "pack")
    assert report.model == "v5dev"
    turbo = whole_voice.save_lora(tmp_path / "turbo.pth", "v5turbo")
    report = convert(dataclasses.replace(base, sovits=turbo, base=plain), tmp_path / "other")
    assert report.model == "v5turbo"


def test_half_a_file_is_refused(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "v5", "v5turbo", header=b"08")
    content = sources.sovits.read_bytes()
    for size in (3, 600, len(content) // 2, len(content) - 1):
        sources.sovits.write_bytes(content[:size])
        with pytest.raises(WeightsError):
            convert(sources, tmp_path / "pack")
        assert not (tmp_path / "pack").exists()
    sources.sovits.write_bytes(content)
    assert convert(sources, tmp_path / "pack").model == "v5turbo"


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


def test_fine_tuned_v4_is_told_by_header_or_configuration(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "v4", "v4")
    assert "config.model.version" in convert(sources, tmp_path / "a").told_by
    weights, config = whole_voice.sovits("v4")
    del config["model"]["version"]
    for header, match in ((b"04", None), (None, "neither its header nor its hash")):
        pth = save_checkpoint(tmp_path / "x.pth", weights, config, header=header)
        target = dataclasses.replace(sources, sovits=pth)
        if match is None:
            assert convert(target, tmp_path / "b").model == "v4"
            continue
        with pytest.raises(WeightsError, match=match):
            convert(target, tmp_path / "c")
        said = dataclasses.replace(target, family="v4")
        assert convert(said, tmp_path / "d").model == "v4"


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
