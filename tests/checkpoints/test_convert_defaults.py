"""`convert --default`: settings of speech that a pack brings along."""

from __future__ import annotations

import whole_voice
from click.testing import CliRunner

from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.packs.pack import Pack


def test_settings_that_a_pack_brings_along(tmp_path):
    sources = whole_voice.save_voice(tmp_path / "files", "v2")
    out = tmp_path / "pack"

    def run(*options):
        files = ("--gpt", sources.gpt, "--sovits", sources.sovits, "-o", out)
        return CliRunner().invoke(cli, ["convert", *map(str, (*files, *options))])

    result = run("--default", "top_k=4", "--default", "short_parts=yes")
    assert result.exit_code == 0, result.output
    assert Pack.open(out).manifest.defaults == {"top_k": 4, "short_parts": True}
    for wrong, match in (("top_k=0", "top_k"), ("seed=1", "unknown setting"), ("top_k", "like")):
        refused = run("--overwrite", "--default", wrong)
        assert refused.exit_code
        assert match in f"{refused.exception}{refused.output}", wrong
    assert Pack.open(out).manifest.defaults == {"top_k": 4, "short_parts": True}
