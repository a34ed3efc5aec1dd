"""Pack CMU Pronouncing Dictionary text files into `dora_mlx_tts/text/en/pronounce/cmudict.bin`.

Usage: python scripts/build_cmudict.py cmudict-0.7b cmudict.dict

Of a word in several files the first file counts, so that release 0.7b (which the reference uses)
is completed by the newer one. A file has one entry a line, `word PH ON ES # comment`; variants are
written `word(2)` and left out: words with two readings are decided by the homograph table.
Format of the result: see `dora_mlx_tts/text/en/pronounce/wordlist.py`.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

TARGET = Path(__file__).parents[1] / "dora_mlx_tts" / "text" / "en" / "pronounce" / "cmudict.bin"
WORD = re.compile(r"[a-z'][a-z'-]*")
SPELLED = {"ae", "ai", "ar", "hud", "ios", "os"}
"""Entries left out so that they are read as letters, as the reference does."""


def read(sources: Iterable[Path]) -> dict[str, list[str]]:
    """First reading of every plain word of the dictionary texts."""
    entries: dict[str, list[str]] = {}
    for line in "\n".join(s.read_text(encoding="latin-1") for s in sources).splitlines():
        word, *phones = line.split("#")[0].lower().split() or [""]
        phones = [phone.upper() for phone in phones]
        if WORD.fullmatch(word) and word not in SPELLED and phones:
            entries.setdefault(word, phones)
    return entries


def pack(entries: dict[str, list[str]]) -> bytes:
    """Header line of phones, then sorted lines `word` + one byte (128 + index) a phone."""
    phones = sorted({phone for reading in entries.values() for phone in reading})
    code = {phone: bytes([128 + index]) for index, phone in enumerate(phones)}
    lines = [word.encode() + b"".join(map(code.__getitem__, p)) for word, p in entries.items()]
    return zlib.compress("\n".join([" ".join(phones), ""]).encode() + b"\n".join(sorted(lines)), 9)


def main() -> None:
    """Read the dictionaries named on the command line and write the packed file."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    entries = read(map(Path, sys.argv[1:]))
    TARGET.write_bytes(pack(entries))
    print(f"{TARGET}: {len(entries)} words, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
