"""Build the data of Chinese polyphones: `words.bin` and `polyphones.bin` of `dora_mlx_tts/text/zh`.

    python scripts/build_polyphones.py --words MODERN COMPLETE --network WEIGHTS

MODERN and COMPLETE are `json/modern.json` and `json/complete.json` of the npm package
`@pinyin-pro/data` (ISC); `large_pinyin` of the Python package `pypinyin-dict` (phrase-pinyin-data,
MIT) is read where it is installed. WEIGHTS is the file that `training/polyphones/train.py` wrote.

`words.bin`: zlib of lines `word syllable syllable …`: words of pinyin-pro's modern dictionary, and
words two other sources agree on, that pypinyin lacks or reads otherwise. Words without a polyphone
are left out. `polyphones.bin`: see `dora_mlx_tts/text/zh/pronounce/network.py`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dora_mlx_tts.text.zh.readings import pypinyin_reading, readings_of_character
from dora_mlx_tts.text.zh.syllable import from_marks, symbols_of

FOLDER = Path(__file__).parents[1] / "dora_mlx_tts" / "text" / "zh"
_LONGEST_WORD = 8
_PARTICLES = frozenset("吧呢哈啊呐噻嘛吖嗨哦哒额滴哩哟喽啰耶喔诶的地得了着过个们一不儿")
"""Words with these are left to the tone rules."""
_NORMS = re.compile(r"(.*)\b(attention|feed|norm)\.(weight|bias)")
"""Of the names in training; their weights are called gains here."""


# Words


def readings_of(path: Path) -> dict[str, list[str]]:
    """Word → syllables of a dictionary of pinyin-pro."""
    found = {}
    for word, value in json.loads(path.read_text(encoding="utf-8")).items():
        marked = (value[0] if isinstance(value, list) else value).split()
        if len(marked) == len(word) <= _LONGEST_WORD:
            found[word] = [from_marks(m) for m in marked]
    return found


def large_pinyin() -> dict[str, list[str]]:
    """Word → syllables of phrase-pinyin-data."""
    found: dict[str, list[str]] = {}
    for number in range(11):
        module = importlib.import_module(f"pypinyin_dict.phrase_pinyin_data.large_pinyin_{number}")
        for table in vars(module).values():
            if isinstance(table, dict) and not any(k.startswith("__") for k in table):
                found |= {w: [from_marks(s[0]) for s in r] for w, r in table.items()}
    return found


def same(left: str, right: str) -> bool:
    """Whether two syllables are equal but for a neutral tone."""
    return left == right or (left[:-1] == right[:-1] and "5" in (left[-1], right[-1]))


def words(modern: Path, complete: Path) -> Iterator[tuple[str, list[str]]]:
    """Words whose reading pypinyin lacks or has otherwise."""
    curated, wide, large = readings_of(modern), readings_of(complete), large_pinyin()
    for word in sorted(wide):
        if len(word) < 2 or _PARTICLES & set(word) or not _has_polyphone(word):
            continue
        reading, known = curated.get(word), pypinyin_reading(word)
        if reading is None and known is None and word in large:
            agree = all(map(same, wide[word], large[word]))
            reading = large[word] if agree else None
        if reading is None or not all(map(symbols_of, reading)):
            continue
        if known is None or not all(map(same, reading, known)):
            yield word, reading


def _has_polyphone(word: str) -> bool:
    return any(len(readings_of_character(char)) > 1 for char in word)


# Network


def network(path: Path) -> bytes:
    """The weights in 8 bits, and the tables of the network."""
    saved = np.load(path)
    words = json.loads(str(saved["words"]))
    place_of = {syllable: i for i, syllable in enumerate(words["syllables"])}
    header = {
        "chars": "".join(words["chars"]),
        "tags": words["tags"],
        "syllables": words["syllables"],
        "readings": {
            char: [place_of[r] for r in readings]
            for char, readings in words["readings"].items()
            if char in words["chars"]
        },
        "heads": words["heads"],
        "arrays": {},
    }
    body = b""
    for name in saved.files:
        if name == "words" or name.startswith("guess"):  # what it learned first is not needed
            continue
        matrix = np.asarray(saved[name], np.float32)
        matrix = matrix[:, None] if matrix.ndim == 1 else matrix  # a row each keeps them exact
        scale = np.abs(matrix).max(axis=1, keepdims=True) / 127 + 1e-12
        header["arrays"][_shipped_name(name)] = list(matrix.shape)
        body += scale.astype("<f4").tobytes() + np.round(matrix / scale).astype(np.int8).tobytes()
    return zlib.compress(json.dumps(header, ensure_ascii=False).encode() + b"\n" + body, 9)


def _shipped_name(name: str) -> str:
    """The name of an array in the file: `blocks.0.feed.weight` is `0.feed.norm.gain`."""
    bare = name.removeprefix("blocks.")
    norm = _NORMS.fullmatch(bare)
    if norm is not None:
        part = "" if norm[2] == "norm" else f"{norm[2]}."
        return f"{norm[1]}{part}norm.{'gain' if norm[3] == 'weight' else 'bias'}"
    is_table = bare in {
        f"{t}.weight" for t in ("char", "syllable", "widen", "place", "tag", "source")
    }
    return bare.removesuffix(".weight") if is_table else bare


def main() -> None:
    """Write the files that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--words", nargs=2, type=Path, metavar=("MODERN", "COMPLETE"))
    parser.add_argument("--network", type=Path, metavar="WEIGHTS")
    options = parser.parse_args()
    if options.words:
        lines = [f"{word} {' '.join(reading)}" for word, reading in words(*options.words)]
        target = FOLDER / "words.bin"
        target.write_bytes(zlib.compress("\n".join(lines).encode(), 9))
        print(f"{target}: {len(lines)} words, {target.stat().st_size} bytes")
    if options.network:
        target = FOLDER / "polyphones.bin"
        target.write_bytes(network(options.network))
        print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
