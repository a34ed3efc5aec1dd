"""The manifest is made from the settings, and the node's page names everything there is."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from script_loader import load_script

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node.commands import CommandHandler, VoiceCatalog
from dora_mlx_tts.node.live_settings import LiveSettings
from dora_mlx_tts.node.metrics import NodeFigures, NodeMeter, SpeechFigures
from dora_mlx_tts.node.protocol import ports
from dora_mlx_tts.node.protocol.messages import Outcome, Stage
from dora_mlx_tts.node.protocol.metadata import ALIASES, ID_KEYS, OWN_KEYS
from dora_mlx_tts.node.turns.scheduler import SpeechQueue

ROOT = Path(__file__).parents[2]


def test_the_manifest_is_current():
    assert (ROOT / "dora-node.yml").read_text("utf-8") == load_script("node_manifest").manifest()


def commands():
    queue = SpeechQueue()
    return CommandHandler(
        queue, NodeMeter(lambda: 0.0), LiveSettings(Settings()), VoiceCatalog(None)
    ).names


NAMES = {
    "ports": [*ports.INPUTS, *ports.OUTPUTS],
    "commands": commands(),
    "ids": [*ID_KEYS, *ALIASES],
    "metadata": sorted(OWN_KEYS - {"timestamp", "retries"}),
    "figures": [field.name for field in dataclasses.fields(SpeechFigures)],
    "stats": [field.name for field in dataclasses.fields(NodeFigures)],
    "outcomes": list(Outcome),
}


@pytest.mark.parametrize("kind", NAMES)
def test_the_page_names_everything(kind):
    page = (ROOT / "docs" / "node.md").read_text("utf-8")
    named = {
        word for quoted in re.findall(r"`([^`\n]+)`", page) for word in re.findall(r"\w+", quoted)
    }
    assert [name for name in NAMES[kind] if name not in named] == []


def test_the_page_names_every_stage_and_only_settings_that_exist():
    page = (ROOT / "docs" / "node.md").read_text("utf-8")
    assert [stage for stage in Stage if stage not in page] == []
    for name in (
        "text_mode",
        "stream_idle",
        "stream_timeout",
        "text_filters",
        "text_commands",
        "max_ahead",
    ):
        assert name in Settings.model_fields
        assert f"`{name}" in page
