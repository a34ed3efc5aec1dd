"""The reference's whole pipeline, composed of this package's parts in the reference's order.

Synthesis here does not work this way (sentences are not joined before decoding, windows do not encode
everything again), so what is compared are the parts together: buckets, batches, the acoustic model,
streaming windows, their joining, level and pauses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from golden_cases import cases
from reference_chunks import fixed_chunks, mute_chunks
from reference_steps import batches, collected, latent_window, limit_peak

from dora_mlx_tts.audio.finish import silence, to_int16
from dora_mlx_tts.audio.sola import sola
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.t2s import model as t2s_names
from dora_mlx_tts.models.t2s.decoding import DecodeSettings, End, generate, generate_batch
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig, T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend
from dora_mlx_tts.synthesis.batching import THRESHOLD

RATE, SAMPLES_A_TOKEN = 32000, 1280
OVERLAP_TOKENS, SHORT_CHUNK = 2, 10


@dataclass
class Pipeline:
    """One case: its networks, its request and the noise in the order of its use."""

    arrays: dict[str, np.ndarray]
    config: dict[str, Any]
    t2s: T2S
    sovits: SoVITS

    def __post_init__(self) -> None:
        self.request = self.config["request"]
        self.speed = self.request.get("speed_factor", 1.0)
        self.ge = self.sovits.style([mx.array(self.arrays["spec"]).swapaxes(1, 2)])
        self.noise = (
            mx.array(self.arrays[f"noise{i}"]).swapaxes(1, 2)
            for i in range(int(self.arrays["noises"]))
        )
        self.settings = DecodeSettings(
            SamplingSettings(1, 1.0, 1.0, 1.35),
            early_stop=self.config["hz"] * self.config["max_sec"],
        )

    def phones(self, sentence: int) -> mx.array:
        return mx.array(self.arrays[f"phones{sentence}"])[None]

    def text(self, sentence: int) -> T2SText:
        ids = [self.arrays["prompt_phones"], self.arrays[f"phones{sentence}"]]
        bert = [self.arrays["prompt_bert"].T, self.arrays[f"bert{sentence}"].T]
        return T2SText(np.concatenate(ids), np.concatenate(bert))

    def sentences(self) -> int:
        return sum(key.startswith("phones") for key in self.arrays)

    def decode(self, codes: list[int], phones: mx.array) -> np.ndarray:
        options = {"noise_scale": self.config["noise_scale"], "noise": next(self.noise)}
        wave = self.sovits.decode(mx.array([codes]), phones, self.ge, speed=self.speed, **options)
        return np.array(wave).reshape(-1)

    def one_by_one(self, sentence: int) -> list[int]:
        """Tokens as the reference's loop returns them: an early stop loses the first."""
        prompt = self.arrays["prompt_semantic"]
        stream = generate(self.t2s, self.text(sentence), prompt, self.settings)
        tokens = list(stream)
        return tokens if stream.end is End.EOS else tokens[1:]

    def together(self, batch: list[int]) -> list[list[int]]:
        """Tokens of a batch: an early stop loses the last."""
        texts, prompt = [self.text(i) for i in batch], self.arrays["prompt_semantic"]
        stream = generate_batch(self.t2s, texts, prompt, self.settings)
        rows = collected(stream)
        return [r if end is End.EOS else r[:-1] for r, end in zip(rows, stream.ends, strict=True)]

    def whole(self) -> dict[int, np.ndarray]:
        """Sound of each sentence; at normal speed a batch is decoded as one sequence."""
        request, sound = self.request, {}
        by_length = request.get("split_bucket", False) and self.speed == 1
        lengths = [int(self.arrays[f"norm_len{i}"]) for i in range(self.sentences())]
        for batch in batches(lengths, request["batch_size"], THRESHOLD, split=by_length):
            parallel = request["parallel_infer"]
            rows = self.together(batch) if parallel else [self.one_by_one(i) for i in batch]
            if self.speed != 1:
                for sentence, codes in zip(batch, rows, strict=True):
                    sound[sentence] = self.decode(codes, self.phones(sentence))
                continue
            joined = mx.concatenate([self.phones(i) for i in batch], axis=1)
            wave = self.decode([code for row in rows for code in row], joined)
            ends = np.cumsum([len(row) * SAMPLES_A_TOKEN for row in rows])
            sound.update(zip(batch, np.split(wave, ends[:-1]), strict=True))
        return sound

    def streamed(self, sentence: int) -> Iterator[np.ndarray]:
        """Pieces of a sentence: everything so far is encoded again, the newest part is decoded."""
        prompt = self.arrays["prompt_semantic"]
        tokens = generate(self.t2s, self.text(sentence), prompt, self.settings)
        length = self.request["min_chunk_length"]
        if self.request.get("fixed_length_chunk"):
            chunks = fixed_chunks(tokens, length)
        else:
            chunks = mute_chunks(tokens, length, self.arrays["similarity"], repeat=True)
        codes: list[int] = []
        latent = previous = None
        overlap = math.ceil(OVERLAP_TOKENS * SAMPLES_A_TOKEN / self.speed)
        for chunk in chunks:
            codes += chunk.tokens
            latent, wave = self.window(codes, len(chunk.tokens), latent, sentence)
            piece = wave
            if previous is not None and not chunk.final:
                piece = sola([previous, wave], overlap)[len(previous) - overlap :]
            yield piece if chunk.final else piece[:-overlap]
            previous = wave
            if chunk.final:
                return
        yield previous[-overlap:]

    def window(
        self, codes: list[int], new: int, latent: mx.array | None, sentence: int
    ) -> tuple[mx.array, np.ndarray]:
        """Latent frames of the newest tokens and their overlap, and their sound."""
        extra = 0 if latent is None or new >= SHORT_CHUNK else SHORT_CHUNK - new
        overlap = 0 if latent is None else OVERLAP_TOKENS + extra
        tail = None if latent is None else latent[:, -2 * overlap :]
        frames = latent_window(
            self.sovits, mx.array([codes]), self.phones(sentence), self.ge, new + overlap, tail
        )
        wave = self.sovits.decode_latent(
            frames, self.ge, noise_scale=self.config["noise_scale"], noise=next(self.noise)
        )
        samples = np.array(wave).reshape(-1)
        return frames, samples[-(new + OVERLAP_TOKENS) * SAMPLES_A_TOKEN :] if extra else samples

    def run(self) -> list[np.ndarray]:
        """What the reference yields: 16-bit integers, piece after piece."""
        pause = silence(self.request["fragment_interval"], RATE)
        if self.request.get("streaming_mode"):
            pieces: list[np.ndarray] = []
            for sentence in range(self.sentences()):
                pieces += [limit_peak(piece) for piece in self.streamed(sentence)]
                pieces.append(pause)
            return [to_int16(piece) for piece in pieces]
        sound = self.whole()
        fragments = [np.concatenate([limit_peak(sound[i]), pause]) for i in sorted(sound)]
        if not self.request.get("return_fragment"):
            fragments = [np.concatenate(fragments)]
        return [to_int16(fragment) for fragment in fragments]


def networks(entry: dict[str, Any]) -> tuple[T2S, SoVITS]:
    drawn = golden_cases.draw_weights(entry["config"]["t2s_weights"])
    t2s = T2S(T2SConfig.from_checkpoint({"model": entry["config"]["t2s"]}, drawn))
    strict_load(t2s, t2s_names.sanitize(drawn), "t2s")
    drawn = golden_cases.draw_weights(entry["weights"])
    sovits = SoVITS(SoVITSConfig.from_checkpoint({"model": entry["config"]["sovits"]}, drawn))
    unused = ("quantizer.*.inited", "quantizer.*.cluster_size", "quantizer.*.embed_avg", "enc_q.*")
    strict_load(sovits, SoVITS.sanitize(drawn), "sovits", ignore=unused)
    for network in (t2s, sovits):
        prepare(network, Backend.CPU)
    return t2s, sovits


@pytest.mark.parametrize("name", cases("glue", r"^pipeline_"))
def test_pipeline(name, load_case, assert_close):
    arrays, entry = load_case(name)
    pieces = Pipeline(arrays, entry["config"], *networks(entry)).run()
    assert [len(piece) for piece in pieces] == arrays["yields"].tolist()
    assert_close(np.concatenate(pieces), arrays["audio"], entry)
