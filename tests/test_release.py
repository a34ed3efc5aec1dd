"""What a release says of itself is the same everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from dora_mlx_tts import __version__
from dora_mlx_tts.node.protocol.ports import WIRE_FORMAT

ROOT = Path(__file__).resolve().parents[1]


def test_the_version_is_one_and_the_changelog_has_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__
    versions = re.findall(
        r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert versions[0] == "Unreleased"
    assert __version__ in versions


def test_every_release_has_its_date() -> None:
    heads = re.findall(r"^## .*", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert [head for head in heads[1:] if not re.search(r"\] - \d{4}-\d\d-\d\d$", head)] == []


def test_manifest_and_page_name_the_wire_format() -> None:
    manifest = yaml.safe_load((ROOT / "dora-node.yml").read_text("utf-8"))
    assert f"wire-format-{WIRE_FORMAT}" in manifest["keywords"]
    page = (ROOT / "docs" / "wire-format.md").read_text("utf-8")
    assert f"The current version is **{WIRE_FORMAT}**" in page


def test_the_checklist_names_scripts_that_exist() -> None:
    page = (ROOT / "docs" / "releasing.md").read_text("utf-8")
    for script in set(re.findall(r"scripts/\w+\.\w+", page)):
        assert (ROOT / script).is_file(), script
