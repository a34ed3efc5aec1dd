"""Every dataflow that ships runs through a real dora, with the scripted voice in place of the networks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import soundfile
import yaml
from test_hello_dataflow import DATAFLOWS, ENVIRONMENT, FAKE_TTS, ROOT, dora_run, needs_dora

FLOWS = sorted(path.stem for path in DATAFLOWS.glob("*.yml"))


def run(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    flow = yaml.safe_load((DATAFLOWS / f"{name}.yml").read_text())
    for node in flow["nodes"]:
        if node["path"].endswith(".py"):
            node["path"] = str(DATAFLOWS / node["path"])
        elif node["path"] == "dora-mlx-tts":
            node["path"] = str(FAKE_TTS)
        environment = node.get("env", {})
        if "OUT" in environment:
            environment["OUT"] = str(folder / Path(environment["OUT"]).name)
        if "FILE" in environment:
            environment["FILE"] = str(DATAFLOWS / environment["FILE"])
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump(flow))
    done = dora_run(file)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def figures(name: str, folder: Path) -> dict[str, object]:
    run(name, folder)
    return json.loads((folder / f"{name}.json").read_text())


@needs_dora
def test_llm_chain_speaks_sentences_and_no_markup(tmp_path):
    report = figures("llm_chain", tmp_path)
    assert report["errors"] == []
    first, second = report["texts"]
    assert first["fragments"] == 2 * 3  # two sentences, three fragments each
    assert second["fragments"] == 2 * 3
    assert first["text"].startswith("<think>")


@needs_dora
def test_barge_in_is_silent_at_once_and_goes_on_with_the_next_question(tmp_path):
    report = figures("barge_in", tmp_path)
    assert report["errors"] == []
    assert "The history of bread is a long one.".startswith(report["heard"])
    assert report["how"] == "reported"
    known = f"{report['heard']} {report['remaining']}"  # all that had been written by then
    assert known.startswith("The history of bread is a long one. It begins")
    assert report["then"] == "Of course. Let us talk about soup."
    assert report["stray_fragments"] <= 1  # dora keeps order within a port only


@needs_dora
def test_two_voices_take_turns(tmp_path):
    report = figures("two_voices", tmp_path)
    assert report["errors"] == []
    assert [row["outcome"] for row in report["texts"]] == ["completed"] * 3


@needs_dora
def test_primespeech_chain_sends_one_segment_at_a_time(tmp_path):
    done = run("primespeech_chain", tmp_path)
    assert "(3 messages)" in done.stdout
    assert soundfile.info(tmp_path / "primespeech_chain.wav").frames == 3 * 9600


@needs_dora
def test_record_reads_a_file_aloud(tmp_path):
    report = figures("record", tmp_path)
    assert report["errors"] == []
    lines = (DATAFLOWS / "record.txt").read_text().split("\n")
    assert [row["text"] for row in report["texts"]] == [line for line in lines if line]
    assert soundfile.info(tmp_path / "record.flac").frames == 3 * 9600


@needs_dora
@pytest.mark.parametrize("name", FLOWS)
def test_every_dataflow_is_valid_and_described(name):
    command = ["dora", "validate", "--strict-types", f"dataflows/{name}.yml"]
    done = subprocess.run(
        command,
        env=ENVIRONMENT,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    readme = (DATAFLOWS / "README.md").read_text("utf-8")
    assert f"## {name}.yml" in readme
    graph = subprocess.run(
        ["dora", "graph", f"dataflows/{name}.yml", "--mermaid"],
        env=ENVIRONMENT,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    edges = {line.strip() for line in graph.splitlines() if " -- " in line}
    assert edges
    assert edges <= {line.strip() for line in readme.splitlines()}
