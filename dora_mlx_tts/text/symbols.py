"""The phone inventories of the models: a symbol's id is its index in the table."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import unknown

Version = Literal["v1", "v2"]
"""Symbol inventories: v1 has 322 symbols, v2 (also v2Pro, v3, v4) appends 410 to the same."""

UNKNOWN = "UNK"
PAUSE = "."

logger = logging.getLogger(__name__)


@cache
def _symbols(version: Version) -> tuple[str, ...]:
    data = resources.files(__package__).joinpath(f"symbols_{version}.json").read_text("utf-8")
    return tuple(json.loads(data)["symbols"])


class SymbolTable:
    """Maps phone symbols to the rows of a model's phone embedding.

    Attributes:
        version: name of the inventory.
        symbols: all symbols, in the order of their ids.
        unknown: how often each symbol that is not in the table was asked for.
    """

    def __init__(self, version: Version, symbols: Iterable[str]) -> None:
        self.version = version
        self.symbols = tuple(symbols)
        self.unknown: Counter[str] = Counter()
        self._ids = {symbol: i for i, symbol in enumerate(self.symbols)}

    @classmethod
    def load(cls, version: str) -> Self:
        """Table of a model version; raises SettingError for a version that has none."""
        for known in get_args(Version):
            if version == known:
                return cls(known, _symbols(known))
        raise SettingError(unknown("symbol table", version, get_args(Version)))

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._ids

    def ids(self, symbols: Iterable[str]) -> NDArray[np.int32]:
        """Ids of `symbols`, int32 [n].

        A symbol outside the table becomes UNK, is counted in `unknown` and reported in the log
        the first time it is met.
        """
        found = [self._id(symbol) for symbol in symbols]
        return np.array(found, dtype=np.int32)

    def _id(self, symbol: str) -> int:
        known = self._ids.get(symbol)
        if known is not None:
            return known
        if symbol not in self.unknown:
            logger.warning(
                "phone %r is not in symbol table %s and is spoken as UNK", symbol, self.version
            )
        self.unknown[symbol] += 1
        return self._ids[UNKNOWN]
