"""The dataflows of the tutorials run as their pages show them, with the scripted voice in place of the networks."""

from __future__ import annotations

import re

import pytest
import yaml
from test_hello_dataflow import FAKE_TTS, ROOT, dora_run, needs_dora

TUTORIALS = ("first-dataflow", "language-model", "barge-in")
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@needs_dora
@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_does_what_it_shows(name, tmp_path):
    page = (ROOT / "docs" / "tutorials" / f"{name}.md").read_text("utf-8")
    found = FENCE.findall(page)
    for _language, title, body in found:
        if title:
            (tmp_path / title).write_text(body, encoding="utf-8")
    file = tmp_path / "dataflow.yml"
    flow = yaml.safe_load(file.read_text("utf-8"))
    for node in flow["nodes"]:
        if node["path"] == "dora-mlx-tts":
            node["path"] = str(FAKE_TTS)
    file.write_text(yaml.safe_dump(flow), encoding="utf-8")
    done = dora_run(file)
    assert done.returncode == 0, done.stdout + done.stderr
    (shown,) = [body for language, _title, body in found if language == "text"]
    said = done.stdout + done.stderr
    assert [line for line in shown.splitlines() if not re.search(as_pattern(line), said)] == [], (
        said
    )


def as_pattern(line: str) -> str:
    """The line as an expression; its ``…`` stands for figures that differ from run to run."""
    return re.escape(line).replace("…", r".*\d.*")
