from __future__ import annotations

import logging

import numpy as np
import pytest

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.text.symbols import SymbolTable


@pytest.mark.parametrize(("version", "size"), [("v1", 322), ("v2", 732)])
def test_size_and_known_ids(version: str, size: int) -> None:
    table = SymbolTable.load(version)
    assert len(table) == size
    known = {"!": 0, ",": 1, "-": 2, ".": 3, "?": 4, "SP": 77, "SP2": 78, "SP3": 79}
    known |= {"UNK": 86, "_": 95, "…": 321}
    assert table.ids(known).tolist() == list(known.values())


def test_v2_begins_with_v1() -> None:
    v1, v2 = SymbolTable.load("v1"), SymbolTable.load("v2")
    assert v2.symbols[:322] == v1.symbols
    assert "[" in v2
    assert "[" not in v1
    assert v2.ids(["停", "空"]).tolist() == [351, 352]
    assert all(symbol.startswith("Y") for symbol in v2.symbols[353:])


def test_ids_are_int32() -> None:
    ids = SymbolTable.load("v2").ids(["n", "i3"])
    assert ids.dtype == np.int32
    assert ids.shape == (2,)
    assert SymbolTable.load("v2").ids([]).shape == (0,)


def test_unknown_symbols_are_counted_and_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    table = SymbolTable.load("v2")
    with caplog.at_level(logging.WARNING):
        ids = table.ids(["n", "#", "#", "nonsense"])
    assert ids[1:].tolist() == [86, 86, 86]
    assert table.unknown == {"#": 2, "nonsense": 1}
    assert len(caplog.records) == 2
    assert SymbolTable.load("v2").unknown == {}


def test_unk_itself_is_known() -> None:
    table = SymbolTable.load("v1")
    assert table.ids(["UNK"]).tolist() == [86]
    assert not table.unknown


@pytest.mark.parametrize("version", ["v9", "", "V2"])
def test_unknown_version_names_the_allowed(version: str) -> None:
    with pytest.raises(SettingError, match="v1, v2"):
        SymbolTable.load(version)
