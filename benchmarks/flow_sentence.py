"""A sentence of v3, v4 or v5 from codes to sound, streamed, for `families.py`."""

from __future__ import annotations

import time

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.cfm.chunked import FlowPrompt
from dora_mlx_tts.models.cfm.families import FlowFamily
from dora_mlx_tts.models.cfm.stream import FlowOptions, FlowStream
from dora_mlx_tts.synthesis.loading.networks import Networks
from dora_mlx_tts.synthesis.windows import WindowSizes

PHONES, REFERENCE_S = 60, 4
FIRST_WINDOW = 0.4  # seconds; the setting's default


def streamed(
    networks: Networks, family: FlowFamily, seconds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Codes to sound as a sentence is spoken, without the time of T2S; also of the processor."""
    frames = min(REFERENCE_S * 100, family.sizes.prompt)
    prompt = FlowPrompt(
        mx.zeros((1, frames, networks.cfm.config.features)), mx.zeros((1, frames, 100))
    )
    text = mx.array((np.arange(PHONES) % 700).astype(np.int32))[None]
    ge = mx.zeros((1, 1, networks.encoder.config.style_channels))
    codes = (np.arange(seconds * 25) * 7 % 1024).tolist()
    options = FlowOptions(*family.sampling(None, None))
    found, processor = {}, {}
    for _ in range(2 if networks.device.kind == "gpu" else 1):  # libraries plan for new lengths
        stream = FlowStream(networks.flow_decoder, text, ge, prompt, options)
        sizes = WindowSizes(FIRST_WINDOW, stream.largest_s).tokens(stream)
        start, used, place = time.perf_counter(), time.process_time(), 0
        while place < len(codes):
            new = codes[place : place + next(sizes)]
            place += len(new)
            pieces = [np.array(p) for p in stream.speak(new, last=place == len(codes))]
            if place == len(new):
                found["first chunk, in all"] = time.perf_counter() - start
                processor["first chunk, in all"] = time.process_time() - used
                samples = sum(len(piece) for piece in pieces)
                found["(seconds of its sound)"] = samples / networks.pack.manifest.sample_rate
        found["streamed"] = (time.perf_counter() - start) / seconds
        processor["streamed"] = (time.process_time() - used) / seconds
    return found, processor
