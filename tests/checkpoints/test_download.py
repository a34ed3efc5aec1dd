"""Reading base models from a hub that speaks the real protocol on this machine."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import whole_voice
from click.testing import CliRunner
from hub_server import FakeHub

from dora_mlx_tts.checkpoints import hub as hub_module
from dora_mlx_tts.checkpoints.base_models import SETS, base_model
from dora_mlx_tts.checkpoints.hub import Hub, missing_bytes
from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.errors import DownloadError
from dora_mlx_tts.packs.pack import Pack

huggingface_hub = pytest.importorskip("huggingface_hub", reason="the extra `hub` is not installed")
constants = pytest.importorskip("huggingface_hub.constants")
file_download = pytest.importorskip("huggingface_hub.file_download")

REPOSITORY = "lj1995/GPT-SoVITS"
LARGE = np.random.default_rng(0).bytes(200_000)
SMALL = b'{"a": 1}\n'
NAMES = ("sub/large.bin", "small.json")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_download.time, "sleep", lambda _: None)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)  # what is lost when it breaks off
    huggingface_hub.utils.disable_progress_bars()


@pytest.fixture
def server() -> Iterator[FakeHub]:
    with FakeHub({NAMES[0]: LARGE, NAMES[1]: SMALL}) as running:
        yield running


@pytest.fixture
def hub(server: FakeHub, tmp_path: Path) -> Hub:
    return Hub(REPOSITORY, tmp_path / "cache", endpoint=server.address)


def fetch_all(hub: Hub) -> list[bytes]:
    return [hub.fetch(file).read_bytes() for file in hub.plan(NAMES)]


def test_files_are_read_once(hub: Hub, server: FakeHub, tmp_path: Path) -> None:
    planned = hub.plan(NAMES)
    assert missing_bytes(planned) == len(LARGE) + len(SMALL)
    assert fetch_all(hub) == [LARGE, SMALL]
    assert (tmp_path / "cache" / "lj1995--GPT-SoVITS" / "sub" / "large.bin").is_file()
    assert missing_bytes(hub.plan(NAMES)) == 0
    assert fetch_all(hub) == [LARGE, SMALL]
    assert len(server.sent("GET")) == 2


def test_what_the_hub_replaced_is_read_again(hub: Hub, server: FakeHub) -> None:
    fetch_all(hub)
    server.files = {**server.files, NAMES[1]: b"new"}
    assert fetch_all(hub) == [LARGE, b"new"]
    assert len(server.sent("GET")) == 3


def test_a_transfer_that_breaks_off_goes_on(hub: Hub, server: FakeHub) -> None:
    server.breaks[NAMES[0]] = [50_000, 70_000]
    assert fetch_all(hub)[0] == LARGE
    assert [span for _, span in server.sent("GET")][:3] == [None, "bytes=50000-", "bytes=120000-"]


def test_the_next_run_goes_on_where_the_last_one_stopped(hub: Hub, server: FakeHub) -> None:
    server.breaks[NAMES[0]] = [60_000] + [0] * 6
    (large, _) = hub.plan(NAMES)
    with pytest.raises(DownloadError, match="cannot be reached"):
        hub.fetch(large)
    before = len(server.requests)
    server.breaks.clear()
    assert fetch_all(hub)[0] == LARGE
    assert ("GET", NAMES[0], "bytes=60000-") in server.requests[before:]
    assert [p.name for p in (hub.folder / ".hub").iterdir() if p.suffix == ".part"] == []


def test_beginnings_of_replaced_files_are_forgotten(hub: Hub, server: FakeHub) -> None:
    server.breaks[NAMES[0]] = [60_000] + [0] * 6
    with pytest.raises(DownloadError):
        hub.fetch(hub.plan(NAMES)[0])
    server.breaks.clear()
    server.files = {**server.files, NAMES[0]: LARGE[::-1]}
    assert fetch_all(hub)[0] == LARGE[::-1]


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_hash_is_noticed(hub: Hub, server: FakeHub, name: str) -> None:
    content = server.files[name]
    server.replaced[name] = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(DownloadError, match="the download has the wrong hash"):
        fetch_all(hub)
    server.replaced.clear()
    assert fetch_all(hub) == [LARGE, SMALL]


def test_a_disk_that_is_too_small(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(".")._replace(free=100_000)
    monkeypatch.setattr(hub_module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DownloadError, match=r"0\.00 GB must be downloaded, 0\.00 GB are free"):
        hub.require_room(hub.plan(NAMES))


def test_a_disk_that_becomes_full(hub: Hub, server: FakeHub) -> None:
    """The operating system refuses to write on; what came is kept."""
    planned = hub.plan(NAMES)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, limits[1]))
    try:
        with pytest.raises(DownloadError, match="the disk is full; the partial download is kept"):
            hub.fetch(planned[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert fetch_all(hub)[0] == LARGE
    assert server.sent("GET")[1][1] is not None


def test_everything_works_offline_then(
    hub: Hub, server: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE forbids"):
        hub.plan(NAMES)
    assert not server.requests
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    fetch_all(hub)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    before = len(server.requests)
    assert fetch_all(hub) == [LARGE, SMALL]
    assert len(server.requests) == before


def test_a_hub_that_cannot_be_reached(hub: Hub, tmp_path: Path) -> None:
    fetch_all(hub)
    gone = Hub(REPOSITORY, tmp_path / "cache", endpoint="http://127.0.0.1:9")
    assert fetch_all(gone) == [LARGE, SMALL]
    empty = Hub(REPOSITORY, tmp_path / "other", endpoint="http://127.0.0.1:9")
    with pytest.raises(DownloadError, match="cannot be reached"):
        empty.plan(NAMES)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", ".hub/x", "a/../b", "a\\b", "~x"])
def test_names_stay_inside(hub: Hub, name: str) -> None:
    with pytest.raises(DownloadError, match="not allowed"):
        hub.plan([name])


def test_a_file_that_is_not_there(hub: Hub) -> None:
    with pytest.raises(DownloadError, match="the hub answers 404"):
        hub.plan(["nothing.bin"])


def test_a_copy_that_was_cut_is_read_again(hub: Hub) -> None:
    path = hub.fetch(hub.plan(NAMES)[0])
    path.write_bytes(LARGE[:10])
    assert fetch_all(hub)[0] == LARGE


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(DownloadError, match=r"pip install 'dora-mlx-tts\[hub\]'"):
        Hub(REPOSITORY, tmp_path)


def test_sets_are_complete() -> None:
    for name, model in SETS.items():
        assert model.name == name
        assert len(model.files) == len(set(model.files))
        assert model.licences
        sources = model.sources(Path("root"))
        assert (sources is None) == (name == "base")
    assert base_model("V2PRO").sources(Path("r")).speaker == Path(
        "r/sv/pretrained_eres2netv2w24s4ep4.ckpt"
    )
    assert base_model("v3").sources(Path("r")).vocoder.name.startswith("models--nvidia")
    with pytest.raises(DownloadError, match="unknown set 'v9'; available: v1, v2, "):
        base_model("v9")


@pytest.fixture
def published(tmp_path: Path) -> dict[str, bytes]:
    """The set v4 as it lies on the hub, with small networks."""
    sources = whole_voice.save_voice(tmp_path / "files", "v4")
    bert = whole_voice.save_bert(tmp_path / "bert")
    words = (bert / "vocab.txt").read_text().split()
    vocabulary = {word: number for number, word in enumerate(words)}
    (bert / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    model = SETS["v4"]
    places = {"gpt": sources.gpt, "sovits": sources.sovits, "ssl": sources.ssl}
    places |= {"bert": bert, "vocoder": sources.vocoder}
    content = {}
    for part, path in model.parts.items():
        if isinstance(path, str):
            content[path] = places[part].read_bytes()
        else:
            folder, names = path
            content |= {f"{folder}/{name}": (places[part] / name).read_bytes() for name in names}
    return content


def test_command(tmp_path: Path, published: dict[str, bytes], monkeypatch) -> None:
    monkeypatch.setenv("DORA_MLX_TTS_CACHE", str(tmp_path / "cache"))
    with FakeHub(published) as server:
        arguments = ["download", "v4", "--endpoint", server.address, "--to", tmp_path / "packs"]
        result = CliRunner().invoke(cli, [*map(str, arguments), "--check", "--json"])
        assert result.exit_code == 0, result.output
        assert "licence: MIT (GPT-SoVITS)" in result.stderr
        document = json.loads(result.stdout)["sets"][0]
        assert document["pack"]["model"] == "v4"
        assert document["check"]["audio_s"] > 0
        pack = Pack.open(tmp_path / "packs" / "v4")
        assert set(pack.manifest.parts) == {"t2s", "sovits", "cfm", "ssl", "bert", "vocoder"}
        again = CliRunner().invoke(cli, [*map(str, arguments), "--overwrite"])
        assert again.exit_code == 0, again.output
        assert "0 MB to read" in again.stderr
        monkeypatch.setattr("dora_mlx_tts.cli.download._ASKED_BYTES", 1)
        fresh = [*map(str, arguments), "--no-convert"]
        monkeypatch.setenv("DORA_MLX_TTS_CACHE", str(tmp_path / "other"))
        asked = CliRunner().invoke(cli, fresh)
        assert "use --yes where nobody can answer" in asked.output
        assert CliRunner().invoke(cli, [*fresh, "--yes"]).exit_code == 0
    listed = CliRunner().invoke(cli, ["download"])
    assert "v2ProPlus" in listed.output
    assert CliRunner().invoke(cli, ["download", "v9"]).exit_code == 1
