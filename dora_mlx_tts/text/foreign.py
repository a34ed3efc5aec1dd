"""Guesses the language of a text that is in none of the supported languages."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

_SCRIPTS: Final = {
    "CYRILLIC": "Russian or another language in Cyrillic",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "GREEK": "Greek",
    "DEVANAGARI": "Hindi",
    "THAI": "Thai",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "ARMENIAN": "Armenian",
    "GEORGIAN": "Georgian",
}
_CODES: Final = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko"}
_WORDS: Final = {
    "French": "le la les un une des du et est dans que qui pour pas vous nous je il elle ce cette avec sur au aux ne"
    " sont mais où être c'est j'ai très bonjour merci",
    "German": "der die das und ist nicht ein eine mit auf für ich du sie wir den dem des zu von auch sich es im bei"
    " sind aber wie nach über guten danke",
    "Spanish": "el la los las un una y es en que de por para no con se su al lo como más pero está son muy yo usted"
    " del hola gracias qué",
    "Italian": "il la lo gli le un una e è in che di per non con si sono ma come più questo della nel ho ciao grazie"
    " perché anche",
    "Portuguese": "o a os as um uma e é em que de para não com se por mais como mas foi ao dos da do na no está são"
    " você obrigado muito",
    "Dutch": "de het een en is niet van ik je dat op te met voor zijn er maar ook naar wij zij dit bij heb goed dank",
}
_ENGLISH: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "is",
        "are",
        "in",
        "that",
        "of",
        "to",
        "for",
        "not",
        "with",
        "it",
        "you",
        "i",
        "he",
        "she",
        "we",
        "this",
        "on",
        "at",
        "be",
        "was",
        "have",
        "but",
        "as",
        "do",
        "so",
        "if",
        "or",
        "from",
        "by",
        "they",
        "what",
        "how",
        "can",
        "no",
        "me",
        "my",
        "your",
    ]
)
_FOREIGN: Final = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_LEAST: Final = 2  # number of words needed to identify a language
_SHARE: Final = 0.3


def script_language(text: str) -> str | None:
    """A code (`ja`, `ko`) or a name for the language of a text's main script; None for Latin and Han."""
    counts = Counter(
        unicodedata.name(char, "").partition(" ")[0] for char in text if char.isalpha()
    )
    for script, count in counts.most_common(3):
        named = _CODES.get(script) or _SCRIPTS.get(script)
        if named is not None and count > max(_LEAST, _SHARE * counts.total()):
            return named
    return None


def latin_language(text: str) -> str | None:
    """The European language suggested by a text's common words, unless that is English."""
    words = [word.lower() for word in _WORD.findall(text)]
    english = sum(word in _ENGLISH for word in words)
    scores = {name: sum(word in common for word in words) for name, common in _FOREIGN.items()}
    name, score = max(scores.items(), key=lambda item: item[1])
    if score < max(_LEAST, _SHARE * len(words)) or score <= english:
        return None
    return name
