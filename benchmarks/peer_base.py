"""What `peer_engines.py` needs of every engine: inputs, random weights, timing."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import torch

PHONES, PROMPT, LAYERS = 60, 125, 24
SHORT = 25
CONFIG: dict[str, Any] = {
    "model": {
        "hidden_dim": 512,
        "embedding_dim": 512,
        "head": 16,
        "linear_units": 2048,
        "n_layer": LAYERS,
        "vocab_size": 1025,
        "phoneme_vocab_size": 732,
        "dropout": 0,
        "EOS": 1024,
    }
}
OPTIONS = {"top_k": 15, "top_p": 1.0, "temperature": 1.0, "repetition_penalty": 1.35}
_ONLY_FOR_TRAINING = (
    "torchmetrics",
    "torchmetrics.classification",
    "matplotlib",
    "f5_tts",
    "f5_tts.model",
)


class Engine(ABC):
    """One engine, loaded.

    Args:
        peers: the folder of checkouts.
        device: `cuda` or `cpu`.
    """

    def __init__(self, peers: Path, device: str) -> None:
        self.peers, self.device = peers, device
        self.dtype = torch.float16 if device == "cuda" else torch.float32
        self.phones = torch.arange(PHONES, device=device)[None] % 732
        self.prompt = torch.arange(PROMPT, device=device)[None] % 1024
        self.load()

    @abstractmethod
    def load(self) -> None:
        """Build the networks."""

    @abstractmethod
    def decode(self, tokens: int) -> None:
        """Decode so many tokens after 60 phones and a prompt of 125 tokens."""

    def packet(self, phones: int) -> None:
        """Make the first sound that leaves for a text of so many phones.

        Raises:
            NotImplementedError: the engine has no such thing.
        """
        raise NotImplementedError

    def bert(self, phones: int) -> torch.Tensor:
        """Features of the prompt and a text, [1, 1024, n]."""
        return torch.zeros(1, 1024, phones, device=self.device, dtype=self.dtype)

    def said(self, phones: int) -> torch.Tensor:
        """Phones of the prompt and of a text, [1, n]."""
        return torch.arange(PHONES + phones, device=self.device)[None] % 732

    def lengths(self, phones: int) -> torch.Tensor:
        """How many there are."""
        return torch.tensor([phones], device=self.device)

    def use_upstream(self) -> None:
        """Put the reference's modules on the path, without what only training needs."""
        for name in _ONLY_FOR_TRAINING:
            module: Any = types.ModuleType(name)
            module.__getattr__ = lambda _: mock.MagicMock()
            module.__path__ = []
            sys.modules[name] = module
        sys.path.insert(0, str(self.peers / "upstream/GPT_SoVITS"))

    def random_state(self) -> dict[str, torch.Tensor]:
        """Random weights of T2S, the end token out of reach."""
        torch.manual_seed(1)
        state: dict[str, torch.Tensor] = self.upstream_t2s().state_dict()
        generator = torch.Generator().manual_seed(2)
        for key, value in state.items():
            if "norm" not in key and value.is_floating_point() and value.dim() > 1:
                value.copy_(
                    torch.randn(value.shape, generator=generator) * (0.7 / value.shape[-1] ** 0.5)
                )
        last = f"h.layers.{LAYERS - 1}.norm2."
        state[last + "weight"][0], state[last + "bias"][0] = 0, 3
        predict = state["ar_predict_layer.weight"]
        predict[:, 0], predict[-1] = 0, 0
        predict[-1, 0] = -50
        return {key: value.clone() for key, value in state.items()}

    @staticmethod
    def upstream_t2s() -> torch.nn.Module:
        """The reference's network."""
        network: torch.nn.Module = import_module("AR.models.t2s_model").Text2SemanticDecoder(CONFIG)
        return network.eval()

    def sovits(self, models: types.ModuleType) -> Any:  # noqa: ANN401  each engine's own class
        """A vocoder of v2 by a module's `SynthesizerTrn`, random weights."""
        torch.manual_seed(3)
        file = self.peers / "upstream/GPT_SoVITS/configs/s2.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        data, model = config["data"], config["model"]
        model.update(semantic_frame_rate="25hz", version="v2")
        frames = config["train"]["segment_size"] // data["hop_length"]
        bins = data["filter_length"] // 2 + 1
        network = models.SynthesizerTrn(bins, frames, n_speakers=data["n_speakers"], **model)
        return network.eval()


class Counter:
    """Stands for a progress bar, and ends the loop it counts."""

    def __init__(self) -> None:
        self.limit = 10**6

    def __call__(self, items: Iterable[int], **_: object) -> Iterator[int]:
        """The first `limit` of them."""
        for number, item in enumerate(items):
            if number >= self.limit:
                return
            yield item


def timed(run: Callable[[], None], device: str, samples: int) -> list[float]:
    """Seconds of each run, after two that do not count."""
    took = []
    for turn in range(-2, samples):
        _finish(device)
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            run()
        _finish(device)
        if turn >= 0:
            took.append(time.perf_counter() - start)
    return took


def _finish(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
