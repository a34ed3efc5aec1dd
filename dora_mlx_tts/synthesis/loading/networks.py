"""The networks of one pack, each built on first use."""

from __future__ import annotations

import logging
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import PackError
from dora_mlx_tts.models.cfm.cfm import CFM
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.cfm.families import FLOWS, FlowFamily
from dora_mlx_tts.models.cfm.stream import FlowDecoder
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.bert import Bert, BertConfig
from dora_mlx_tts.models.encoders.eres2net import SpeakerConfig, SpeakerNetwork
from dora_mlx_tts.models.encoders.hubert import Hubert, HubertConfig
from dora_mlx_tts.models.sovits.conditioner import Conditioner, ConditionerConfig
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.semantic import SemanticEncoder
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.models.t2s import model as t2s_names
from dora_mlx_tts.models.t2s.kernel_choice import own_kernel, take_up
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig
from dora_mlx_tts.models.vocoders.bigvgan import BigVGAN
from dora_mlx_tts.models.vocoders.hifigan import HiFiGAN
from dora_mlx_tts.packs.families import STEP_EMBEDDING
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.packs.stored import Stored, Weights
from dora_mlx_tts.packs.verified import VerifiedFiles
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore
from dora_mlx_tts.synthesis.codes import phone_codes
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes
from dora_mlx_tts.text.bert_features import BertFeatures, BertTokenizer
from dora_mlx_tts.text.symbols import SymbolTable

logger = logging.getLogger(__name__)

_MANY_ROWS = frozenset({"ssl", "bert", "cfm"})
"""Parts that multiply many rows by each matrix: on a CPU they stay in the file, at half the size."""
_ONCE = ("estimator.*attn_norm.linear.weight", "estimator.norm_out.linear.weight")
"""Flow-matching matrices that are used once per step count: no device keeps them in memory."""
_FOR_RECORDINGS = ("ssl", "speaker")
_EIGHT_BIT = {"t2s": ("h.layers.*",), "ssl": ("*",), "bert": ("encoder.*",)}
"""Parts whose 8-bit matrices stay 8-bit on a GPU. A CPU cannot multiply them fast."""
_HALF = frozenset({"t2s", "ssl", "bert", "cfm"})
"""Parts that compute in half precision on a GPU, as the reference does; audio is made in float32."""


class Networks:
    """A pack's networks on a device."""

    def __init__(
        self,
        pack: Pack,
        device: Device,
        *,
        exact: bool = False,
        verdicts: VerdictStore | None = None,
    ) -> None:
        self.pack = pack
        self.device = device
        self._exact = exact
        self._is_ahead = False
        self._verdicts = verdicts or VerdictStore(None)

    @classmethod
    def open(
        cls,
        folder: Path,
        device: Device,
        *,
        verified: VerifiedFiles | None = None,
        exact: bool = False,
        verdicts: VerdictStore | None = None,
    ) -> Networks:
        """Open a pack: check its files now, build its networks later.

        Args:
            folder: the pack's.
            device: where networks run.
            verified: files whose hashes need not be checked again.
            exact: compute everything in float32, even where half precision is as good.
            verdicts: results of kernel trials; None keeps them with the networks.

        Raises:
            PackError: the pack is missing, damaged, or lacks a part that speech needs.
        """
        pack = Pack.open(folder, verified=verified)
        parts = ("t2s", "sovits", *(("cfm", "vocoder") if pack.manifest.model in FLOWS else ()))
        for part in parts:
            if not pack.has(part):
                raise PackError(f"{folder}: the pack has no part {part!r}; speech needs it")
        return cls(pack, device, exact=exact, verdicts=verdicts)

    @cached_property
    def t2s(self) -> T2S:
        """Phones to semantic tokens, using this package's kernel if it can decode a row."""
        config, weights = self._read("t2s")
        sizes = T2SConfig.from_checkpoint(config, weights)
        kernel = own_kernel(self.device, sizes, self._precision("t2s"), self._verdicts)
        if kernel is None:
            return self._t2s(sizes, weights, self._kept("t2s"))
        network = self._t2s(sizes, weights, ())  # kernels read plain matrices
        if not take_up(network, kernel) and self._kept("t2s"):
            network = self._t2s(sizes, weights, self._kept("t2s"))
        return network

    def _t2s(self, sizes: T2SConfig, weights: Weights, kept: tuple[str, ...]) -> T2S:
        network = T2S(sizes)
        self._load(network, t2s_names.sanitize(weights), "t2s", kept)
        if self._in_eight_bits:
            network.compile_in_eight_bits(round_rows=self.device.int8)
        return network

    @cached_property
    def sovits(self) -> SoVITS:
        """Semantic tokens and phones to samples."""
        config, weights = self._read("sovits")
        network = SoVITS(SoVITSConfig.from_checkpoint(config, weights))
        self._load(network, SoVITS.sanitize(weights), "sovits")
        return network

    def compile_ahead(self) -> None:
        """Let OpenVINO compile what it is to compute, on threads; BERT when it is built.

        That takes longer than it gains for one sentence, so it is only worth it where more are to follow.
        """
        self._is_ahead = True
        if self.device.openvino and self.flow is None:
            self.sovits.compile_generator()
        if self._in_eight_bits:
            self.t2s.compile_in_eight_bits(round_rows=self.device.int8)

    @property
    def _in_eight_bits(self) -> bool:
        """Whether OpenVINO runs T2S and BERT with 8-bit weights: on demand, or where the pack has no finer ones."""
        if self.device.int8:
            return True
        is_coarse = self.pack.manifest.storage.startswith("int")
        return self._is_ahead and self.device.openvino and is_coarse and not self._exact

    @property
    def flow(self) -> FlowFamily | None:
        """The flow-matching parameters of this family, or None if SoVITS makes the audio itself."""
        return FLOWS.get(self.pack.manifest.model)

    @cached_property
    def flow_decoder(self) -> FlowDecoder:
        """v3 and later: all networks from codes to samples."""
        sizes = FLOWS[self.pack.manifest.model].sizes
        return FlowDecoder(self.conditioner, self.cfm, self.vocoder, sizes)

    @property
    def encoder(self) -> SemanticEncoder:
        """The network that turns recordings into codes and style, and codes into frames."""
        return self.conditioner if self.flow else self.sovits

    @cached_property
    def conditioner(self) -> Conditioner:
        """v3 and later: semantic tokens and phones to the features that flow matching starts from."""
        config, weights = self._read("sovits")
        version = FLOWS[self.pack.manifest.model].conditioner
        network = Conditioner(ConditionerConfig.from_checkpoint(config, weights, version))
        self._load(network, Conditioner.sanitize(weights), "sovits")
        return network

    @cached_property
    def cfm(self) -> CFM:
        """v3 and later: features to spectrograms.

        Raises:
            PackError: the network belongs to another family.
        """
        _, weights = self._read("cfm")
        network = CFM(DiTConfig.from_weights(weights))
        model = self.pack.manifest.model
        if network.config.step_embedding != (model in STEP_EMBEDDING):
            raise PackError(f"{self.pack.root}: part 'cfm' is not a network of family {model}")
        self._load(network, CFM.sanitize(weights), "cfm")
        return network

    @cached_property
    def vocoder(self) -> BigVGAN | HiFiGAN:
        """v3 and later: spectrograms to samples."""
        config, weights = self._read("vocoder")
        kind = BigVGAN if config.get("kind") == "bigvgan" else HiFiGAN
        network = kind(kind.read_config(config, weights))
        self._load(network, kind.sanitize(weights), "vocoder")
        return network

    @cached_property
    def speaker(self) -> SpeakerNetwork:
        """v2Pro: recordings to speaker embeddings.

        Raises:
            PackError: the pack has no such network.
        """
        _, weights = self._read("speaker")
        network = SpeakerNetwork(SpeakerConfig.from_weights(weights))
        tensors = {key: weight.full() for key, weight in weights.items()}
        self._load(network, SpeakerNetwork.sanitize(tensors), "speaker")
        return network

    @cached_property
    def ssl(self) -> Hubert:
        """Recordings to features, for preparing a reference.

        Raises:
            PackError: the pack has no such network.
        """
        config, weights = self._read("ssl")
        network = Hubert(HubertConfig.from_dict(config))
        self._load(network, Hubert.sanitize(weights), "ssl")
        return network

    @cached_property
    def bert(self) -> Bert:
        """Chinese characters to features.

        Raises:
            PackError: the pack has no such network.
        """
        config, weights = self._read("bert")
        network = Bert(BertConfig.from_dict(config))
        self._load(network, network.sanitize(weights), "bert")
        if self._in_eight_bits:
            network.compile_in_eight_bits(round_rows=self.device.int8)
        return network

    @cached_property
    def phone_codes(self) -> PhoneCodes | None:
        """The table of codes of real speech, or None if the pack has none.

        Raises:
            PackError: the part is damaged, or made for another tokenizer.
        """
        if not self.pack.has(phone_codes.PART):
            return None
        source = str(self.pack.root)
        _, tensors = self.pack.part(phone_codes.PART)
        table = PhoneCodes.read(tensors, source)
        if table.codes != self.encoder.config.codes:
            raise PackError(
                f"{source}: part {phone_codes.PART!r} knows {table.codes} codes, part 'sovits' reads"
                f" {self.encoder.config.codes}: its parts are of different families"
            )
        return table

    @property
    def features(self) -> BertFeatures | None:
        """Features of Chinese text, or None: without them the network reads zeros.

        The network, usually the largest of a pack, is built with the first Chinese text. The returned object
        refers to this pack, so the pack does not keep it: dropping a pack must free it at once.
        """
        tokenizer = self._bert_tokenizer
        if tokenizer is None:
            return None
        return BertFeatures(
            tokenizer, lambda ids: np.array(self.bert.features(mx.array(ids)), np.float32)
        )

    @cached_property
    def _bert_tokenizer(self) -> BertTokenizer | None:
        return (
            BertTokenizer.from_vocab(self.pack.file("vocab.txt")) if self.pack.has("bert") else None
        )

    def release_encoders(self) -> None:
        """Release the networks that only new recordings need; they are rebuilt on demand."""
        for name in _FOR_RECORDINGS:
            self.__dict__.pop(name, None)  # where `cached_property` stores them

    def _kept(self, part: str) -> tuple[str, ...]:
        """Patterns of matrices that stay in stored form; see `models/core/stored_matmul.py`."""
        if self.device.backend is Backend.CPU:
            return ("*",) if part in _MANY_ROWS else ()
        if part == "cfm":
            return _ONCE
        if not self.pack.manifest.storage.startswith("int") or self._exact:
            return ()
        return _EIGHT_BIT.get(part, ())

    def _precision(self, part: str) -> mx.Dtype:
        halved = self.device.kind == "gpu" and part in _HALF and not self._exact
        return mx.float16 if halved else mx.float32

    def _read(self, part: str) -> tuple[dict[str, Any], dict[str, Stored]]:
        return self.pack.weights(part)

    def _load(
        self,
        network: Any,  # noqa: ANN401  any network
        weights: Weights,
        part: str,
        kept: tuple[str, ...] | None = None,
    ) -> None:
        start = time.perf_counter()
        strict_load(
            network,
            weights,
            f"{self.pack.root}: {part}",
            dtype=self._precision(part),
            keep=self._kept(part) if kept is None else kept,
        )
        prepare(network, self.device.backend)
        logger.debug("%s built in %.0f ms", part, 1000 * (time.perf_counter() - start))


def check_fit(networks: Networks) -> None:
    """Check that both networks know the pack's phones, and that SoVITS knows the codes of T2S.

    Raises:
        PackError: they do not; the message says what each one has.
    """
    where, symbols = networks.pack.root, networks.pack.manifest.symbols
    needed = len(SymbolTable.load(symbols))
    t2s, encoder = networks.t2s.config, networks.encoder.config
    for part, phones in (("t2s", t2s.phones), ("sovits", encoder.symbols)):
        if phones < needed:
            raise PackError(
                f"{where}: part {part!r} knows {phones} phones, symbols {symbols!r} are {needed}:"
                " its parts are of different families"
            )
    if t2s.eos != encoder.codes:
        raise PackError(
            f"{where}: part 't2s' writes {t2s.eos} codes, part 'sovits' reads {encoder.codes}:"
            " its parts are of different families"
        )
