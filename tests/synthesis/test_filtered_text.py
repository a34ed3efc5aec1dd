"""A plain text that `Synthesizer` divides goes through the same filters as in the node."""

from __future__ import annotations

import pytest

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.synthesis.script import sentences_of


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (True, ["It is ready.", "Have tea & cake."]),
        (False, ["**It** is ready.<|im_end|>", "Have tea &amp; cake.[1]"]),
    ],
)
def test_filters_go_by_the_setting(filters: bool, expected: list[str]) -> None:
    text = "**It** is ready.<|im_end|>\nHave tea &amp; cake.[1]"
    sentences = sentences_of(text, Settings(text_filters=filters))
    assert [sentence.text for sentence in sentences] == expected
