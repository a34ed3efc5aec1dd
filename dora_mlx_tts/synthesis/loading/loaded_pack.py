"""A loaded pack: its networks, and the state kept from text to text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.t2s.model import T2S, Cache
from dora_mlx_tts.packs.verified import VerifiedFiles
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.runtime.kernel_verdicts import VerdictStore
from dora_mlx_tts.synthesis.codes.code_table import CodeTable, TableStore
from dora_mlx_tts.synthesis.loading.alignment import AlignmentHeads, alignment_heads
from dora_mlx_tts.synthesis.loading.head_store import HeadStore, heads_name
from dora_mlx_tts.synthesis.loading.networks import Networks, check_fit
from dora_mlx_tts.synthesis.loading.prompt import Prompt
from dora_mlx_tts.synthesis.pace import SpeedMeter

_MOST_KEPT = 8  # caches kept for the next text; further ones free their memory
_LONGEST_KEPT = 1024  # positions; a cache that grew larger frees its memory


class KeptCache:
    """A key-value cache that sentences use one after the other."""

    def __init__(self, network: T2S) -> None:
        self._network = network
        self._cache: Cache | None = None

    def lend(self) -> Cache:
        """The cache, created on first use."""
        if self._cache is None:
            self._cache = self._network.make_cache()
        return self._cache

    def give_back(self) -> int:
        """Free the cache if it is too large to keep; returns the positions that stay allocated."""
        if self._cache is None:
            return 0
        if self._cache.capacity > _LONGEST_KEPT:
            self._cache.free()
        return self._cache.capacity


class LoadedPack:
    """Networks of a pack with their key-value caches, alignment heads and code table.

    All voices of the pack share it; it is freed with the last of them.

    Args:
        networks: the pack's networks.
        tables: store for learned code tables; None keeps them only while the pack is loaded.
        heads: store for alignment heads; None searches for them at every start.

    Attributes:
        speed: the measured speed of its networks.
        heads: attention heads that show when words are spoken; none until a prompt with a text was prepared.
    """

    def __init__(
        self,
        networks: Networks,
        tables: TableStore | None = None,
        heads: HeadStore | None = None,
    ) -> None:
        self.networks = networks
        self.speed = SpeedMeter()
        self._heads = heads or HeadStore(None)
        self.heads: AlignmentHeads = ()
        self._tables = tables or TableStore(None)
        self._table: CodeTable | None = None
        self._free: list[KeptCache] = []
        self._is_checked = self._has_heads = False

    @classmethod
    def open(
        cls,
        folder: Path,
        device: Device,
        *,
        tables: TableStore | None = None,
        heads: HeadStore | None = None,
        verified: VerifiedFiles | None = None,
        exact: bool = False,
        verdicts: VerdictStore | None = None,
    ) -> Self:
        """Open a pack; arguments and errors are those of `Networks.open`."""
        networks = Networks.open(folder, device, verified=verified, exact=exact, verdicts=verdicts)
        return cls(networks, tables, heads)

    @property
    def table(self) -> CodeTable | None:
        """The codes that phones are spoken with, learned from each sentence; None if the pack has a table."""
        return self._table if self.networks.phone_codes is None else None

    def prepare(self, prompt: Prompt) -> None:
        """Check that the pack's parts fit together, and learn from the first prompts; later calls are quick.

        Raises:
            PackError: the parts do not fit together.
        """
        if not self._is_checked:
            check_fit(self.networks)
            self._is_checked = True
        if not self._has_heads and not prompt.is_zero_shot:
            self.heads = self._find_heads(prompt)
            self._has_heads = True
        if self._table is None and self.networks.phone_codes is None:
            codebook = np.array(self.networks.encoder.quantizer.embed.astype(mx.float32))
            table = self._table = self._tables.get(codebook)
            if not table.lessons:
                table.learn(np.asarray(prompt.phones), np.asarray(prompt.codes))

    def _find_heads(self, prompt: Prompt) -> AlignmentHeads:
        networks = self.networks
        name = heads_name(networks.pack, networks.device, prompt)
        return self._heads.get(
            name, networks.t2s.config, lambda: alignment_heads(networks.t2s, prompt)
        )

    @contextmanager
    def borrow_cache(self) -> Iterator[KeptCache]:
        """A key-value cache for one text; texts spoken in turns have one each."""
        cache = self._free.pop() if self._free else KeptCache(self.networks.t2s)
        try:
            yield cache
        finally:
            if len(self._free) < _MOST_KEPT:
                self._free.append(cache)

    def keep_table(self) -> None:
        """Save the learned table at intervals; call it at the end of each text."""
        if self.table is not None:
            self._tables.keep(self.table)
