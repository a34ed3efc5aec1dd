"""Pack the data for unknown English words: `unigrams.bin` and `g2p_gru.npz`.

Usage: python scripts/build_english_oov.py path/to/unigrams.txt path/to/checkpoint20.npz

`unigrams.txt` (wordsegment, Apache-2.0) has lines `word<TAB>count`; the form of the packed file is
told in `dora_mlx_tts/text/en/pronounce/segmenter.py`. It depends on `cmudict.bin`: build that first. `checkpoint20.npz` (g2p_en, Apache-2.0) holds a GRU
encoder and decoder; large matrices are kept as int8 with one float16 scale for 32 values.
"""

from __future__ import annotations

import itertools
import math
import re
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).parents[1] / "dora_mlx_tts" / "text" / "en"
BLOCK = 32
LEVELS = 127


def shared_beginning(left: str, right: str) -> int:
    """Letters that two words begin with alike."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    return sum(1 for _ in pairs)


def pack_unigrams(source: Path) -> bytes:
    """Levels of the words of `cmudict.bin` in their order, then the others front coded."""
    counts: dict[str, float] = {}
    for line in source.read_text(encoding="utf-8").splitlines():
        word, count = line.split("\t")
        if word.isascii() and word.isalpha() and word.islower():
            counts[word] = math.log(float(count))
    low, high = min(counts.values()), max(counts.values())
    step = (high - low) / LEVELS
    levels = {word: 1 + round((count - low) / step) for word, count in counts.items()}
    lines = zlib.decompress((TARGET / "cmudict.bin").read_bytes()).split(b"\n")[1:]
    known = [re.split(b"[\x80-\xff]", line)[0].decode() for line in lines]
    others = sorted(levels.keys() - set(known))
    shared = list(itertools.starmap(shared_beginning, itertools.pairwise(["", *others])))
    blocks = (
        f"{low:.6f} {step:.6f} {len(others)}\n".encode(),
        bytes(levels.get(word, 0) for word in known),
        bytes(levels[word] for word in others),
        bytes(shared),
        "\n".join(word[n:] for word, n in zip(others, shared, strict=True)).encode(),
    )
    return zlib.compress(b"".join(blocks), 9)


def quantize(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Int8 values and the float16 scale of every block of 32."""
    blocks = weights.reshape(-1, BLOCK)
    scale = (np.abs(blocks).max(axis=1, keepdims=True) / LEVELS).astype(np.float16)
    values = np.rint(blocks / scale.astype(np.float32)).clip(-LEVELS, LEVELS)
    return values.astype(np.int8).reshape(weights.shape), scale[:, 0]


def pack_checkpoint(source: Path, target: Path) -> None:
    """Write the quantized checkpoint; small arrays stay float16."""
    packed: dict[str, NDArray[np.generic]] = {}
    with np.load(source) as arrays:
        for name in arrays:
            if name.endswith(("_ih", "_hh")) and arrays[name].ndim == 2:
                packed[name], packed[f"{name}_scale"] = quantize(arrays[name])
            else:
                packed[name] = arrays[name].astype(np.float16)
    np.savez_compressed(target, **packed)  # type: ignore[arg-type]  # stub takes bool for names


def main() -> None:
    """Read the two files named on the command line and write the packed ones."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    unigrams, model = TARGET / "unigrams.bin", TARGET / "g2p_gru.npz"
    unigrams.write_bytes(pack_unigrams(Path(sys.argv[1])))
    pack_checkpoint(Path(sys.argv[2]), model)
    for path in (unigrams, model):
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
