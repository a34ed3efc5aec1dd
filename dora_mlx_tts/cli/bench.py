"""`bench`: measures how fast this machine speaks, for a report to attach to an issue."""

from __future__ import annotations

import json
import platform
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from dora_mlx_tts.cli.options import config_option, json_option, load_settings, print_json
from dora_mlx_tts.runtime import blas
from dora_mlx_tts.runtime.kernel_verdicts import platform_key
from dora_mlx_tts.runtime.machine import processor
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.tools.benchmark import Benchmark, Figure

_PACKAGES = ("dora-mlx-tts", "mlx", "mlx-metal", "mlx-cpu", "mlx-cuda-12", "mlx-cuda-13", "numpy")


@click.command()
@config_option
@json_option
@click.option("--voice", help="Voice to measure; defaults to the configured one.")
@click.option("--samples", type=click.IntRange(1), default=3, show_default=True, metavar="N")
@click.option("--quick", is_flag=True, help="Measure only the voice, without full-size networks.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write table and JSON to this Markdown file, to attach to an issue.",
)
def bench(  # one argument an option
    config: Path | None,
    voice: str | None,
    samples: int,
    report: Path | None,
    *,
    quick: bool,
    as_json: bool,
) -> None:
    """Measure tokens, sound and first fragments on this machine (about two minutes)."""
    settings = load_settings(config, voice=voice)
    _say("loading the voice")
    start = time.perf_counter()
    synthesizer = Synthesizer.load(settings=settings, warm_up=False)
    loaded = time.perf_counter() - start
    synthesizer.warm_up(synthesizer.voice)
    warm = time.perf_counter() - start - loaded
    figures = [
        Figure("loading the voice", 1000 * loaded, "ms", 1000 * loaded, 1000 * loaded),
        Figure("first use (warm-up)", 1000 * warm, "ms", 1000 * warm, 1000 * warm),
    ]
    measured = Benchmark(synthesizer, samples, _say).run(full=not quick)
    figures += measured
    document: dict[str, Any] = {
        "machine": _machine(synthesizer),
        "figures": [asdict(figure) for figure in figures],
    }
    if as_json:
        print_json(document)
    else:
        click.echo(_table(document["machine"], figures))
    if report is not None:
        report.write_text(_markdown(document, figures), encoding="utf-8")
        _say(f"written to {report}")


def _say(what: str) -> None:
    click.echo(f"… {what}", err=True)


def _machine(synthesizer: Synthesizer) -> dict[str, Any]:
    import mlx.core as mx  # noqa: PLC0415  loaded by now; commands that need no MLX start without it

    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    status = blas.accelerate(synthesizer.settings.blas, synthesizer.settings.blas_threads)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        **processor(),
        "device": synthesizer.device.description,
        "device_info": {k: v for k, v in mx.device_info().items() if isinstance(v, str | int)},
        "own_kernels": _kernels(synthesizer),
        "blas": status.library or status.reason,
        "voice": synthesizer.voice.name,
        "versions": versions,
        "peak_process_mib": round(peak / (2**20 if sys.platform == "darwin" else 2**10)),
        "peak_mlx_mib": round(mx.get_peak_memory() / 2**20),
    }


def _kernels(synthesizer: Synthesizer) -> dict[str, Any]:
    """How own kernels are used, and what trials found on this device."""
    use = synthesizer.device.kernels
    if use == "off":
        return {"use": use, "trials": []}
    found = synthesizer.verdicts.of(platform_key())
    return {"use": use, "trials": [{**key, **asdict(verdict)} for key, verdict in found]}


def _kernel_lines(kernels: dict[str, Any]) -> list[str]:
    return [
        f"kernel {trial['kernel']}, network {trial['network']}, {trial['dtype']}, rows {trial['rows']}:"
        f" {'used' if trial['is_used'] else 'refused'}, {trial['reason']}"
        for trial in kernels["trials"]
    ]


def _table(machine: dict[str, Any], figures: Sequence[Figure]) -> str:
    width = max(len(figure.name) for figure in figures)
    where = f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}"
    what = (
        f"MLX {machine['versions'].get('mlx')} on {machine['device']}, Python {machine['python']}"
    )
    head = [
        f"{machine['processor']}, {where}",
        f"{what}; load average {machine['load_average']}",
        *_kernel_lines(machine["own_kernels"]),
        "",
    ]
    lines = [
        f"{figure.name.ljust(width)}  {figure.value:10.2f} {figure.unit:8}"
        f"  ({figure.low:.2f} to {figure.high:.2f})"
        for figure in figures
    ]
    return "\n".join([*head, *lines])


def _markdown(document: dict[str, Any], figures: Sequence[Figure]) -> str:
    table = _table(document["machine"], figures)
    data = json.dumps(document, ensure_ascii=False, indent=1)
    return f"# dora-mlx-tts bench\n\n```\n{table}\n```\n\n```json\n{data}\n```\n"
