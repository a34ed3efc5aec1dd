"""Figures with Latin letters behind them: units, scales, halves of the day, currencies.

These rules hold beside Chinese only (`text/mixed.py`), before a text is divided by language.
"""

from __future__ import annotations

import dora_mlx_tts.text.zh.normalize.lettered_figures as figures
import dora_mlx_tts.text.zh.normalize.lettered_names as names
import dora_mlx_tts.text.zh.normalize.lettered_times as times
import dora_mlx_tts.text.zh.normalize.lettered_units as units
from dora_mlx_tts.text.zh.normalize.chemistry import ION_RULE

RULES = (
    times.WEEKS,
    times.WEEKS_AND_DAYS,
    times.PACE,
    times.RUN,
    names.LEVEL_MORE,
    names.AIRLINER,
    names.PROCESSOR,
    names.FILM_SPEED,
    names.ANSWER,
    times.MONTHS,
    names.GRADES,
    names.DIVE,
    names.OPUS,
    figures.MINUS_PERCENT,
    figures.PERCENT_NAME,
    names.MEAN,
    ION_RULE,
    times.ZONE,
    figures.HEX,
    units.FUEL_USE,
    figures.COMMAS,
    times.ISO_TIME,
    times.HALF_DAY,
    times.QUARTER,
    times.ERA,
    figures.MORE_OF,
    figures.SIZE,
    figures.MARKS,
    figures.PRODUCT,
    figures.TIMES_SCALED,
    figures.TIMES,
    figures.COPIES,
    figures.SCIENTIFIC,
    names.PORT_OF,
    names.ROOM,
    names.VERSION,
    names.ANY_VERSION,
    figures.SHARE_OF_MONEY,
    units.EVERY_UNIT,
    units.UNIT_OF,
    figures.EQUALS_HAN,
    times.DURATION,
    units.DATA,
    units.SUPPLY,
    units.EQUAL,
    units.DEGREES,
    units.FIELD,
    units.PER_SOME,
    units.PART_OF_UNIT,
    units.JUMP,
    units.UNIT_TO_UNIT,
    units.TWO_VALUES,
    units.INCH_SIGN,
    units.DIMENSIONS,
    units.QUANTITIES,
    units.BY,
    units.INCHES,
    figures.AGAINST,
    figures.PERCENT,
    times.DAYS,
    units.BEHIND_POWER,
    units.WORDS_PER,
    names.NAME_NUMBER,
    units.BEHIND_STROKE,
    figures.THOUSANDS,
    units.SETS,
)
"""In the order in which they apply."""
