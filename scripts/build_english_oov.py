"""Pack the data for unknown English words: `unigrams.bin` and `g2p_gru.npz`.

Usage: python scripts/build_english_oov.py path/to/unigrams.txt path/to/checkpoint20.npz

`unigrams.txt` (wordsegment, Apache-2.0) has lines `word<TAB>count`; a count is kept as one byte,
the logarithm over the range of the file. `checkpoint20.npz` (g2p_en, Apache-2.0) holds a GRU
encoder and decoder; large matrices are kept as int8 with one float16 scale for 32 values.
"""

from __future__ import annotations

import math
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).parents[1] / "dora_mlx_tts" / "text" / "en"
BLOCK = 32
LEVELS = 127


def pack_unigrams(source: Path) -> bytes:
    """Header `low step` (natural logarithms), then sorted lines `word` + one level byte."""
    counts: dict[str, float] = {}
    for line in source.read_text(encoding="utf-8").splitlines():
        word, count = line.split("\t")
        if word.isascii() and word.isalpha() and word.islower():
            counts[word] = math.log(float(count))
    low, high = min(counts.values()), max(counts.values())
    step = (high - low) / LEVELS
    lines = [w.encode() + bytes([128 + round((c - low) / step)]) for w, c in counts.items()]
    return zlib.compress(f"{low:.6f} {step:.6f}\n".encode() + b"\n".join(sorted(lines)), 9)


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
