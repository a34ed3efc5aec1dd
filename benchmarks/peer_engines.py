"""Other GPT-SoVITS engines at full v2 size with random weights, for `peers.py`, which starts one process per engine.

Each engine's own classes and its own decoding loop run; the end token is made impossible, so that a text has as many
tokens as asked for. Runs in an environment with PyTorch; the folder of checkouts holds `upstream` (RVC-Boss/GPT-SoVITS),
and the unpacked wheels `gsv_tts_lite` and `aqua_tts`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import types
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from peer_base import CONFIG, LAYERS, OPTIONS, PHONES, SHORT, Counter, Engine, timed


class Lite(Engine):
    """gsv-tts-lite: static caches and captured graphs."""

    _NAMES = (
        ("self_attn.in_proj_weight", "qkv.weight"),
        ("self_attn.in_proj_bias", "qkv.bias"),
        ("self_attn.out_proj.weight", "out_proj.weight"),
        ("self_attn.out_proj.bias", "out_proj.bias"),
        ("linear1.weight", "mlp.0.weight"),
        ("linear1.bias", "mlp.0.bias"),
        ("linear2.weight", "mlp.2.weight"),
        ("linear2.bias", "mlp.2.bias"),
        ("norm1.weight", "norm1.weight"),
        ("norm1.bias", "norm1.bias"),
        ("norm2.weight", "norm2.weight"),
        ("norm2.bias", "norm2.bias"),
    )

    def load(self) -> None:
        """Their classes, with the reference's weights under their names."""
        self.use_upstream()
        state = self.random_state()
        for layer in range(LAYERS):
            for old, new in self._NAMES:
                state[f"t2s_transformer.blocks.{layer}.{new}"] = state.pop(
                    f"h.layers.{layer}.{old}"
                )
        root = self.peers / "gsv_tts_lite/gsv_tts"
        for name, folder in (
            ("gsv_tts", root),
            ("gsv_tts.GPT_SoVITS.G2P", root / "GPT_SoVITS/G2P"),
            ("gsv_tts.GPT_SoVITS", root / "GPT_SoVITS"),
        ):
            package: Any = types.ModuleType(name)  # its `__init__` loads what is not needed
            package.__path__ = [str(folder)]
            sys.modules[name] = package
        library = import_module("gsv_tts.GPT_SoVITS.GPT.t2s_model")
        network = library.Text2SemanticDecoder(CONFIG)
        network.load_state_dict(state, strict=False)
        self.network = network.to(self.device, self.dtype).eval()
        where = torch.device(self.device)
        self.network.initialize_runtime(self.dtype, where, [(1, 512), (1, 768), (1, 1024)])
        self.counter = Counter()
        library.__dict__["tqdm"] = self.counter
        vocoder = self.sovits(import_module("gsv_tts.GPT_SoVITS.SoVITS.models"))
        vocoder.dec.remove_weight_norm()
        self.vocoder = vocoder.to(self.device, self.dtype)
        self.vocoder.initialize_runtime(self.dtype, where, [50, 55])
        self.style = self.vocoder.get_ge(
            torch.rand(1, 1025, 250, device=self.device, dtype=self.dtype)
        )

    def decode(self, tokens: int) -> None:
        """The first token is not among what comes back."""
        self.counter.limit = tokens - 1
        found = self.network.infer(
            self.phones, self.prompt, self.bert(PHONES).transpose(1, 2), **OPTIONS
        )
        if found.shape[-1] != tokens - 1:
            raise RuntimeError(f"{found.shape[-1]} tokens of {tokens}")

    def packet(self, phones: int) -> None:
        """Their stream's first chunk, boosted as its default is."""
        self.counter.limit = 10**6
        text = torch.arange(phones, device=self.device)[None] % 732
        stream = self.network.infer_stream(
            self.said(phones),
            self.prompt,
            self.bert(PHONES + phones).transpose(1, 2),
            **OPTIONS,
            stream_chunk=25,
            boost_first_chunk=True,
            debug=False,
        )
        codes, _ = next(stream)
        audio, _ = self.vocoder.decode(
            codes,
            text,
            self.style,
            noise_scale=0.5,
            speed=1.0,
            stream_mode=True,
            valid_start_idx=0,
            overlap_len=5,
        )
        audio[0, 0, : -5 * self.vocoder.samples_per_frame].float().cpu().numpy()
        self.vocoder.enc_p.y_overlap = None
        stream.close()


class Eager(Engine):
    """The reference as it runs by default."""

    def load(self) -> None:
        """T2S and SoVITS of the checkout."""
        self.use_upstream()
        network: Any = self.upstream_t2s()
        network.load_state_dict(self.random_state())
        import_module("AR.models.t2s_model").__dict__["tqdm"] = Counter()
        self.network = network.to(self.device, self.dtype)
        self.vocoder = self.sovits(import_module("module.models")).to(self.device, self.dtype)
        self.reference = [torch.rand(1, 1025, 250, device=self.device, dtype=self.dtype)]

    def decode(self, tokens: int) -> None:
        """Their loop, stopped early."""
        self.network.infer_panel(
            self.phones,
            self.lengths(PHONES),
            self.prompt,
            self.bert(PHONES),
            early_stop_num=tokens - 1,
            **OPTIONS,
        )

    def packet(self, phones: int) -> None:
        """Streaming mode 3, 16 tokens."""
        text = torch.arange(phones, device=self.device)[None] % 732
        stream = self.network.infer_panel_naive(
            self.said(phones),
            self.lengths(PHONES + phones),
            self.prompt,
            self.bert(PHONES + phones),
            early_stop_num=1000,
            streaming_mode=True,
            chunk_length=16,
            **OPTIONS,
        )
        codes, _ = next(stream)
        audio, _, _ = self.vocoder.decode_streaming(
            codes.unsqueeze(0), text, self.reference, padding_length=0
        )
        audio[0, 0, : -2 * 1280].float().cpu().numpy()
        stream.close()


class Aqua(Eager):
    """aqua-tts: its captured graph over the reference's network; the whole text is its first packet."""

    def load(self) -> None:
        """The reference's network with their patch."""
        os.environ["GPT_SOVITS_HOME"] = str(self.peers / "upstream")
        os.environ.setdefault("AQUATTS_KV_CACHE_LAYOUT", "nested")
        super().load()
        sys.path.insert(0, str(self.peers / "aqua_tts"))
        import_module("aquatts.modeling.t2s_streaming").apply_cuda_graph_patch(self.network)
        import_module("tqdm").__dict__["tqdm"] = Counter()
        if self.device == "cuda":
            self.network.precapture_cuda_graph()

    def packet(self, phones: int) -> None:
        """The whole text, two tokens per phone."""
        found, _ = self.network.infer_panel(
            self.said(phones),
            self.lengths(PHONES + phones),
            self.prompt,
            self.bert(PHONES + phones),
            early_stop_num=2 * phones - 1,
            **OPTIONS,
        )
        text = torch.arange(phones, device=self.device)[None] % 732
        codes = found[:, -2 * phones :].unsqueeze(0)
        self.vocoder.decode(codes, text, self.reference, noise_scale=0.5, speed=1.0).float().cpu()


class Graph(Engine):
    """The reference's captured graph."""

    def load(self) -> None:
        """Its decoder and runner."""
        self.use_upstream()
        library = import_module("AR.models.t2s_model_cudagraph")
        library.__dict__["tqdm"] = Counter()
        if self.device == "cpu":
            torch.Tensor.cuda = lambda self: self  # type: ignore[method-assign,assignment]
        network = library.T2SDecoder(CONFIG, max_batch_size=1)
        network.load_state_dict(
            {f"model.{key}": value for key, value in self.random_state().items()}
        )
        self.runner = library.CUDAGraphRunner(network.eval(), torch.device(self.device), self.dtype)
        self.request = import_module("AR.models.structs_cudagraph").T2SRequest

    def decode(self, tokens: int) -> None:
        """Their request."""
        answer = self.runner.generate(
            self.request(
                x=[self.phones[0]],
                x_lens=self.lengths(PHONES),
                prompts=self.prompt,
                bert_feature=[self.bert(PHONES)[0]],
                valid_length=1,
                early_stop_num=tokens - 1,
                use_cuda_graph=True,
                **OPTIONS,
            )
        )
        if answer.status != "Success":
            raise RuntimeError(answer.traceback)


ENGINES: dict[str, type[Engine]] = {"lite": Lite, "aqua": Aqua, "graph": Graph, "eager": Eager}


def main() -> None:
    """Measure one engine; the seconds of each sample as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tokens", type=int, default=525)
    parser.add_argument("--phones", default="20,80")
    parser.add_argument("--samples", type=int, default=5)
    given = parser.parse_args()
    found: dict[str, list[float]] = {}
    with torch.inference_mode():
        engine = ENGINES[given.engine](given.peers.resolve(), given.device)
        for tokens in (SHORT, given.tokens):
            run = partial(engine.decode, tokens)
            found[f"tokens {tokens}"] = timed(run, given.device, given.samples)
        for phones in map(int, given.phones.split(",")):
            packet = partial(engine.packet, phones)
            with contextlib.suppress(NotImplementedError):
                found[f"packet {phones}"] = timed(packet, given.device, given.samples)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
