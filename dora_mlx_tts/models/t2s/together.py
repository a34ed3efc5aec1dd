"""Prefills of several sentences as rows of one, for texts that begin at the same time.

A prefill takes as long on a GPU as launching its operations. Each row then has a cache of its own, as if it had
been read alone: decoding knows nothing of the others.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from dora_mlx_tts.models.t2s.model import T2S, Cache, Logits, T2SText
from dora_mlx_tts.runtime.array_types import Ids


@dataclass(frozen=True, slots=True, eq=False)
class TextToRead:
    """A sentence before its prefill.

    Attributes:
        network: prepared.
        text: phones and features, the prompt's first.
        prompt: tokens of the reference [n], or None.
    """

    network: T2S
    text: T2SText
    prompt: Ids | None

    @property
    def likeness(self) -> Hashable:
        """What must be equal of sentences that are read together: one voice, and the same padded length."""
        prompt = b"" if self.prompt is None else self.prompt.tobytes()
        return id(self.network), prompt, self.network.width([self.text], self.prompt)


@dataclass(frozen=True, slots=True, eq=False)
class Prefilled:
    """A sentence that was read.

    Attributes:
        logits: of its first token, [1, V].
        cache: what was read, of all sentences together.
        row: the sentence's.
    """

    logits: Logits
    cache: Cache
    row: int


def read_together(texts: Sequence[TextToRead]) -> list[Prefilled]:
    """Read sentences of one likeness."""
    one = texts[0]
    logits, cache = one.network.prefill([each.text for each in texts], one.prompt)
    return [Prefilled(logits[row : row + 1], cache, row) for row in range(len(texts))]
