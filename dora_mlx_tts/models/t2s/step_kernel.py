"""What a GPU kernel for whole decoding steps has to offer, whatever language it is written in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import mlx.core as mx

from dora_mlx_tts.models.t2s.kv_cache import MlxCache
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime.array_types import Ids

LAUNCH = 8
"""Tokens that a kernel makes before the host reads them."""


class CompiledKernel(Protocol):
    """A kernel of MLX's, compiled when it first runs."""

    def __call__(self, **arguments: Any) -> list[mx.array]:  # noqa: ANN401  MLX's own signature
        """Launch it."""


class StepDecoder(Protocol):
    """Decodes the rows of a filled cache, some tokens at a time."""

    def decode(self, draws: mx.array) -> mx.array:
        """Start `draws.shape[0]` steps; `draws` [N, B, V] are exponential times.

        Returns:
            What `read` takes, lazily computed.

        Raises:
            SettingError: there is no place for so many.
        """

    def read(self, out: mx.array) -> tuple[Ids, Ids]:
        """Wait for what `decode` returned.

        Returns:
            Tokens [N, B], and 1 where the row has ended, with this token or before, [N, B].

        Raises:
            BackendError: the kernel gave up.
        """

    @property
    def logits(self) -> mx.array:
        """Logits [B, V] after the steps that were started."""


class StepKernel(Protocol):
    """A kernel that runs decoding steps of one network."""

    @property
    def name(self) -> str:
        """For logs and reports."""

    def allows(self, model: T2S, rows: int) -> bool:
        """Whether so many rows may be decoded with it now."""

    def decoder(
        self,
        model: T2S,
        cache: MlxCache,
        logits: mx.array,
        sampling: SamplingSettings,
        prompt: Ids | Sequence[int],
        min_tokens: int,
    ) -> StepDecoder:
        """A decoder over a filled cache.

        Args:
            model: the network that filled it.
            cache: filled by `prefill`; it is copied.
            logits: of the first token, [B, V].
            sampling: how to choose tokens; `top_p` must be 1.
            prompt: tokens that count as seen.
            min_tokens: tokens before which there is no end.

        Raises:
            SettingError: more rows than there are kernels for, or `top_p` below 1.
        """


class OwnKernel(StepKernel, Protocol):
    """A kernel of this package, which a trial can judge."""

    @property
    def source(self) -> str:
        """Everything that is compiled."""

    def load(self, model: T2S) -> None:
        """Lay the network's parameters out."""

    def compiled_rows(self, rows: int) -> int:
        """Rows that the kernel for `rows` is compiled for; 0 where there is none."""
