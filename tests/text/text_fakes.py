"""Languages without dictionaries, for tests of what joins them."""

from __future__ import annotations

from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.phonemes import Language, Pronunciation
from dora_mlx_tts.text.registry import LanguageFactory
from dora_mlx_tts.text.symbols import Version


class FakeLanguage:
    """Says one phone a letter: its script's name; digits are written out as two letters."""

    def __init__(self, code: str, phone: str, *, per_char: int = 0) -> None:
        self.code = code
        self.phone = phone
        self.per_char = per_char
        self.pronounced: list[str] = []

    def normalize(self, text: str) -> AlignedText:
        aligned = AlignedText.of(text).sub(r"\d", "数字" if self.per_char else "num")
        return aligned.sub(r"[，、]", ",").sub("。", ".").sub(r"[^\w,.!?]|_", "")

    def pronounce(self, norm_text: str) -> Pronunciation:
        self.pronounced.append(norm_text)
        symbols: list[str] = []
        spans: list[tuple[int, int]] = []
        word2ph: list[int] = []
        for i, char in enumerate(norm_text):
            is_mark = char in ",.!?"
            n = 1 if is_mark else max(1, self.per_char)
            symbols += [char if is_mark else self.phone] * n
            spans += [(i, i + 1)] * n
            word2ph.append(n)
        return Pronunciation(
            tuple(symbols), tuple(spans), tuple(word2ph) if self.per_char else None
        )


def not_installed(code: str, name: str) -> LanguageFactory:
    """A factory that names the extra which would bring the language."""

    def refuse(_version: Version) -> Language:
        raise LanguageError(
            f"{name} text needs the extra {code!r}: pip install 'dora-mlx-tts[{code}]'"
        )

    return refuse
