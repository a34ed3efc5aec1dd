"""From one sentence to phones: clean, divide by language, normalize, pronounce, count."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import EmptyTextError, LanguageError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.text.aligned import AlignedText, CharSpan
from dora_mlx_tts.text.alphabets import phones_of
from dora_mlx_tts.text.cleaning import cleaned
from dora_mlx_tts.text.directions import directed, place, placed, with_own_spans
from dora_mlx_tts.text.lexicon import Lexicon
from dora_mlx_tts.text.mixed import read_mixed
from dora_mlx_tts.text.patterns import expression
from dora_mlx_tts.text.phonemes import (
    Language,
    LanguageSpan,
    Phonemes,
    Pronunciation,
    TakesReadings,
)
from dora_mlx_tts.text.registry import MODULES, LanguageFactory, configured
from dora_mlx_tts.text.schemes import V1_LANGUAGES, Scheme, scheme_of
from dora_mlx_tts.text.spans import Span, split_spans
from dora_mlx_tts.text.spoken import Reading
from dora_mlx_tts.text.symbols import PAUSE, SymbolTable

FEATURE_SIZE = 1024
"""Width of a BERT feature row."""

SHORT = 6
"""A text of fewer phones than this is read again after a leading stop, as in training."""

PROMPT_STOPS = frozenset("，。？！,.?!~:：—…")
"""Characters that may end a reference transcript; otherwise a stop is added."""

EXCERPT = 40
"""Maximum length of a text's excerpt in messages."""

_KANA = expression("[\u3041-\u30fc]")
_MARKS = frozenset("!?…,.-")
_SILENT = frozenset({*_MARKS, "SP", "SP2", "SP3", "UNK", "_"})
logger = logging.getLogger(__name__)


class TextFeatures(Protocol):
    """Language-model features of a Chinese text, one row per phone."""

    def __call__(self, norm_text: str, word2ph: tuple[int, ...]) -> NDArray[np.float32]:
        """Features float32 [sum(word2ph), 1024]."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A span as it was read; `chars` holds for each phone the interval of the whole text."""

    span: LanguageSpan
    chars: tuple[CharSpan, ...]


class FrontEnd:
    """Reads sentences in every registered language for models of one symbol inventory.

    Attributes:
        symbols: the symbol table; its `unknown` counts phones the models do not have.
    """

    def __init__(
        self,
        version: str = "v2",
        features: TextFeatures | None = None,
        modules: Mapping[str, LanguageFactory] = MODULES,
        *,
        lexicon: Lexicon | None = None,
        polyphone_model: Path | None = None,
    ) -> None:
        """Set how to read.

        Args:
            version: symbol inventory of the model.
            features: BERT, for models that need it.
            modules: languages by code.
            lexicon: the user's readings and rule switches.
            polyphone_model: folder of the G2PW model; none by default.

        Raises:
            SettingError: there is no such inventory, or a reading does not fit its word.
        """
        self.symbols = SymbolTable.load(version)
        self._features = features
        self._lexicon = lexicon or Lexicon()
        is_plain = not lexicon and polyphone_model is None
        own = {} if is_plain else configured(self._lexicon, polyphone_model)
        self._factories = {**modules, **own}
        self._modules: dict[str, Language] = {}

    def phonemize(
        self,
        text: str,
        language: str,
        *,
        readings: Sequence[Reading] = (),
        allow_silence: bool = False,
    ) -> Phonemes:
        """Phones of one sentence in `language` (a code of `languages.CODES` or an alias).

        Raises EmptyTextError when nothing in `text` can be pronounced, unless `allow_silence`
        asks for the pause the reference would give; LanguageError for an unknown language or one
        that is not installed. `readings` say how some of its words are read.
        """
        scheme = scheme_of(language, self.symbols.version)
        what = directed(text, readings, scheme.main, self._lexicon)
        said = self._lexicon.everywhere.apply(what.said)
        clean = cleaned(said, wide_words=scheme.main == "ja")
        if scheme.main == "zh" and not self._lexicon.spellings.get("zh"):
            clean = _simplified(clean)
        clean = _read_mixed(clean, scheme.main)
        parts = self._read(clean, scheme, what.readings)
        if sum(len(part.chars) for part in parts) < SHORT:
            parts = self._read(clean, scheme, what.readings, behind_stop=True)
        phonemes = self._assemble(text, parts)
        if not allow_silence and _SILENT.issuperset(phonemes.symbols):
            raise EmptyTextError(f"nothing in {_excerpt(text)} can be pronounced as {scheme.code}")
        _report_unspoken(phonemes)
        return phonemes

    def prompt_phonemes(self, text: str, language: str) -> Phonemes:
        """Phones of a reference recording's transcript, ended by a stop if it has none."""
        transcript = text.strip("\n")
        if transcript and transcript[-1] not in PROMPT_STOPS:
            transcript += "." if scheme_of(language, self.symbols.version).code == "en" else "。"
        return self.phonemize(transcript, language)

    def _read(
        self,
        clean: AlignedText,
        scheme: Scheme,
        given: Sequence[Reading] = (),
        *,
        behind_stop: bool = False,
    ) -> list[_Reading]:
        readings: list[_Reading] = []
        spans = split_spans(clean.text, scheme)
        for span, own in self._with_own_spans(spans, clean, scheme, given):
            stop = behind_stop and not readings
            part = clean[span.start : span.end]
            if own is not None:
                readings.append(self._read_own(part, span.language, own, stop=stop))
                continue
            code, module = self._module(span.language, scheme)
            part = self._lexicon.spelling(code).apply(part)
            readings.append(self._read_span(part, code, module, given, stop=stop))
        if behind_stop and not readings:  # nothing was given: only the pause
            nothing = AlignedText("", ())
            code, module = self._module(scheme.main, scheme)
            readings.append(self._read_span(nothing, code, module, (), stop=True))
        return readings

    def _with_own_spans(
        self, spans: Sequence[Span], clean: AlignedText, scheme: Scheme, given: Sequence[Reading]
    ) -> list[tuple[Span, Reading | None]]:
        """The spans, with one of its own for each reading that its language cannot take."""
        if not given:
            return [(span, None) for span in spans]
        places = [(item, place(item, clean.spans)) for item in given]
        taking = [code for code in {s.language for s in spans} if self._takes(code, scheme)]
        return with_own_spans(spans, places, taking)

    def _takes(self, code: str, scheme: Scheme) -> bool:
        """Whether the module of a language takes readings in its alphabet."""
        return isinstance(self._module(code, scheme)[1], TakesReadings)

    def _read_own(self, part: AlignedText, code: str, own: Reading, *, stop: bool) -> _Reading:
        """Read a word with given phones whose language cannot take them."""
        symbols, word2ph = phones_of(own.kind, own.units)
        source = part.source(0, len(part))
        if stop:
            symbols, word2ph = (PAUSE, *symbols), word2ph and (1, *word2ph)
        if word2ph is not None and len(word2ph) != len(part) + stop:
            word2ph = None
        norm = (PAUSE if stop else "") + part.text
        span = LanguageSpan(code, part.text, norm, symbols, word2ph)
        return _Reading(span, (source,) * len(symbols))

    def _read_span(
        self,
        part: AlignedText,
        code: str,
        module: Language,
        given: Sequence[Reading],
        *,
        stop: bool,
    ) -> _Reading:
        norm = _compose(module.normalize(part.text), part)
        if stop:
            norm = _behind_stop(norm)
        said = _pronounce(module, code, norm, given) if norm.text else Pronunciation((), ())
        chars = tuple(_source(norm, start, end) for start, end in said.spans)
        span = LanguageSpan(code, part.text, norm.text, said.symbols, said.word2ph)
        return _Reading(span, chars)

    def _module(self, code: str, scheme: Scheme) -> tuple[str, Language]:
        """Module of `code`; a declared language also reads scripts whose module is missing."""
        try:
            return code, self._load(code)
        except LanguageError as error:
            if scheme.detect or code == scheme.main:
                raise
            logger.warning("text in %s is read as %s: %s", code, scheme.main, error)
            return scheme.main, self._load(scheme.main)

    def _load(self, code: str) -> Language:
        if code not in self._modules:
            factory = self._factories.get(code)
            if self.symbols.version == "v1" and code not in V1_LANGUAGES:
                raise LanguageError(f"v1 models do not support {code!r}")
            if factory is None:
                raise LanguageError(unknown("language", code, self._factories))
            self._modules[code] = factory(self.symbols.version)
        return self._modules[code]

    def _assemble(self, text: str, readings: Iterable[_Reading]) -> Phonemes:
        spans = tuple(reading.span for reading in readings)
        symbols = tuple(symbol for span in spans for symbol in span.symbols)
        return Phonemes(
            text=text,
            norm_text="".join(span.norm_text for span in spans),
            symbols=symbols,
            ids=self.symbols.ids(symbols),
            char_spans=tuple(chars for reading in readings for chars in reading.chars),
            spans=spans,
            features=self._feature_rows(spans),
        )

    def _feature_rows(self, spans: tuple[LanguageSpan, ...]) -> NDArray[np.float32] | None:
        """Features [n, 1024]: of the extractor for Chinese, zeros for the rest."""
        if self._features is None or not any(span.language == "zh" for span in spans):
            return None
        rows = np.zeros((sum(len(span.symbols) for span in spans), FEATURE_SIZE), np.float32)
        start = 0
        for span in spans:
            end = start + len(span.symbols)
            if span.language == "zh" and span.word2ph and span.symbols:
                rows[start:end] = self._features(span.norm_text, span.word2ph)
            start = end
        return rows


def unspoken(phonemes: Phonemes) -> str:
    """Letters and digits of the text without phones, in order."""
    covered = np.zeros(len(phonemes.text), np.bool_)
    for start, end in phonemes.char_spans:
        covered[start:end] = True
    return "".join(phonemes.text[i] for i in np.flatnonzero(~covered) if phonemes.text[i].isalnum())


def _simplified(text: AlignedText) -> AlignedText:
    """Chinese in simplified characters, which rules know; a text with kana is as often Japanese."""
    from dora_mlx_tts.text.zh.normalize.script import simplify  # noqa: PLC0415 (on demand)

    return text if _KANA.search(text.text) else simplify(text)


def _read_mixed(text: AlignedText, main: str) -> AlignedText:
    """Read expressions that neither language could read alone, before the text is divided by language."""
    if main in {"zh", "yue"}:
        return read_mixed(text)
    if main == "ja":
        from dora_mlx_tts.text.ja import mixed as japanese  # noqa: PLC0415 (only for Japanese)

        return japanese.read_mixed(text)
    if main == "ko":
        from dora_mlx_tts.text.ko import mixed as korean  # noqa: PLC0415 (only for Korean)

        return korean.read_mixed(text)
    return text


def _pronounce(
    module: Language, code: str, norm: AlignedText, given: Sequence[Reading]
) -> Pronunciation:
    known = placed([item for item in given if item.suits(code)], norm) if given else []
    if known and isinstance(module, TakesReadings):
        return module.pronounce_as(norm.text, known)
    return module.pronounce(norm.text)


def _compose(norm: AlignedText, part: AlignedText) -> AlignedText:
    """Map `norm`, which is aligned with `part.text`, to the source of `part`."""
    return AlignedText(norm.text, tuple(_source(part, start, end) for start, end in norm.spans))


def _source(text: AlignedText, start: int, end: int) -> CharSpan:
    """Source interval of `start:end`; an empty interval stands for the border it is at."""
    if start < end:
        return text.source(start, end)
    if start < len(text.spans):
        return (text.spans[start][0],) * 2
    return (text.spans[-1][1],) * 2 if text.spans else (0, 0)


def _behind_stop(norm: AlignedText) -> AlignedText:
    """Put a stop in front, replacing any marks there."""
    rest = norm[len(norm) - len(norm.text.lstrip("".join(_MARKS))) :]
    return AlignedText(PAUSE + rest.text, (_source(norm, 0, 0), *rest.spans))


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= EXCERPT else text[:EXCERPT] + "…")


def _report_unspoken(phonemes: Phonemes) -> None:
    left = unspoken(phonemes)
    if left:
        logger.warning("%d characters have no reading: %s", len(left), _excerpt(left))
