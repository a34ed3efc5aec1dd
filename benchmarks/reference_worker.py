"""Runs in a Python that has PyTorch: full-size networks of a checkout of the reference, on demand.

`full_size.py` starts one with the checkout's path, a number of threads, a device and a precision, and
writes the name of a stage on its standard input; the answer is one line: the seconds that it took and
the GPU's memory at its peak in bytes, or an error.
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


def t2s_stages(place: Callable[[object], torch.Tensor]) -> dict[str, Callable[[], object]]:
    """Prefill and steps of the text-to-semantic network."""
    from AR.models.t2s_model import Text2SemanticDecoder

    model = {
        "hidden_dim": 512, "embedding_dim": 512, "head": 16, "linear_units": 2048, "n_layer": 24,
        "vocab_size": 1025, "phoneme_vocab_size": 732, "dropout": 0, "EOS": 1024,
    }  # fmt: skip
    network = place(Text2SemanticDecoder({"model": model}).eval())
    network.ar_predict_layer.weight[-1].zero_()  # random weights must not end by themselves
    phones = place(torch.arange(PHONES)[None] % 732)
    bert, prompt = place(torch.zeros(1, 1024, PHONES)), place(torch.arange(PROMPT)[None] % 1024)

    def decode(tokens: int) -> None:
        lengths = place(torch.tensor([PHONES]))
        options = {"top_k": 15, "top_p": 1, "temperature": 1.0, "early_stop_num": tokens - 1}
        next(network.infer_panel_naive(phones, lengths, prompt, bert, **options))

    return {"t2s 1 token": lambda: decode(1), f"t2s {TOKENS} tokens": lambda: decode(TOKENS)}


def sovits_stages(
    folder: Path, place: Callable[[object], torch.Tensor]
) -> dict[str, Callable[[], object]]:
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
    )
    network = place(network.eval())
    codes = place(torch.arange(TOKENS)[None, None] % 1024)
    phones, spectrum = place(torch.arange(PHONES)[None] % 732), place(torch.rand(1, 1025, 250))
    return {"sovits 5 s": lambda: network.decode(codes, phones, [spectrum])}


def hubert_stage(place: Callable[[object], torch.Tensor]) -> dict[str, Callable[[], object]]:
    """The SSL encoder over a reference of 5 s and its trailing zeros."""
    from transformers import HubertConfig, HubertModel

    network = place(HubertModel(HubertConfig()).eval())
    samples = place(torch.randn(1, int(5.6 * 16000)) * 0.1)
    return {"hubert 5 s": lambda: network(samples)}


def placer(device: str, precision: str) -> Callable[[object], torch.Tensor]:
    """Moves networks and tensors to the device; real numbers get the precision."""
    dtype = getattr(torch, precision)

    def place(what: torch.nn.Module | torch.Tensor) -> torch.nn.Module | torch.Tensor:
        if isinstance(what, torch.Tensor) and not what.is_floating_point():
            return what.to(device)
        return what.to(device, dtype)

    return place


def main() -> None:
    """Answer until the input ends."""
    checkout, threads, device, precision = Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]
    torch.set_num_threads(threads)
    place = placer(device, precision)
    hubert = hubert_stage(
        place
    )  # transformers looks for packages that the next line pretends to be
    stub_unused()
    folder = checkout / "GPT_SoVITS"
    sys.path.insert(0, str(folder))
    answers, sys.stdout = sys.stdout, sys.stderr
    with torch.inference_mode():
        stages = {**t2s_stages(place), **sovits_stages(folder, place), **hubert}
        about = {"stages": list(stages), "torch": torch.__version__}
        print(json.dumps(about), file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(stages[line.strip()], device)), file=answers, flush=True)


def answer(stage: Callable[[], object], device: str) -> dict[str, float | str]:
    """Run a stage to its end."""
    on_gpu = device == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    try:
        stage()
        if on_gpu:
            torch.cuda.synchronize()
    except Exception as error:  # noqa: BLE001  the others are still worth to be measured
        return {"error": f"{type(error).__name__}: {error}"}
    peak = torch.cuda.max_memory_allocated() if on_gpu else 0
    return {"seconds": time.perf_counter() - start, "peak": peak}


if __name__ == "__main__":
    main()
