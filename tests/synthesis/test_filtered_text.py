"""A plain text that `Synthesizer` divides goes through the same filters as in the node."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.synthesis.synthesizer import Synthesizer


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (True, ["It is ready.", "Have tea & cake."]),
        (False, ["**It** is ready.<|im_end|>", "Have tea &amp; cake.[1]"]),
    ],
)
def test_filters_go_by_the_setting(filters: bool, expected: list[str]) -> None:
    owner: Any = SimpleNamespace(settings=Settings(text_filters=filters))
    text = "**It** is ready.<|im_end|>\nHave tea &amp; cake.[1]"
    sentences = Synthesizer._sentences(owner, text)
    assert [sentence.text for sentence in sentences] == expected
