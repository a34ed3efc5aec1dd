"""The networks of one pack, each built when it is first needed."""

from __future__ import annotations

import logging
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import PackError
from dora_mlx_tts.models import t2s as t2s_names
from dora_mlx_tts.models.bert import Bert, BertConfig
from dora_mlx_tts.models.hubert import Hubert, HubertConfig
from dora_mlx_tts.models.layers import prepare
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.t2s import T2S, T2SConfig
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.text.bert_features import BertFeatures, BertTokenizer
from dora_mlx_tts.weights.load import strict_load
from dora_mlx_tts.weights.pack import Pack

logger = logging.getLogger(__name__)


class Networks:
    """A pack's networks on a device."""

    def __init__(self, pack: Pack, device: Device) -> None:
        self.pack = pack
        self.device = device

    @classmethod
    def open(cls, folder: Path, device: Device) -> Networks:
        """Open a pack; its files are checked now, its networks built later.

        Raises:
            PackError: the pack is missing, damaged, or lacks a part that speech needs.
        """
        pack = Pack.open(folder)
        for part in ("t2s", "sovits"):
            if not pack.has(part):
                raise PackError(f"{folder}: the pack has no part {part!r}; speech needs it")
        return cls(pack, device)

    @cached_property
    def t2s(self) -> T2S:
        """Phones to semantic tokens."""
        config, weights = self._read("t2s")
        network = T2S(T2SConfig.from_checkpoint(config, weights))
        self._load(network, t2s_names.sanitize(weights), "t2s")
        return network

    @cached_property
    def sovits(self) -> SoVITS:
        """Semantic tokens and phones to samples."""
        config, weights = self._read("sovits")
        network = SoVITS(SoVITSConfig.from_checkpoint(config, weights))
        self._load(network, SoVITS.sanitize(weights), "sovits")
        return network

    @cached_property
    def ssl(self) -> Hubert:
        """Recordings to features, for preparing a reference.

        Raises:
            PackError: the pack has none.
        """
        config, weights = self._read("ssl")
        network = Hubert(HubertConfig.from_dict(config))
        self._load(network, Hubert.sanitize(weights), "ssl")
        return network

    @cached_property
    def features(self) -> BertFeatures | None:
        """Features of Chinese text, or None: without them the network reads zeros."""
        if not self.pack.has("bert"):
            return None
        config, weights = self._read("bert")
        network = Bert(BertConfig.from_dict(config))
        self._load(network, network.sanitize(weights), "bert")
        tokenizer = BertTokenizer.from_vocab(self.pack.file("vocab.txt"))
        return BertFeatures(tokenizer, lambda ids: np.array(network.features(mx.array(ids)), np.float32))

    def _read(self, part: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.pack.part(part)

    def _load(self, network: Any, weights: dict[str, Any], part: str) -> None:  # noqa: ANN401  any network
        start = time.perf_counter()
        strict_load(network, weights, f"{self.pack.root}: {part}")
        prepare(network, self.device.formulation)
        logger.debug("%s built in %.0f ms", part, 1000 * (time.perf_counter() - start))
