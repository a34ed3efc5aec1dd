"""Normalization: the Mandarin rules, with the words and characters of Cantonese."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText, CharSpan
from dora_mlx_tts.text.yue.script import traditional
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits
from dora_mlx_tts.text.zh.normalize.patterns import HAN
from dora_mlx_tts.text.zh.normalize.pipeline import normalize as normalize_as_mandarin

_MEASURES = (
    "蚊文毫仙皮嚿嚹碌餐樽罅孖煲啖沓疊叠樖蔸梗鋪舖铺勻匀竇窦呎吋哩両擔担擺摆鑊镬啲粒隻只間间嗰仔"
)
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3}){1,4}(?![0-9])|[0-9]{1,12}"
_COUNT = re.compile(
    rf"(?<![0-9.,])({_NUMBER})(\.[0-9]{{1,8}})?(?=[ ]?[幾几]?(?:[{_MEASURES}]|安士|個字|个字))"
)
_DOLLARS = re.compile(rf"(?<![A-Za-z])(?:HK)?[$＄][ ]?({_NUMBER})(\.[0-9]{{1,8}})?(?![0-9])")
_TELEPHONE = re.compile(
    r"(?<![0-9A-Za-z.,-])([235-9][0-9]{3})[ -]([0-9]{4})(?![0-9A-Za-z]|[.,-][0-9])"
)
"""A number of Hong Kong or Macau."""
_ROUTE = re.compile(
    r"((?:巴士|小巴|專線|专线|[搭坐])[ ]?)([0-9]{3})(?=[ ]?(?:[號号路線线]|[A-Z]\b|[，。！？,!?]|\Z))"
)
_SHORT_FIGURES = re.compile(
    "(?<![零一二三四五六七八九幺])[零一二三四五六七八九幺]{1,6}(?![零一二三四五六七八九幺])"
)
"""Here 1 is 一; in a telephone number the reference, which the models learned from, has 幺."""
_HAN = re.compile(HAN)


def normalize(text: str) -> AlignedText:
    """Write a Cantonese text with traditional Hanzi and `! ? … , .` only."""
    counted = AlignedText.of(text).sub(_DOLLARS, lambda m: f"{_amount(m)}蚊").sub(_COUNT, _amount)
    counted = counted.sub(_TELEPHONE, lambda m: f"{digits(m[1])},{digits(m[2])}")
    counted = counted.sub(_ROUTE, lambda m: m[1] + digits(m[2]))
    spoken = normalize_as_mandarin(counted.text)
    spoken = spoken.sub(_SHORT_FIGURES, lambda m: m[0].replace("幺", "一"))
    kept = "".join(
        _original(counted.text, char, span)
        for char, span in zip(spoken.text, spoken.spans, strict=True)
    )
    spans = tuple(_through(counted, span) for span in spoken.spans)
    return AlignedText(traditional(kept, text), spans)


def _amount(match: re.Match[str]) -> str:
    return amount(match[1].replace(",", "") + (match[2] or ""))


def _original(text: str, char: str, span: CharSpan) -> str:
    """The character that was written, where the Mandarin rules only simplified it."""
    start, end = span
    written = text[start:end]
    is_han = len(written) == 1 and _HAN.match(written) and _HAN.match(char)
    return written if is_han and written != "〇" else char


def _through(text: AlignedText, span: CharSpan) -> CharSpan:
    """Source of an interval of `text`; an empty one stands for the border it is at."""
    start, end = span
    if start < end:
        return text.source(start, end)
    at = text.spans[start][0] if start < len(text.spans) else text.spans[-1][1] if text.spans else 0
    return at, at
