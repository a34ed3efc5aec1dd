"""Families v5dev and v5turbo against the reference implementation."""

from __future__ import annotations

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from chunked_cases import build_cfm, build_conditioner, build_vocoder, check_conditioner, ncl, nlc
from golden_cases import cases

from dora_mlx_tts.audio.resample import sinc_resample
from dora_mlx_tts.audio.spectrogram import MEL_V4, denormalize_mel, log_mel, normalize_mel
from dora_mlx_tts.checkpoints.read.lora import merge_lora
from dora_mlx_tts.errors import ReferenceAudioError, SettingError, SynthesisError
from dora_mlx_tts.models.cfm.chunked import V5_SIZES, ChunkSizes, chunks, flow_prompt
from dora_mlx_tts.models.cfm.config import ROTARY
from dora_mlx_tts.models.cfm.families import FLOWS
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN
from dora_mlx_tts.runtime.device import Backend

NETWORK, REST = "cfm_v5", "v5"
RATE = 32000


@pytest.fixture(params=[Backend.CPU, Backend.NATIVE], ids=["cpu", "native"])
def backend(request):
    return request.param


def skip_slow_native(entry, backend):
    on_cpu = mx.default_device() == mx.Device(mx.cpu)
    if entry["speed"] == "slow" and backend is Backend.NATIVE and on_cpu:
        pytest.skip("a GPU's formulation of a full-size network takes minutes on a CPU")


def number(text: str) -> float:
    """`0_25` of a key is 0.25."""
    return float(text.replace("_", "."))


def chunk_sizes(config) -> ChunkSizes:
    names = ("V5_REFERENCE_FRAMES", "V5_TOTAL_CHUNK_FRAMES", "V5_MAX_TARGET_CHUNK_FRAMES")
    prompt, chunk, largest = (config[name] for name in names)
    tail, hop = config["V5_ROLLING_TAIL_FRAMES"], config.get("samples_per_frame", 480)
    return ChunkSizes(prompt, chunk, 0, hop, largest=largest, tail=tail)


@pytest.mark.parametrize("name", cases(NETWORK, r"^dit_v5_(small|full)$"))
def test_one_evaluation(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    skip_slow_native(entry, backend)
    dit = build_cfm(draw_weights(entry["weights"]), entry["config"], backend).estimator
    x, prompt, mu = nlc(arrays["x"]), nlc(arrays["prompt"]), mx.array(arrays["mu"])
    prompt = mx.pad(prompt, [(0, 0), (0, mu.shape[1] - prompt.shape[1]), (0, 0)])
    text = dit.text(mu)
    assert_close(text[..., ::4], arrays["text_embed"], entry, what="text")
    blank = mx.zeros_like(prompt)
    given = {
        "velocity_": dit.conditions(prompt, text),
        "velocity_no_prompt_": dit.conditions(blank, text),
        "velocity_no_prompt_no_text_": dit.conditions(blank, dit.text(mx.zeros_like(mu))),
    }
    for key, condition in (
        ("condition", "velocity_"),
        ("negative_condition", "velocity_no_prompt_"),
    ):
        assert_close(given[condition].inputs[..., ::4], arrays[key], entry, what=key)
    times = set()
    for key in (key for key in arrays if key.startswith("velocity_")):
        prefix = max((name for name in given if key.startswith(name)), key=len)
        now = number(key.removeprefix(prefix))
        (modulation,) = dit.modulations([dit.time(now, 0.0)])
        got = ncl(dit(x, given[prefix], modulation))
        assert_close(got, arrays[key], entry, what=key)
        times.add(now)
    embedded = [dit.time(now, 0.0) for now in sorted(times)]
    assert_close(mx.concatenate(embedded), arrays["time_embed"], entry, what="time")


@pytest.mark.parametrize("name", cases(NETWORK, r"^dit_v5_\w+_padded$"))
def test_rows_of_a_batch_must_be_equally_long(name, load_case, draw_weights, assert_close):
    """Padding reaches the valid frames through the features' blocks, so nothing here pads."""
    arrays, entry = load_case(name)
    dit = build_cfm(draw_weights(entry["weights"]), entry["config"], Backend.CPU).estimator
    x, prompt, mu = nlc(arrays["x"]), nlc(arrays["prompt"]), mx.array(arrays["mu"])
    (modulation,) = dit.modulations([dit.time(0.25, 0.0)])
    unpadded = []
    for length in arrays["lengths"].tolist():
        filled = mx.pad(prompt, [(0, 0), (0, length - prompt.shape[1]), (0, 0)])
        conditions = dit.conditions(filled, dit.text(mu[:, :length]))
        unpadded.append(ncl(dit(x[:, :length], conditions, modulation)))
    assert_close(unpadded[0], arrays["velocity"][:1], entry)
    shorter = int(arrays["lengths"][1])
    assert np.abs(unpadded[1] - arrays["velocity"][1:, :, :shorter]).max() > 10 * entry["atol"]


@pytest.mark.parametrize("name", cases(NETWORK, r"^cfm_v5_(small|full)(_batch\d+)?$"))
def test_sampling(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    skip_slow_native(entry, backend)
    model = build_cfm(draw_weights(entry["weights"]), entry["config"], backend)
    mu, prompt, noise = mx.array(arrays["mu"]), nlc(arrays["prompt"]), nlc(arrays["noise"])
    for key in (key for key in arrays if key.startswith("out_")):
        steps, _, rate = key.removeprefix("out_").partition("_cfg_")
        got = model.inference(mu, prompt, int(steps), noise, number(rate or "0"))
        assert_close(ncl(got), arrays[key], entry, what=key)


@pytest.mark.parametrize("name", cases(NETWORK, r"_rotary$"))
def test_rotary_rates_of_the_file(name, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    drawn = draw_weights(entry["weights"])
    mu, prompt, noise = mx.array(arrays["mu"]), nlc(arrays["prompt"]), nlc(arrays["noise"])
    with_file = {**drawn, f"cfm.estimator.{ROTARY}": arrays["inv_freq_file"]}
    for key, tensors in (("out_4_computed", drawn), ("out_4_file", with_file)):
        model = build_cfm(tensors, entry["config"], Backend.CPU)
        got = ncl(model.inference(mu, prompt, 4, noise))[..., ::2]
        assert_close(got, arrays[key], entry, what=key)


@pytest.mark.parametrize("name", cases(NETWORK, r"^lora_v5_"))
def test_lora(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    config = entry["config"]
    merged = merge_lora(draw_weights(entry["weights"]), draw_weights(config["lora_weights"]))
    rows = arrays["merged_rows"]
    assert_close(merged[config["merged_key"]][: len(rows)], rows, entry, what="weight")
    model = build_cfm(merged, config["dit"], backend)
    got = model.inference(mx.array(arrays["mu"]), nlc(arrays["prompt"]), 4, nlc(arrays["noise"]))
    assert_close(ncl(got), arrays["out_4"], entry)


@pytest.mark.parametrize("name", cases(REST, r"_plan$"))
def test_plan_of_chunks(name, load_case):
    """Frames that carry their numbers show what every chunk and every prompt is made of."""
    arrays, entry = load_case(name)
    sizes = chunk_sizes(entry["config"])
    assert sizes == V5_SIZES
    for index, (mels, features, target) in enumerate(arrays["sizes"].tolist()):
        calls = []

        def flow(mu, known, calls=calls):
            numbers, prompt = np.array(mu)[0, :, 0], np.array(known)[0, :, 0]
            np.testing.assert_array_equal(numbers[: len(prompt)], prompt)
            calls.append((prompt, numbers[len(prompt) :]))
            return mu

        given = (numbered(features, -1e6), numbered(mels, -1e6))
        list(chunks(numbered(target, 0), flow_prompt(*given, sizes), flow, sizes))
        got = [row_of_plan(prompt, fresh) for prompt, fresh in calls]
        assert got == arrays[f"plan{index}"].tolist(), (mels, features, target)


def numbered(count: int, first: float) -> mx.array:
    """[1, count, 1]; the reference's numbers are negative."""
    return mx.array(first + np.arange(count, dtype=np.float32))[None, :, None]


def row_of_plan(prompt: np.ndarray, fresh: np.ndarray) -> list[int]:
    given, made = prompt[prompt < 0] + 1e6, prompt[prompt >= 0]
    for run in (given, made, fresh):
        assert (np.diff(run) == 1).all()
    np.testing.assert_array_equal(np.concatenate([prompt[prompt < 0], made]), prompt)
    first = int(given[0]) if len(given) else 0
    row = [first, len(given), int(made[0]) if len(made) else -1, len(made)]
    return [*row, int(fresh[0]), len(fresh)]


@pytest.mark.parametrize("name", cases(REST, r"^chunks_v5_(turbo|dev)_"))
def test_chunks(name, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    config = entry["config"]
    model = build_cfm(draw_weights(entry["weights"]), config["dit"], Backend.CPU)
    sizes, settings = chunk_sizes(config), FLOWS[config["version"]].sampling(None, None)
    noises = (nlc(arrays[key]) for key in sorted(arrays) if key.startswith("noise"))

    def flow(mu, known):
        return model.inference(mu, known, settings[0], next(noises), settings[1])

    reference = (nlc(arrays["reference_features"]), nlc(arrays["reference_mel"]))
    target = nlc(arrays["target_features"])
    made = list(chunks(target, flow_prompt(*reference, sizes), flow, sizes))
    got = ncl(mx.concatenate(made, axis=1))[..., :: config["every"]]
    assert_close(got, arrays["mel"], entry)
    assert next(noises, None) is None


@pytest.mark.parametrize("name", cases(REST, r"_decode_encp$"))
def test_conditioner(name, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    tensors = draw_weights(entry["weights"])
    check_conditioner(arrays, entry, tensors, assert_close)
    model = build_conditioner(tensors, {**entry["config"], "version": "v4"}, Backend.CPU)
    codes, text = mx.array(arrays["codes"][0]), mx.array(arrays["text"])
    ge = nlc(arrays["ge"])
    latent = model.encode_latent(codes, text, ge)
    assert_close(ncl(latent), arrays["enc_p"], entry, what="latent")
    bridged = model.stretched(latent, range(model.feature_frames(latent.shape[1])))[:, ::2]
    assert_close(ncl(bridged)[:, ::4], arrays["bridge"], entry, what="bridge")
    one = ncl(model.condition(codes[:, :1], text, ge))[:, ::2]
    assert_close(one, arrays["one_code_features"], entry, what="one code")
    weight, bias = (mx.array(tensors[f"linear_mel.{part}"]) for part in ("weight", "bias"))
    features = model.condition(codes, text, ge)
    got = features @ weight[..., 0].T + bias  # a head that was trained with it, not used
    assert_close(ncl(got), arrays["linear_mel"], entry, what="linear_mel")


@pytest.mark.parametrize("name", cases(REST, r"^hifigan48_"))
def test_vocoder(name, backend, load_case, draw_weights, assert_close):
    arrays, entry = load_case(name)
    skip_slow_native(entry, backend)
    model = build_vocoder(HiFiGAN, draw_weights(entry["weights"]), entry["config"], backend)
    assert_close(np.array(model(nlc(arrays["mel"])))[:, None], arrays["audio"], entry)


@pytest.mark.parametrize("name", cases(REST, r"^mel_"))
def test_mel(name, load_case, assert_close):
    arrays, entry = load_case(name)
    settings = FLOWS["v5turbo"].mel
    names = ("sampling_rate", "n_fft", "hop_size")
    assert (settings.rate, settings.n_fft, settings.hop) == tuple(entry["config"][n] for n in names)
    mel = log_mel(arrays["wav"], settings)
    assert_close(mel.T[None], arrays["log_mel"], entry, what="log mel")
    assert_close(normalize_mel(mel).T[None], arrays["normalised"], entry, what="normalized")
    back = denormalize_mel(arrays["normalised"])
    assert_close(back, arrays["denormalised"], entry, what="there and back")


@pytest.mark.parametrize("name", cases(REST, r"^synth_v5"))
def test_codes_to_samples(name, load_case, assert_close):
    """`using_vocoder_synthesis`, noise as the case gives it."""
    arrays, entry = load_case(name)
    config, tensors = entry["config"], golden_cases.draw_weights(entry["weights"])
    sizes, family = chunk_sizes(config), FLOWS[config["version"]]
    encoder = build_conditioner(tensors, config["sovits"], Backend.CPU)
    cfm = build_cfm(tensors, config["dit"], Backend.CPU)
    drawn = golden_cases.draw_weights(config["vocoder_weights"])
    vocode = build_vocoder(HiFiGAN, drawn, config["vocoder"], Backend.CPU)
    raw = arrays["raw"].mean(axis=0)
    if config["raw_sr"] != RATE:
        raw = sinc_resample(raw, config["raw_sr"], RATE)
        assert_close(raw, arrays["raw_32k_mono"], entry, what="resampled")
    ge = encoder.style([nlc(arrays["spec"])])

    def features(codes: str, phones: str, speed: float = 1.0) -> mx.array:
        given = mx.array(arrays[codes])[None], mx.array(arrays[phones])[None]
        return encoder.condition(*given, ge, speed)

    mel = mx.array(normalize_mel(log_mel(raw, MEL_V4)))[None]
    prompt = flow_prompt(features("prompt_semantic", "prompt_phones"), mel, sizes)
    asked = family.sampling(config["steps"], config["cfg_rate"])
    for audio in (key for key in arrays if key.startswith("audio") and "/" not in key):
        kind, steps, rate, speed = audio.removeprefix("audio"), *asked, 1.0
        if kind.startswith("_speed_"):
            speed = number(kind.removeprefix("_speed_"))
        elif "_steps_cfg_" in kind:
            taken, _, strength = kind.strip("_").partition("_steps_cfg_")
            steps, rate = int(taken), number(strength)
        which = "1" if kind == "_short" else "0"
        keys = sorted(key for key in arrays if key.startswith(f"{audio}/noise"))
        noises = (nlc(arrays[key]) for key in keys)
        lengths: list[int] = []

        def flow(mu, known, noises=noises, lengths=lengths, steps=steps, rate=rate):
            lengths.append(mu.shape[1])
            return cfm.inference(mu, known, steps, next(noises), rate)

        target = features(f"semantic{which}", f"phones{which}", speed)
        made = np.array(mx.concatenate(list(chunks(target, prompt, flow, sizes)), axis=1))
        assert lengths == arrays[f"chunks{kind}"].tolist()
        log = denormalize_mel(made)
        every = -(-log.shape[1] // arrays[f"log_mel{kind}"].shape[2])
        assert_close(log.swapaxes(1, 2)[..., ::every], arrays[f"log_mel{kind}"], entry, what="mel")
        assert_close(np.array(vocode(mx.array(log)))[0], arrays[audio], entry, what=audio)


@pytest.mark.parametrize("name", cases(REST, r"^settings_"))
def test_settings(name, load_case):
    """`v5` is the first state's third name for v5dev."""
    arrays, entry = load_case(name)
    config = entry["config"]
    for row in config["table"]:
        family = FLOWS["v5dev" if row["version"] == "v5" else row["version"]]
        steps = None if row["steps"] is None else int(float(row["steps"]))
        rate = None if row["cfg"] is None else float(row["cfg"])
        if "result" in row:
            assert list(family.sampling(steps, rate)) == row["result"], row
        else:
            with pytest.raises(SettingError):
                family.sampling(steps, rate)
    assert set(config["empty"].values()) == {"ValueError"}
    some, none = mx.zeros((1, 3, 1)), mx.zeros((1, 0, 1))
    for given in ((some, none), (none, some)):
        with pytest.raises(ReferenceAudioError):
            flow_prompt(*given, V5_SIZES)
    prompt = flow_prompt(some, some, V5_SIZES)
    with pytest.raises(SynthesisError):
        list(chunks(none, prompt, lambda mu, _: mu, V5_SIZES))
    assert float(arrays["temperature"]) == config["temperature"] == 0.875


def test_every_case_has_a_test():
    known = ("dit_v5_", "cfm_v5_", "lora_v5_")
    assert not [n for n in golden_cases.named(NETWORK) if not n.startswith(known)]
    known = ("chunks_v5_", "hifigan48_", "mel_", "synth_v5", "settings_")
    rest = golden_cases.named(REST)
    assert not [n for n in rest if not n.startswith(known) and not n.endswith("decode_encp")]
