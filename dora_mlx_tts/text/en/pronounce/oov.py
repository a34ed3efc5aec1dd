"""Letter-to-sound models for words that no dictionary has."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np

from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.text.en.pronounce.letter_pairs import letter_pairs
from dora_mlx_tts.text.en.words import listed

ARPABET = (
    *listed("AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH"),
    *listed("EH0 EH1 EH2 ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG"),
    *listed("OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 UW UW0 UW1 UW2 V W Y Z ZH"),
)
START, STOP, FIRST_PHONE = 2, 3, 4
END_OF_WORD, FIRST_LETTER = 2, 3
MOST_PHONES = 20
DOUBT = 2.0
"""So much less likely, as a natural logarithm, the reading of the network may be. On 500 words of another
dictionary the network reads 38 % like it, the n-gram model 53 %, both together 55 %; from 0 to 2 the share is equal."""


class LetterToSound:
    """GRU encoder and decoder of g2p_en 2.1 (Park and Kim, Apache-2.0), greedy decoding."""

    def __init__(self, arrays: dict[str, Floats]) -> None:
        self._w = arrays

    def __call__(self, word: str) -> tuple[str, ...]:
        """ARPAbet of a word of the letters a–z (at most 20 phones)."""
        w = self._w
        letters = [*(ord(c) - ord("a") + FIRST_LETTER for c in word), END_OF_WORD]
        inputs = w["enc_emb"][letters] @ w["enc_w_ih"].T + w["enc_b_ih"]
        state = np.zeros(w["enc_w_hh"].shape[1], np.float32)
        for row in inputs:
            state = self._cell("enc", row, state)
        phone, phones = START, list[str]()
        for _ in range(MOST_PHONES):
            row = w["dec_w_ih"] @ w["dec_emb"][phone] + w["dec_b_ih"]
            state = self._cell("dec", row, state)
            phone = int((w["fc_w"] @ state + w["fc_b"]).argmax())
            if phone == STOP:
                break
            if phone >= FIRST_PHONE:
                phones.append(ARPABET[phone - FIRST_PHONE])
        return tuple(phones)

    def _cell(self, side: str, row: Floats, state: Floats) -> Floats:
        """One GRU step; `row` is the input already projected, gates in the order r, z, n."""
        hidden = self._w[f"{side}_w_hh"] @ state + self._w[f"{side}_b_hh"]
        size = len(state)
        gates = np.reciprocal(1 + np.exp(-(row[: 2 * size] + hidden[: 2 * size])))
        new = np.tanh(row[2 * size :] + gates[:size] * hidden[2 * size :])
        keep = gates[size:]
        return np.asarray((1 - keep) * new + keep * state, np.float32)


@lru_cache(maxsize=1)
def _model() -> LetterToSound:
    arrays: dict[str, Floats] = {}
    with (
        as_file(files("dora_mlx_tts.text.en.pronounce").joinpath("g2p_gru.npz")) as path,
        np.load(path) as packed,
    ):
        for name in packed.files:
            if name.endswith("_scale"):
                continue
            array = packed[name].astype(np.float32)
            if f"{name}_scale" in packed:
                scale = packed[f"{name}_scale"].astype(np.float32)
                array = (array.reshape(len(scale), -1) * scale[:, None]).reshape(array.shape)
            arrays[name] = array
    return LetterToSound(arrays)


@lru_cache(maxsize=4096)
def letter_to_sound(word: str) -> tuple[str, ...]:
    """ARPAbet of a lower-case word of the letters a–z; the models are loaded at the first call.

    The recurrent network is the reference's. It looks at the word as a whole, and now and then drops, adds or
    mixes up sounds: a reading that the letters hardly allow gives way to that of the n-gram model.
    """
    phones, pairs = _model()(word), letter_pairs()
    best = pairs.best(word)
    return phones if best.score - pairs.score(word, phones) <= DOUBT else best.phones
