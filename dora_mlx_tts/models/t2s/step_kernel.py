"""The interface of GPU kernels that run whole decoding steps, in any language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import mlx.core as mx

from dora_mlx_tts.models.t2s.kv_cache import MlxCache
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime.array_types import Ids

LAUNCH = 8
"""Number of tokens that a kernel makes before the host reads them."""


class CompiledKernel(Protocol):
    """An MLX kernel, compiled when it first runs."""

    def __call__(self, **arguments: Any) -> list[mx.array]:  # noqa: ANN401  MLX's own signature
        """Launch it."""


class StepDecoder(Protocol):
    """Decodes the rows of a filled cache, several tokens at a time."""

    def decode(self, draws: mx.array) -> mx.array:
        """Start `draws.shape[0]` steps; `draws` [N, B, V] are exponential times.

        Returns:
            The argument for `read`, lazily computed.

        Raises:
            SettingError: there is no room for so many.
        """

    def read(self, out: mx.array) -> tuple[Ids, Ids]:
        """Wait for what `decode` returned.

        Returns:
            Tokens [N, B], and [N, B] with 1 where the row has ended, with this token or earlier.

        Raises:
            BackendError: the kernel gave up.
        """

    @property
    def logits(self) -> mx.array:
        """Logits [B, V] after the started steps."""


class StepKernel(Protocol):
    """A kernel that runs decoding steps of one network."""

    @property
    def name(self) -> str:
        """The name for logs and reports."""

    def allows(self, model: T2S, rows: int) -> bool:
        """Whether it may decode this many rows now."""

    def decoder(
        self,
        model: T2S,
        cache: MlxCache,
        logits: mx.array,
        sampling: SamplingSettings,
        prompt: Ids | Sequence[int],
        min_tokens: int,
    ) -> StepDecoder:
        """A decoder for a filled cache.

        Args:
            model: the network that filled it.
            cache: filled by `prefill`; the decoder may write behind its length.
            logits: logits of the first token, [B, V].
            sampling: how to choose tokens; `top_p` must be 1.
            prompt: tokens that count as seen.
            min_tokens: minimum number of tokens before the end.

        Raises:
            SettingError: there is no kernel for so many rows, or `top_p` is below 1.
        """


class OwnKernel(StepKernel, Protocol):
    """A kernel of this package, which a trial can test."""

    @property
    def source(self) -> str:
        """All source code that is compiled."""

    def load(self, model: T2S) -> None:
        """Convert the network's parameters to the kernel's layout."""

    def compiled_rows(self, rows: int) -> int:
        """Number of rows that the kernel for `rows` is compiled for; 0 if there is none."""
