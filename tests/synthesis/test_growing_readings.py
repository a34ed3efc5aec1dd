"""What is read of an unfinished sentence stays as it is when the sentence goes on."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.synthesis.growing.reading import GrowingPhones
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.sentences.known_words import known_words

MARGIN = 4
SENTENCES = (
    "我每天早晨都给小狗洗一个澡。",
    "请你给总理写一封感谢信，好吗？",
    "他不好意思地笑了笑，没有回答我们。",
    "我想买两把雨伞送给老李的女儿。",
    "这首歌我已经听了不止一百遍了。",
    "北京大学生命科学学院在哪栋楼？",
    "把手机举高一点儿，我想拍水果的 photo。",
    "你可以把 laptop 借给我两小时吗？",
    "长江大桥的桥头有一家小书店。",
    "我想请她给女友买五把好伞。",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_may_be_spoken_is_read_the_same_in_the_whole_sentence(sentence: str) -> None:
    front_end = FrontEnd()
    whole = front_end.phonemize(sentence, "auto")
    compared = 0
    for length in range(1, len(sentence)):
        known = known_words(sentence[:length])
        if not known:
            continue
        phones = GrowingPhones(lambda text: front_end.phonemize(text, "auto"))
        part = phones.read(sentence[: known[-1].end])
        count = phones.limit(MARGIN)
        if part.symbols[0] == ".":  # a very short text is led in by a pause
            continue
        np.testing.assert_array_equal(part.ids[:count], whole.ids[:count], err_msg=part.text)
        compared += count > 0
    assert compared > 3
