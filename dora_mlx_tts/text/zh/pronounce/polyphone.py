"""Readings of characters from their sentence, by the G2PW model (optional).

The folder of files is that of the reference: `g2pW.onnx` (or another single `.onnx` file),
`POLYPHONIC_CHARS.txt`, `bopomofo_to_pinyin_wo_tune_dict.json` and the `vocab.txt` of the BERT the
model was trained from. Paper: g2pW, Chen et al. 2022. Nothing is downloaded.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.text.zh.syllable import symbols_of

if TYPE_CHECKING:
    import onnxruntime
    import opencc

logger = logging.getLogger(__name__)
_INPUTS = (
    "input_ids",
    "token_type_ids",
    "attention_mask",
    "phoneme_mask",
    "char_ids",
    "position_ids",
)
_WINDOW = 16
"""Characters kept on either side of the outermost polyphones."""
_LONGEST = 510
_NEVER_SENT = frozenset("一不和咋嗲剖差攢倒難奔勁拗肖瘙誒泊听噢")
"""Characters the model was found to misread; the dictionary and the rules read them."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The characters the model knows, and the readings it may give each.

    Attributes:
        names: bopomofo of every output.
        of_char: outputs allowed for a character.
        pinyin: pinyin without tone of a bopomofo syllable.
        vocabulary: token ids.
    """

    names: tuple[str, ...]
    of_char: Mapping[str, frozenset[int]]
    pinyin: Mapping[str, str]
    vocabulary: Mapping[str, int]

    def reading(self, label: int) -> str | None:
        """Pinyin of output `label`, or None if it has no symbols."""
        name = self.names[label]
        pinyin = self.pinyin.get(name[:-1], "").replace("ü", "v") + name[-1:]
        return pinyin if symbols_of(pinyin) else None


class G2pw:
    """The model with its tables, loaded."""

    def __init__(self, session: onnxruntime.InferenceSession, labels: Labels) -> None:
        """Use a session whose inputs were checked."""
        self._session = session
        self._labels = labels
        self._char_ids = {c: i for i, c in enumerate(sorted(labels.of_char))}

    @classmethod
    def load(cls, folder: Path) -> G2pw:
        """Load the files of `folder`.

        Raises:
            WeightsError: a file is missing or does not fit the model.
        """
        import onnxruntime  # noqa: PLC0415 - an optional extra

        labels = _read_labels(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        session = onnxruntime.InferenceSession(
            str(_model_file(folder)), options, providers=["CPUExecutionProvider"]
        )
        _check_inputs(session, folder, len(labels.names))
        return cls(session, labels)

    def read(self, clause: str) -> list[str | None]:
        """Pinyin of the polyphonic characters of a clause, None for all others; one batch."""
        result: list[str | None] = [None] * len(clause)
        text = _traditional(clause)
        known = [
            i for i, c in enumerate(text) if c in self._labels.of_char and c not in _NEVER_SENT
        ]
        if not known:
            return result
        start = max(0, known[0] - _WINDOW)
        window = text[start : min(known[-1] + _WINDOW + 1, start + _LONGEST)]
        positions = [i - start for i in known if i - start < len(window)]
        for position, label in zip(positions, self._decide(window, positions), strict=True):
            result[start + position] = self._labels.reading(int(label))
        return result

    def _decide(self, text: str, positions: Sequence[int]) -> NDArray[np.intp]:
        labels = self._labels
        unknown = labels.vocabulary["[UNK]"]
        tokens = [labels.vocabulary.get(c.lower(), unknown) for c in text]
        row = [labels.vocabulary["[CLS]"], *tokens, labels.vocabulary["[SEP]"]]
        ids = np.tile(np.asarray(row, np.int64), (len(positions), 1))
        mask = np.zeros((len(positions), len(labels.names)), np.float32)
        for i, position in enumerate(positions):
            mask[i, list(labels.of_char[text[position]])] = 1.0
        feeds = {
            "input_ids": ids,
            "token_type_ids": np.zeros_like(ids),
            "attention_mask": np.ones_like(ids),
            "phoneme_mask": mask,
            "char_ids": np.asarray([self._char_ids[text[p]] for p in positions], np.int64),
            "position_ids": np.asarray(positions, np.int64) + 1,
        }
        probabilities = np.asarray(self._session.run(None, feeds)[0])
        if probabilities.shape != mask.shape or not np.isfinite(probabilities).all():
            raise WeightsError(
                f"the G2PW model gave an array of shape {probabilities.shape} or values that are "
                f"not finite; {mask.shape} finite probabilities are needed"
            )
        best: NDArray[np.intp] = np.where(mask > 0, probabilities, -1.0).argmax(axis=1)
        return best


class OptionalPolyphones:
    """G2PW from a folder if that works; one warning and no answers if not."""

    def __init__(self, folder: str | Path) -> None:
        """Remember the folder; nothing is loaded before the first clause."""
        self._folder = Path(folder)
        self._model: G2pw | None = None
        self._failed = False

    def read(self, clause: str) -> list[str | None]:
        """Pinyin of the characters that the model decides, None for all others."""
        nothing: list[str | None] = [None] * len(clause)
        if self._failed:
            return nothing
        try:
            self._model = self._model or G2pw.load(self._folder)
            return self._model.read(clause)
        except Exception as error:  # noqa: BLE001 - the runtime has no base class for its errors
            self._failed = True
            logger.warning(
                "the polyphone model in %s cannot be used (%s: %s); dictionary readings are used "
                "instead",
                self._folder,
                type(error).__name__,
                error,
            )
            return nothing


def _model_file(folder: Path) -> Path:
    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1:
        raise WeightsError(
            f"{folder} holds {len(models)} files named *.onnx; exactly one is needed"
        )
    return models[0]


def _read_labels(folder: Path) -> Labels:
    pairs = [tuple(line.split("\t")) for line in _lines(folder, "POLYPHONIC_CHARS.txt")]
    if not pairs or any([len(field) for field in pair[:-1]] != [1] for pair in pairs):
        raise WeightsError(
            f"{folder / 'POLYPHONIC_CHARS.txt'} must hold lines of a character, a tab and its bopomofo"
        )
    names = tuple(sorted({bopomofo for _, bopomofo in pairs}))
    index = {name: i for i, name in enumerate(names)}
    of_char: dict[str, set[int]] = {}
    for char, bopomofo in pairs:
        of_char.setdefault(char, set()).add(index[bopomofo])
    vocabulary = {token: i for i, token in enumerate(_lines(folder, "vocab.txt"))}
    missing = [t for t in ("[CLS]", "[SEP]", "[UNK]") if t not in vocabulary]
    if missing:
        raise WeightsError(f"{folder / 'vocab.txt'} lacks the tokens {missing}")
    table: Any = json.loads("\n".join(_lines(folder, "bopomofo_to_pinyin_wo_tune_dict.json")))
    return Labels(names, {c: frozenset(i) for c, i in of_char.items()}, table, vocabulary)


def _lines(folder: Path, name: str) -> list[str]:
    path = folder / name
    if not path.is_file():
        raise WeightsError(f"the polyphone model needs the file {path}, which does not exist")
    return path.read_text(encoding="utf-8").splitlines()


def _check_inputs(session: onnxruntime.InferenceSession, folder: Path, labels: int) -> None:
    shapes = {i.name: i.shape for i in session.get_inputs()}
    missing = [name for name in _INPUTS if name not in shapes]
    if missing or len(shapes) != len(_INPUTS):
        raise WeightsError(
            f"the model in {folder} has the inputs {sorted(shapes)}; {sorted(_INPUTS)} are needed"
        )
    width = shapes["phoneme_mask"][-1]
    if isinstance(width, int) and width != labels:
        raise WeightsError(
            f"the model in {folder} has {width} labels, POLYPHONIC_CHARS.txt has {labels}"
        )


@cache
def _converter() -> opencc.OpenCC:
    import opencc  # noqa: PLC0415 - only needed with the model

    return opencc.OpenCC("s2tw")


def _traditional(clause: str) -> str:
    """The clause in the script the model was trained on, if no character is gained or lost."""
    text = str(_converter().convert(clause))
    return text if len(text) == len(clause) else clause
