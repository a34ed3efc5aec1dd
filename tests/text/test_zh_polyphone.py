"""The path of the polyphone model, with a small model of the same signature."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from dora_mlx_tts.text.zh import Mandarin
from dora_mlx_tts.text.zh.pronounce.polyphone import G2pw, OptionalPolyphones

onnx = pytest.importorskip("onnx", reason="building the model needs onnx")
pytest.importorskip("onnxruntime", reason="running the model needs onnxruntime")

CHARS = [("行", "ㄏㄤ2"), ("行", "ㄒㄧㄥ2"), ("長", "ㄔㄤ2"), ("長", "ㄓㄤ3")]
PINYIN = {"ㄏㄤ": "hang", "ㄒㄧㄥ": "xing", "ㄔㄤ": "chang", "ㄓㄤ": "zhang"}
LABELS = sorted({b for _, b in CHARS})
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"他在行走很長路"]


def build(folder: Path, scores: list[float], *, labels: int = len(LABELS), drop: str = "") -> Path:
    """Files of a model that gives every label a fixed score, masked like the real one."""
    helper, proto = onnx.helper, onnx.TensorProto
    names = ["input_ids", "token_type_ids", "attention_mask"]
    inputs = [helper.make_tensor_value_info(n, proto.INT64, ["rows", "tokens"]) for n in names]
    inputs.append(helper.make_tensor_value_info("phoneme_mask", proto.FLOAT, ["rows", labels]))
    ids = ("char_ids", "position_ids")
    inputs.extend(helper.make_tensor_value_info(name, proto.INT64, ["rows"]) for name in ids)
    table = helper.make_tensor("scores", proto.FLOAT, [1, labels], scores)
    graph = helper.make_graph(
        [helper.make_node("Mul", ["phoneme_mask", "scores"], ["probs"])],
        "g2pw",
        [i for i in inputs if i.name != drop],
        [helper.make_tensor_value_info("probs", proto.FLOAT, ["rows", labels])],
        [table],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    folder.mkdir(exist_ok=True)
    onnx.save(model, str(folder / "g2pW.onnx"))
    lines = "\n".join(f"{c}\t{b}" for c, b in CHARS)
    (folder / "POLYPHONIC_CHARS.txt").write_text(lines, encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    table_file = folder / "bopomofo_to_pinyin_wo_tune_dict.json"
    table_file.write_text(json.dumps(PINYIN), encoding="utf-8")
    return folder


def scores_for(*wanted: str) -> list[float]:
    return [0.9 if label in wanted else 0.1 for label in LABELS]


def test_the_model_decides_by_its_most_probable_allowed_label(tmp_path: Path) -> None:
    model = G2pw.load(build(tmp_path, scores_for("ㄏㄤ2", "ㄓㄤ3")))
    assert model.read("他很长行走") == [None, None, "zhang3", "hang2", None]
    assert model.read("没有多音字") == [None] * 5


def test_a_label_of_another_character_is_never_chosen(tmp_path: Path) -> None:
    model = G2pw.load(build(tmp_path, [1.0 if b == "ㄏㄤ2" else 0.0 for b in LABELS]))
    assert model.read("长") in (["chang2"], ["zhang3"])


def test_the_model_reads_single_words_and_the_dictionary_phrases(tmp_path: Path) -> None:
    folder = build(tmp_path, scores_for("ㄏㄤ2"))
    mandarin = Mandarin(polyphone_folder=folder)
    assert mandarin.pronounce("他说行").symbols[-2:] == ("h", "ang2")
    assert mandarin.pronounce("行走").symbols[:2] == ("x", "ing2")


def test_the_model_wins_over_rules_of_context(tmp_path: Path) -> None:
    mandarin = Mandarin(polyphone_folder=build(tmp_path, scores_for("ㄓㄤ3")))
    assert mandarin.pronounce("路很长").symbols[-2:] == ("zh", "ang3")
    assert Mandarin().pronounce("路很长").symbols[-2:] == ("ch", "ang2")


def test_far_characters_stay_inside_the_window(tmp_path: Path) -> None:
    model = G2pw.load(build(tmp_path, scores_for("ㄏㄤ2")))
    text = "好" * 600 + "行" + "好" * 600 + "行"
    answers = model.read(text)
    assert len(answers) == len(text)
    assert answers[600] == "hang2"


def test_an_absent_folder_warns_once_and_falls_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mandarin = Mandarin(polyphone_folder=tmp_path / "absent")
    with caplog.at_level(logging.WARNING):
        spoken = [mandarin.pronounce("他说行").symbols for _ in range(3)]
    assert spoken[0] == spoken[2] == Mandarin().pronounce("他说行").symbols
    assert len(caplog.records) == 1
    assert "absent" in caplog.text


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda d: (d / "vocab.txt").unlink(), id="no vocabulary"),
        pytest.param(lambda d: (d / "vocab.txt").write_text("a"), id="wrong vocabulary"),
        pytest.param(lambda d: (d / "POLYPHONIC_CHARS.txt").write_text("x"), id="wrong characters"),
        pytest.param(lambda d: (d / "g2pW.onnx").write_bytes(b"no model"), id="damaged model"),
        pytest.param(lambda d: build(d, [0.1] * 7, labels=7), id="other number of labels"),
        pytest.param(lambda d: build(d, [0.1] * 4, drop="char_ids"), id="other inputs"),
        pytest.param(lambda d: build(d, [float("nan")] * 4), id="not finite"),
    ],
)
def test_broken_files_warn_once(tmp_path: Path, caplog, break_it) -> None:
    folder = build(tmp_path / "model", scores_for("ㄏㄤ2"))
    break_it(folder)
    polyphones = OptionalPolyphones(folder)
    with caplog.at_level(logging.WARNING):
        assert polyphones.read("他行") == [None, None]
        assert polyphones.read("他行") == [None, None]
    assert len(caplog.records) == 1
