"""Prefills of several sentences as rows of a batch, for texts that begin at the same time.

On a GPU a prefill takes as long as launching its operations. Afterwards each row has its own cache, as if it
had been read alone, and decoding does not depend on the others.
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
        network: the prepared network.
        text: phones and features, those of the prompt first.
        prompt: tokens of the reference [n], or None.
    """

    network: T2S
    text: T2SText
    prompt: Ids | None

    @property
    def likeness(self) -> Hashable:
        """What must be equal for sentences to be read together: the voice and the padded length."""
        prompt = b"" if self.prompt is None else self.prompt.tobytes()
        return id(self.network), prompt, self.network.width([self.text], self.prompt)


@dataclass(frozen=True, slots=True, eq=False)
class Prefilled:
    """A sentence after its prefill.

    Attributes:
        logits: logits of its first token, [1, V].
        cache: the shared cache of all sentences in the batch.
        row: the sentence's row.
    """

    logits: Logits
    cache: Cache
    row: int


def read_together(texts: Sequence[TextToRead]) -> list[Prefilled]:
    """Prefill sentences of one likeness."""
    one = texts[0]
    logits, cache = one.network.prefill([each.text for each in texts], one.prompt)
    return [Prefilled(logits[row : row + 1], cache, row) for row in range(len(texts))]
