"""What the parity tests of families v3 and v4 share: building networks, speaking in chunks."""

from __future__ import annotations

import golden_cases
import mlx.core as mx
import numpy as np

from dora_mlx_tts.audio.spectrogram import MelConfig, log_mel, normalize_mel
from dora_mlx_tts.models.cfm.cfm import CFM
from dora_mlx_tts.models.cfm.chunked import ChunkSizes, flow_prompt, speak, speak_batch
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.conditioner import Conditioner, ConditionerConfig
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend


def nlc(array: np.ndarray) -> mx.array:
    """The reference's [B, C, T] as [B, T, C]."""
    return mx.array(np.ascontiguousarray(array.swapaxes(1, 2)))


def ncl(array: mx.array) -> np.ndarray:
    return np.array(array).swapaxes(1, 2)


def build_cfm(tensors, config, backend) -> CFM:
    sizes = DiTConfig.from_weights(tensors)
    assert (sizes.channels, sizes.depth, sizes.heads, sizes.text_depth) == tuple(
        config[key] for key in ("dim", "depth", "heads", "conv_layers")
    )
    model = CFM(sizes)
    strict_load(model, CFM.sanitize(tensors), "cfm")
    prepare(model, backend)
    return model


def build_vocoder(kind, tensors, config, backend):
    model = kind(kind.read_config(config, tensors))
    strict_load(model, kind.sanitize(tensors), kind.__name__)
    prepare(model, backend)
    return model


def build_conditioner(tensors, config, backend) -> Conditioner:
    version = "v3" if config["version"] == "v3" else "v4"  # v5 has v4's
    sizes = ConditionerConfig.from_checkpoint({"model": config}, tensors, version)
    model = Conditioner(sizes)
    strict_load(model, Conditioner.sanitize(tensors), "conditioner")
    prepare(model, backend)
    return model


def check_conditioner(arrays, entry, tensors, assert_close) -> None:
    """`decode_encp`: the case keeps every second or fourth channel."""
    model = build_conditioner(tensors, entry["config"], Backend.CPU)
    ge = model.style([nlc(arrays["spec"])])
    assert_close(ncl(ge), arrays["ge"], entry, what="ge")
    codes, text = mx.array(arrays["codes"][0]), mx.array(arrays["text"])
    for key in (key for key in arrays if key.startswith("features")):
        speed = float(key.removeprefix("features_speed_").replace("_", ".")) if "_" in key else 1.0
        got = ncl(model.condition(codes, text, ge, speed))
        every = got.shape[1] // arrays[key].shape[1]
        assert_close(got[:, ::every], arrays[key], entry, what=key)


def check_chunked(vocoder, mel: MelConfig, arrays, entry, assert_close) -> None:
    """`using_vocoder_synthesis` and its batched form, noise as the case gives it."""
    config, tensors = entry["config"], golden_cases.draw_weights(entry["weights"])
    encoder = build_conditioner(tensors, config["sovits"], Backend.CPU)
    cfm = build_cfm(tensors, config["dit"], Backend.CPU)
    drawn = golden_cases.draw_weights(config["vocoder_weights"])
    vocode = build_vocoder(vocoder, drawn, config["vocoder"], Backend.CPU)
    names = ("T_ref", "T_chunk", "overlapped_len", "upsample_rate", "search_len")
    sizes = ChunkSizes(*(config[name] for name in names))
    ge = encoder.style([nlc(arrays["spec"])])

    def features(codes: str, phones: str) -> mx.array:
        return encoder.condition(mx.array(arrays[codes])[None], mx.array(arrays[phones])[None], ge)

    spectrum = mx.array(normalize_mel(log_mel(arrays["raw"], mel)))[None]
    prompt = flow_prompt(features("prompt_semantic", "prompt_phones"), spectrum, sizes)
    noises = (nlc(arrays[f"noise{i}"]) for i in range(int(arrays["noise_sequential"]) + 1))

    def flow(mu: mx.array, known: mx.array) -> mx.array:
        return cfm.inference(mu, known, config["steps"], next(noises))

    first = features("semantic0", "phones0")
    audio = speak(first, prompt, flow, vocode, sizes)
    assert_close(audio, arrays["audio"], entry, what="in sequence")
    both = speak_batch([first, features("semantic1", "phones1")], prompt, flow, vocode, sizes)
    for index, samples in enumerate(both):
        assert_close(samples, arrays[f"batched{index}"], entry, what=f"batched {index}")
    assert next(noises, None) is None
