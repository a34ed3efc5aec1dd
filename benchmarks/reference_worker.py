"""Runs in a Python that has PyTorch: full-size networks of a checkout of the reference, on demand.

`full_size.py` starts one with the checkout's path and a number of threads, and writes the name of a
stage on its standard input; the answer is one line, the seconds that the stage took.
"""

from __future__ import annotations

import json
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import torch  # not a dependency of this project: the comparison's Python brings it
from reference_stages import PHONES, PROMPT, TOKENS


def stub_unused() -> None:
    """Stand-ins for packages that the reference imports for training only."""
    for name in (
        "torchmetrics",
        "torchmetrics.classification",
        "matplotlib",
        "f5_tts",
        "f5_tts.model",
    ):
        module = types.ModuleType(name)
        module.__getattr__ = lambda _: mock.MagicMock()  # type: ignore[method-assign]
        sys.modules[name] = module


def t2s_stages() -> dict[str, Callable[[], object]]:
    """Prefill and steps of the text-to-semantic network."""
    from AR.models.t2s_model import Text2SemanticDecoder

    model = {
        "hidden_dim": 512, "embedding_dim": 512, "head": 16, "linear_units": 2048, "n_layer": 24,
        "vocab_size": 1025, "phoneme_vocab_size": 732, "dropout": 0, "EOS": 1024,
    }  # fmt: skip
    network = Text2SemanticDecoder({"model": model}).eval()
    phones = torch.arange(PHONES)[None] % 732
    bert, prompt = torch.zeros(1, 1024, PHONES), torch.arange(PROMPT)[None] % 1024

    def decode(tokens: int) -> None:
        lengths = torch.tensor([PHONES])
        options = {"top_k": 15, "top_p": 1, "temperature": 1.0, "early_stop_num": tokens - 1}
        next(network.infer_panel_naive(phones, lengths, prompt, bert, **options))

    return {"t2s 1 token": lambda: decode(1), f"t2s {TOKENS} tokens": lambda: decode(TOKENS)}


def sovits_stages(folder: Path) -> dict[str, Callable[[], object]]:
    """The acoustic model: 5 s of audio."""
    from module.models import SynthesizerTrn

    config = json.loads((folder / "configs" / "s2.json").read_text(encoding="utf-8"))
    data, model = config["data"], config["model"]
    model.update(semantic_frame_rate="25hz", version="v2")
    network = SynthesizerTrn(
        data["filter_length"] // 2 + 1,
        config["train"]["segment_size"] // data["hop_length"],
        n_speakers=data["n_speakers"],
        **model,
    ).eval()
    codes = torch.arange(TOKENS)[None, None] % 1024
    phones, spectrum = torch.arange(PHONES)[None] % 732, torch.rand(1, 1025, 250)
    return {"sovits 5 s": lambda: network.decode(codes, phones, [spectrum])}


def hubert_stage() -> dict[str, Callable[[], object]]:
    """The SSL encoder over a reference of 5 s and its trailing zeros."""
    from transformers import HubertConfig, HubertModel

    network = HubertModel(HubertConfig()).eval()
    samples = torch.randn(1, int(5.6 * 16000)) * 0.1
    return {"hubert 5 s": lambda: network(samples)}


def main() -> None:
    """Answer until the input ends."""
    checkout, threads = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    hubert = hubert_stage()  # transformers looks for packages that the next line pretends to be
    stub_unused()
    folder = checkout / "GPT_SoVITS"
    sys.path.insert(0, str(folder))
    answers, sys.stdout = sys.stdout, sys.stderr
    with torch.inference_mode():
        stages = {**t2s_stages(), **sovits_stages(folder), **hubert}
        print(
            json.dumps({"stages": list(stages), "torch": torch.__version__}),
            file=answers,
            flush=True,
        )
        for line in sys.stdin:
            start = time.perf_counter()
            stages[line.strip()]()
            print(time.perf_counter() - start, file=answers, flush=True)


if __name__ == "__main__":
    main()
