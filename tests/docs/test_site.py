"""The documents as a whole: links lead somewhere, generated pages are up to date, the site names every page."""

from __future__ import annotations

import importlib.util
import re
import shutil

import pytest
import yaml
from code_blocks import ROOT
from script_loader import load_script

from dora_mlx_tts import errors
from dora_mlx_tts.packs.manifest import FAMILIES, FORMAT, STORAGES, SYMBOLS, PackManifest

SITE = load_script("build_site")


class Config(yaml.SafeLoader):
    """Reads mkdocs.yml, whose tags name Python functions."""


Config.add_multi_constructor(
    "tag:yaml.org,2002:python/name:", lambda _loader, suffix, _node: suffix
)


def named(entries: list[object]) -> list[str]:
    """Pages of a navigation, in order."""
    found = []
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            found += named(value) if isinstance(value, list) else [str(value)]
    return found


def test_links_lead_somewhere() -> None:
    assert SITE.broken_links() == []


def test_a_broken_link_is_seen(tmp_path) -> None:
    for folder in SITE.FOLDERS:
        (tmp_path / folder).mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text(
        "[a](page.md) [b](nothing.md#x) [c](../../away.md) [d](https://example.org)\n```\n[e](code.md)\n```\n"
    )
    assert SITE.broken_links(tmp_path) == [
        "docs/page.md: " + str(tmp_path / "docs" / "nothing.md"),
        "docs/page.md: " + str(tmp_path.parent / "away.md"),
    ]


def test_the_site_has_every_page() -> None:
    config = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Config)  # noqa: S506  a SafeLoader
    pages = named(config["nav"])
    assert sorted(pages) == [path.as_posix() for path in SITE.pages()]
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize("name", ["errors_page", "metrics_page", "voice_page"])
def test_a_generated_page_is_up_to_date(name) -> None:
    script = load_script(name)
    assert script.FILE.read_text("utf-8") == script.page(), f"run python scripts/{name}.py"


def test_the_page_of_packs_names_what_they_hold() -> None:
    page = (ROOT / "docs" / "reference" / "pack-format.md").read_text("utf-8")
    pack = PackManifest("a", "v2", "v2", 32000, "MIT", ("en",), "int8", {}, {})
    names = {*pack.to_json(), *FAMILIES, *SYMBOLS, *STORAGES}
    assert sorted(name for name in names if f"`{name}`" not in page) == []
    assert f"The format is **{FORMAT}**" in page


def test_every_error_has_a_remedy() -> None:
    page = (ROOT / "docs" / "how-to" / "troubleshooting.md").read_text("utf-8")
    sections = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
    raised = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert sections == raised


@pytest.mark.skipif(
    importlib.util.find_spec("zensical") is None, reason="zensical is not installed (make docs)"
)
def test_pages_lie_as_in_the_repository(tmp_path) -> None:
    SITE.lay_out(ROOT, tmp_path / "pages")
    assert (tmp_path / "pages" / "docs" / "index.md").exists()
    assert (tmp_path / "pages" / "docs" / "samples" / "starter-en.ogg").exists()
    shutil.rmtree(tmp_path / "pages")
