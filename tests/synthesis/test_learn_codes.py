"""The script that learns a table, and the one that puts it into a pack."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from dora_mlx_tts.errors import PackError, TtsError
from dora_mlx_tts.packs.tensor_file import map_tensor_file
from dora_mlx_tts.synthesis.codes.phone_codes import PhoneCodes

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import build_starter
import learn_codes

SYMBOLS = [".", "a1", "a2", "b", "UNK", *(f"s{n}x" for n in range(15))]


def utterance(draw: np.random.Generator, aligned: bool) -> dict[str, list[int]]:
    """Row r (a1 and a2 share theirs) is spoken with codes 10 r to 10 r + 9, one to four times."""
    phones = draw.choice([1, 2, 3, *range(5, 20)], 20)
    places = np.append(np.arange(20), 20).repeat(draw.integers(1, 5, 21))
    sounds = np.append(np.where(phones == 2, 1, phones), 0)
    codes = 10 * sounds[places] + draw.integers(0, 10, len(places))
    line = {"p": [int(p) for p in phones] + [0], "c": codes.tolist()}
    return line | ({"a": np.repeat(places, 2).tolist()} if aligned else {})


@pytest.mark.parametrize("aligned", [False, True])
def test_a_table_is_learned_from_a_file(
    tmp_path: Path, aligned: bool, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    draw = np.random.default_rng(1)
    lines = [json.dumps(utterance(draw, aligned)) for _ in range(60)]
    (tmp_path / "pairs.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    utterances = learn_codes.read(tmp_path / "pairs.jsonl.gz")
    table = learn_codes.learn(utterances, 200, SYMBOLS)
    stored = PhoneCodes.read(table.tensors(), "x")
    phones = np.array([1, 2, 3, 19, 4])
    said = stored.evidence(phones, np.array([11, 35, 195]))
    np.testing.assert_array_equal(said[:, 0], said[:, 1])  # tones share what they say
    assert said.argmax(1).tolist() == [0, 2, 3]
    assert (said[:, 4] == 0).all()  # nobody said it
    assert (said.max(1) > 1.5).all()
    assert (stored.quiet[:10] > 1.5).all()
    assert (stored.quiet[10:] < -0.5).all()
    assert "nats a token" in capsys.readouterr().out


def test_lines_that_cannot_be_aligned_are_left_out(tmp_path: Path) -> None:
    lines = [{"p": [1], "c": [5]}, {"p": [1, 3, 0, 1, 3], "c": [1, 2]}, {"p": [1, 0], "c": [7] * 5}]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert len(learn_codes.read(tmp_path / "pairs.jsonl")) == 1


def test_the_script_writes_what_a_pack_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, out = np.random.default_rng(2), tmp_path / "codes.safetensors"
    lines = [json.dumps(utterance(draw, False)) for _ in range(12)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    options = [str(tmp_path / "pairs.jsonl"), "-o", str(out), "--held-out", "3"]
    monkeypatch.setattr(sys, "argv", ["learn_codes.py", *options])
    learn_codes.main()
    part = build_starter.code_table(out)["codes"]
    read = {name: spec.read() for name, spec in part.tensors.items()}
    assert PhoneCodes.read(read, "x").codes == 1024
    assert {name: one.tolist() for name, one in map_tensor_file(out).items()} == {
        name: one.tolist() for name, one in read.items()
    }
    out.write_bytes(out.read_bytes()[:200])
    with pytest.raises(TtsError):
        build_starter.code_table(out)
    with pytest.raises(PackError):
        PhoneCodes.read({}, "x")
