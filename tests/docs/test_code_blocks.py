"""Every code block of the documents is valid: Python compiles, YAML parses, commands and options exist."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys

import click
import pytest
import yaml
from code_blocks import ROOT, Block, blocks, pages

from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.cli.settings_table import settings_table

BLOCKS = [block for page in pages() for block in blocks(page)]
KNOWN = {"", "diff", "json", "mermaid", "python", "sh", "text", "yaml"}
VARIABLES = {name for row in settings_table() for name in row.environment.split(", ")}
ELSEWHERE = {"DORA_MLX_TTS_VOICES", "DORA_MLX_TTS_CONFIG"}


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def commands(script: str) -> list[list[str]]:
    """Calls of the console script, without redirections, pipes and what is left out as `…`."""
    script = re.sub(r"\\\n\s*", " ", script)
    calls = []
    for line in script.splitlines():
        for part in re.split(r"\s[|;]\s|&&", line):
            words = shlex.split(re.sub(r"\s[<>]\s*\S+", "", part), comments=True)
            if words[:1] == ["dora-mlx-tts"]:
                calls.append([word for word in words[1:] if word != "…"])
    return calls


def unknown_options(words: list[str]) -> list[str]:
    """Options (and commands) of a call that do not exist."""
    command: click.Command = cli
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(click.Context(command), name)
        if found is None:
            return [name]
        command = found
    known = {
        option
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    known |= {"-h", "--help"}
    return [
        word for word in rest if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known
    ]


def test_blocks_are_found() -> None:
    assert len(of("python")) >= 6
    assert len(of("yaml")) >= 8
    assert len(of("sh")) >= 10


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_languages_are_known(block: Block) -> None:
    assert block.language in KNOWN


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_compiles_and_imports_what_exists(block: Block) -> None:
    tree = ast.parse(block.body, filename=str(block))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "dora_mlx_tts":
            import dora_mlx_tts

            assert {alias.name for alias in node.names} <= set(dora_mlx_tts.__all__)


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_parses(block: Block) -> None:
    json.loads(block.body)


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_yaml_parses_and_names_real_settings(block: Block) -> None:
    document = yaml.safe_load(block.body)
    nodes = document if isinstance(document, list) else (document or {}).get("nodes", [])
    for node in nodes:
        if isinstance(node, dict) and node.get("path") == "dora-mlx-tts":
            assert set(node.get("env", {})) <= VARIABLES | ELSEWHERE


@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_commands_and_their_options_exist(block: Block) -> None:
    assert [
        unknown_options(words) for words in commands(block.body) if unknown_options(words)
    ] == []


@pytest.mark.parametrize("block", of("mermaid"), ids=str)
def test_diagrams_hold_nothing_that_mermaid_misreads(block: Block) -> None:
    assert ";" not in block.body, "a semicolon ends a statement"
    assert not re.search(r'-- "[^"]*" -\.->', block.body), 'a dotted arrow is -. "text" .->'


@pytest.mark.parametrize("call", ["speek hello", "speak hello --voise x", "voices list --loud"])
def test_wrong_commands_are_seen(call: str) -> None:
    assert unknown_options(shlex.split(call))


def test_the_python_of_the_readme_speaks() -> None:
    (block,) = [b for b in of("python") if b.page == "README.md"]
    played = []
    names = {"play": lambda samples, rate: played.append(len(samples) / rate)}
    exec(compile(block.body, str(block), "exec"), names)  # noqa: S102  our own page
    assert sum(played) > 1


def test_a_voice_of_your_own_as_the_tutorial_makes_it(tmp_path) -> None:
    (tmp_path / "voices").symlink_to(ROOT / "voices")
    script = "\n".join(
        b.body for b in of("sh") if b.page == "docs/tutorials/own-voice.md" and b.runs
    )
    assert "voices add" in script
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment |= {"PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}  # noqa: PTH120
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "anna.wav").stat().st_size > 10_000
