"""Words as jieba divides them: its data as packed, and its own program on the same texts."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from script_loader import load_script

import dora_mlx_tts
from dora_mlx_tts.text.zh.segment.dictionary import UNKNOWN, WordList, word_list
from dora_mlx_tts.text.zh.segment.markov_tables import tables
from dora_mlx_tts.text.zh.segment.plain_markov import cut_plain
from dora_mlx_tts.text.zh.segment.unfinished import unfinished_from
from dora_mlx_tts.text.zh.segment.words import segment

FOLDER = Path(dora_mlx_tts.__file__).parent / "text" / "zh" / "segment"
TEXTS = (
    "赵钰桐昨晚在临安路口摔了一跤", "欧阳靖雯和司马昊天约好周末去爬山", "这款扫地机器人会自己回充电座",
    "他把钥匙落在了地铁站的安检台上", "医生叮嘱病人三餐要定时定量", "小区门口新开了家螺蛳粉店",
    "老板娘笑眯眯地递来两碗热汤面", "量子纠缠并不能超光速传递信息", "孩子们叽叽喳喳地围着龟兔赛跑的皮影戏",
    "请替我把空调调到睡眠模式", "后天下午帮我取消瑜伽课", "那个颜文字当年风靡网络", "吒哩夥後麽", "嘚啵嘚啵嘚",
    "昨儿个那场雨下得邪乎", "阿依古丽的歌声传遍了草原", "她说不", "小李给", "的的的的", "乂乂乂",
)  # fmt: skip
JIEBA = """
import json, sys
import jieba, jieba.posseg
texts = json.load(sys.stdin)
json.dump([[[[w.word, w.flag] for w in jieba.posseg.cut(t)], list(jieba.finalseg.cut(t))] for t in texts], sys.stdout)
"""

needs_jieba = pytest.mark.skipif(
    importlib.util.find_spec("jieba") is None, reason="jieba is in the group dev"
)


@needs_jieba
def test_words_are_those_of_jieba(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", JIEBA],
        input=json.dumps(TEXTS),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},  # where it keeps its dictionary
    )
    for text, (words, plain) in zip(TEXTS, json.loads(done.stdout), strict=True):
        ours = [[word.text, word.tag] for word in segment(text)]
        assert [word for word, _ in ours] == [word for word, _ in words]
        # jieba guesses a part of speech even of characters that its model has never seen
        assert all(
            tag in (expected, "x") for (_, tag), (_, expected) in zip(ours, words, strict=True)
        )
        assert list(cut_plain(text)) == plain


@needs_jieba
def test_the_data_is_what_the_script_makes_of_jieba() -> None:
    script = load_script("build_segmentation")
    assert FOLDER.joinpath("words.txt").read_bytes() == script.words()
    for name, made in (("markov", script.tagged_model()), ("plain_markov", script.plain_model())):
        with np.load(FOLDER / f"{name}.npz") as packed:
            assert set(packed) == set(made)
            assert all(np.array_equal(packed[key], value) for key, value in made.items())


def test_words_are_found_at_both_ends_and_where_others_begin_alike() -> None:
    words = WordList("AA制 50 n\n一 200 m\n一下 30 m\n一下子 9 d\n丁 5 n\n龥 1 n\n".encode())
    assert words.group("一").longest == 3
    assert [word in words for word in ("AA制", "一下", "一下子", "丁", "龥")] == [True] * 5
    assert [word in words for word in ("", "A", "AA", "下子", "七", "一下午", "\ud800", "𠀀")] == (
        [False] * 8
    )
    assert WordList(b"").entry("一") is None
    assert words.entry("一下").tag == "m"


def test_a_line_of_the_list_is_found_by_its_word() -> None:
    data = FOLDER.joinpath("words.txt").read_bytes().decode()
    lines = [line.split(" ") for line in data.split("\n")[:-1:13]]
    found = [(word_list().entry(word) or UNKNOWN).tag for word, _, _ in lines]
    assert found == [tag for _, _, tag in lines]


def test_a_character_outside_the_model_has_no_states() -> None:
    for char in ("x", "𠀀", "\ud800", "龥"):
        assert isinstance(tables().states(char), tuple)
    assert tables().states("x") == tables().states("𠀀") == ()
    assert tables().emit("x") == {}


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("我每天晚", "我"),
        ("我每天晚上", "我每天"),
        ("他说，老", "他说，"),
        ("龘", "龘"),
        ("I am 你", "I am "),
        ("hello", "hello"),
        ("你好。", "你好。"),
        ("", ""),
    ],
)
def test_a_word_that_may_become_longer_is_not_finished(text: str, known: str) -> None:
    assert text[: unfinished_from(text)] == known


def test_a_beginning_goes_on_where_a_longer_word_has_it() -> None:
    words = word_list()
    assert words.goes_on("每天晚")
    assert not words.goes_on("每天晚上")
    assert not words.goes_on("天晚上")
