"""Chinese text to the token ids of a BERT vocabulary, and BERT's rows to phones."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import TextError, WeightsError
from dora_mlx_tts.messages import must_be

LIMIT = 510
"""Maximum length of a text: 512 positions minus [CLS] and [SEP]."""

_CLS, _SEP, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


@dataclass(frozen=True, slots=True)
class BertTokenizer:
    """One token per character, as word2ph requires.

    WordPiece would join Latin letters and digits into longer pieces; normalized Chinese has none, and single
    characters keep the rows aligned if one slips through.

    Attributes:
        vocabulary: token to id.
    """

    vocabulary: Mapping[str, int]

    @classmethod
    def from_vocab(cls, file: Path) -> Self:
        """Read `vocab.txt`: one token per line, whose id is the line's number from zero.

        Raises:
            WeightsError: the file cannot be read or lacks a special token.
        """
        try:
            lines = file.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise WeightsError(f"{file}: not a readable BERT vocabulary: {error}") from error
        vocabulary = {line.rstrip("\r"): i for i, line in enumerate(lines) if line.strip()}
        missing = [token for token in (_CLS, _SEP, _UNKNOWN) if token not in vocabulary]
        if missing:
            raise WeightsError(f"{file}: not a BERT vocabulary: it lacks {', '.join(missing)}")
        return cls(vocabulary)

    def encode(self, text: str) -> NDArray[np.int32]:
        """Ids [1, len(text) + 2] with [CLS] and [SEP]; characters not in the vocabulary are [UNK].

        Raises:
            TextError: the text is longer than BERT's positions.
        """
        if len(text) > LIMIT:
            raise TextError(
                f"a Chinese text must have at most {LIMIT} characters for BERT, got {len(text)}: split it"
                " into sentences"
            )
        unknown = self.vocabulary[_UNKNOWN]
        ids = [self.vocabulary.get(_fold(c), unknown) for c in text]
        framed = [self.vocabulary[_CLS], *ids, self.vocabulary[_SEP]]
        return np.array([framed], dtype=np.int32)


def _fold(character: str) -> str:
    """Lower case without accents, as the vocabulary was built."""
    decomposed = unicodedata.normalize("NFD", character.lower())
    bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return bare or character


def spread(hidden: NDArray[np.float32], word2ph: Sequence[int]) -> NDArray[np.float32]:
    """Give each phone the row of its character: [n, C] to [sum(word2ph), C].

    Raises:
        TextError: there is not one row per character, or a count is negative.
    """
    if len(hidden) != len(word2ph):
        raise TextError(
            f"{len(hidden)} BERT rows for {len(word2ph)} characters; the normalized text must be one"
            " token a character"
        )
    counts = np.asarray(word2ph, dtype=np.int64)
    if (counts < 0).any():
        raise TextError(must_be("counts in word2ph", "0 or more", int(counts.min())))
    return np.repeat(hidden, counts, axis=0)


@dataclass(frozen=True, slots=True)
class BertFeatures:
    """Normalized Chinese text to one feature row per phone.

    Attributes:
        tokenizer: text to ids.
        encode: the network: ids [1, T] to features [1, T, C].
    """

    tokenizer: BertTokenizer
    encode: Callable[[NDArray[np.int32]], NDArray[np.float32]]

    def __call__(self, norm_text: str, word2ph: Sequence[int]) -> NDArray[np.float32]:
        """Features [phones, C].

        Raises:
            TextError: the text is too long, or word2ph does not fit it.
        """
        if len(norm_text) != len(word2ph):  # before running the network in vain
            raise TextError(
                f"word2ph has {len(word2ph)} entries for a text of {len(norm_text)} characters"
            )
        hidden = self.encode(self.tokenizer.encode(norm_text))
        return spread(hidden[0, 1:-1], word2ph)
