"""The report of `bench`."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from dora_mlx_tts.cli import bench as module
from dora_mlx_tts.cli.app import cli
from dora_mlx_tts.runtime.device import Backend, Device
from dora_mlx_tts.runtime.kernel_verdicts import Verdict, VerdictStore
from dora_mlx_tts.tools.benchmark import Benchmark, Figure

FIGURES = [
    Figure("first fragment, short text", 123.0, "ms", 100.0, 150.0),
    Figure("voice's T2S, 1 at once", 240.0, "tokens/s", 200.0, 250.0),
]


@pytest.fixture
def measured(monkeypatch):
    """Figures written down instead of measured; returns how they were asked for."""
    asked = []

    def run(self, *, full):
        asked.append((self._samples, full))
        self._say("measuring")
        return iter(FIGURES)

    monkeypatch.setattr(Benchmark, "run", run)
    monkeypatch.setattr(module.Synthesizer, "warm_up", lambda self, voice: None)
    return asked


def test_the_table_names_machine_and_figures(measured):
    done = CliRunner().invoke(cli, ["bench", "--samples", "2", "--quick"])
    assert done.exit_code == 0, done.output
    assert measured == [(2, False)]
    assert "cores" in done.stdout
    assert "MLX" in done.stdout
    assert "123.00 ms" in done.stdout
    assert "240.00 tokens/s" in done.stdout
    assert "measuring" in done.stderr
    assert "measuring" not in done.stdout


def test_json_and_report_hold_the_same(measured, tmp_path):
    report = tmp_path / "report.md"
    done = CliRunner().invoke(cli, ["bench", "--json", "--report", str(report)])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert measured == [(3, True)]
    assert [figure["name"] for figure in document["figures"]][2:] == [f.name for f in FIGURES]
    assert {"device", "processor", "versions", "load_average"} <= document["machine"].keys()
    text = report.read_text(encoding="utf-8")
    assert json.loads(text.split("```json\n")[1].split("```")[0]) == document
    assert "123.00 ms" in text


def test_an_unknown_voice_is_one_line():
    done = CliRunner().invoke(cli, ["bench", "--voice", "nobody"])
    assert done.exit_code == 1
    assert "nobody" in done.output


@pytest.mark.slow
def test_every_figure_is_measured():
    done = CliRunner().invoke(cli, ["bench", "--json", "--samples", "1"])
    figures = json.loads(done.stdout)["figures"]
    assert len(figures) >= 13
    assert all(figure["value"] > 0 for figure in figures)


def test_trials_of_kernels_are_in_the_report(monkeypatch, tmp_path):
    place = {"device": "Apple M4", "mlx": "0.32.4"}
    monkeypatch.setattr(module, "platform_key", lambda: place)
    store = VerdictStore(tmp_path)
    key = {**place, "kernel": "t2s-metal", "network": "512x16", "dtype": "float16", "rows": "1"}
    store.put(key, Verdict(False, "it is not faster: 9 ms", 0.001, 9.0, 8.0))
    gpu = Device("gpu", Backend.NATIVE, "Metal", kernels="auto")
    told = module._kernels(SimpleNamespace(device=gpu, verdicts=store))
    assert told["trials"][0]["kernel_ms"] == 9.0
    assert "refused, it is not faster: 9 ms" in module._kernel_lines(told)[0]
    cpu = Device("cpu", Backend.CPU, "CPU (Linux)")
    assert module._kernels(SimpleNamespace(device=cpu, verdicts=store)) == {
        "use": "off",
        "trials": [],
    }
