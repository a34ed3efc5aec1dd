"""Characters to ids, rows to phones."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.errors import TextError, WeightsError
from dora_mlx_tts.text.bert_features import LIMIT, BertFeatures, BertTokenizer, spread

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "你", "好", "，", "a", "e", "##好"]


@pytest.fixture
def tokenizer(tmp_path):
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join(TOKENS) + "\n", encoding="utf-8")
    return BertTokenizer.from_vocab(file)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("你好，", [2, 4, 5, 6, 3]),
        ("", [2, 3]),
        ("好坏", [2, 5, 1, 3]),
        ("Aé", [2, 7, 8, 3]),
        ("aa", [2, 7, 7, 3]),  # never joined to one piece
        ("𠀀", [2, 1, 3]),
        ("\u0301", [2, 1, 3]),
    ],
)
def test_one_token_a_character(tokenizer, text, ids):
    got = tokenizer.encode(text)
    assert got.dtype == np.int32
    assert got.tolist() == [ids]


def test_windows_line_ends_and_blank_last_line(tmp_path):
    file = tmp_path / "vocab.txt"
    file.write_bytes("\r\n".join([*TOKENS, ""]).encode())
    assert BertTokenizer.from_vocab(file).encode("好").tolist() == [[2, 5, 3]]


def test_length_limit(tokenizer):
    assert tokenizer.encode("你" * LIMIT).shape == (1, 512)
    with pytest.raises(TextError, match="at most 510 characters for BERT, got 511"):
        tokenizer.encode("你" * (LIMIT + 1))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"[CLS]\n[SEP]\n", r"lacks \[UNK\]"), (b"\xff\xfe\x00", "not a readable"), (b"", "lacks")],
)
def test_files_that_are_no_vocabulary(tmp_path, content, message):
    file = tmp_path / "vocab.txt"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        BertTokenizer.from_vocab(file)


def test_missing_vocabulary(tmp_path):
    with pytest.raises(WeightsError, match=r"vocab\.txt: not a readable"):
        BertTokenizer.from_vocab(tmp_path / "vocab.txt")


def test_spread_repeats_rows():
    hidden = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert spread(hidden, [2, 0, 1]).tolist() == [[0, 1], [0, 1], [4, 5]]


@pytest.mark.parametrize("word2ph", [[1, 1], [1, 1, 1, 1], [1, -1, 2]])
def test_spread_refuses_counts_that_do_not_fit(word2ph):
    with pytest.raises(TextError, match=r"BERT rows for|0 or more, got -1"):
        spread(np.zeros((3, 2), np.float32), word2ph)


def test_features_drop_the_frame(tokenizer):
    def encode(ids):
        return np.repeat(ids[..., None], 2, axis=2).astype(np.float32)

    features = BertFeatures(tokenizer, encode)
    assert features("你，", [2, 1]).tolist() == [[4, 4], [4, 4], [6, 6]]
    with pytest.raises(TextError, match="1 entries for a text of 2"):
        features("你好", [2])
