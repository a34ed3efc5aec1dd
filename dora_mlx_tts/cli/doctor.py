"""`doctor`: checks whether this machine can speak."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from dora_mlx_tts.cli.options import config_option, json_option, load_settings, print_json
from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.errors import BackendError, TtsError
from dora_mlx_tts.runtime import packages

_PACKAGES = (
    "dora-mlx-tts", "dora-rs", "dora-rs-cli", "mlx", "mlx-cpu", "mlx-cuda-12", "mlx-cuda-13", "numpy", "pyarrow",
)  # fmt: skip
_OPTIONAL = {"mlx-cpu", "mlx-cuda-12", "mlx-cuda-13"}
_PROGRAM: Final = "dora-mlx-tts"
_DORA: Final = (1, 0)
_GOOD_GFLOPS = 20.0  # a core with AVX2 reaches 50 and more, MLX's own BLAS 2 to 4


@click.command()
@config_option
@json_option
def doctor(config: Path | None, *, as_json: bool) -> None:
    """Check the machine, the packages, dora, MLX, its BLAS and the voices."""
    settings = load_settings(config)
    findings: dict[str, str] = {}
    failed = []
    for name, check in _CHECKS.items():
        try:
            findings[name] = check(settings)
        except TtsError as error:
            findings[name] = f"FAILED: {error}"
            failed.append(name)
        except ImportError as error:
            findings[name] = f"FAILED: {packages.explained(error)}"
            failed.append(name)
    if as_json:
        print_json({"checks": findings, "failed": failed})
    else:
        for name, finding in findings.items():
            click.echo(f"{name + ':':<10} {finding}")
    if failed:
        sys.exit(1)


def _machine(_: Settings) -> str:
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _packages(_: Settings) -> str:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            if name not in _OPTIONAL:
                found.append(f"{name} missing")
    problems = packages.problems()
    if problems:
        raise BackendError("; ".join(problems))
    return ", ".join(found)


def _dora(_: Settings) -> str:
    """Nodes and the command must speak the same wire format: the versions have to match."""
    try:
        node = importlib.metadata.version("dora-rs")
    except importlib.metadata.PackageNotFoundError:
        raise BackendError("the package dora-rs is missing: pip install dora-rs") from None
    if tuple(map(int, re.findall(r"\d+", node)[:2])) < _DORA:
        raise BackendError(f"version of dora-rs must be 1.0 or newer, got {node}")
    command = shutil.which("dora")
    if command is None:
        beside = Path(sys.executable).parent / "dora"
        remedy = (
            f"activate the environment, {beside} is there"
            if beside.exists()
            else f"pip install dora-rs-cli=={node}"
        )
        return f"dora-rs {node}; no command `dora` on the PATH, so no dataflow can be started here: {remedy}"
    try:
        done = subprocess.run(  # noqa: S603  the user's own dora
            [command, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"{command} does not answer: {error}") from error
    found = re.search(r"\d+(?:\.\d+)+\S*", done.stdout)
    if found is None or found[0] != node:
        other = found[0] if found else done.stdout.strip() or "unknown"
        raise BackendError(
            f"version of {command} must be that of dora-rs, {node}, got {other}:"
            f" pip install dora-rs-cli=={node}"
        )
    return f"dora-rs and {command} are {node}"


def _folder(_: Settings) -> str:
    """Dora takes a folder beside the dataflow for the program of that name, and executes it."""
    if Path(_PROGRAM).is_dir():
        raise BackendError(
            f"a dataflow in {Path.cwd()} cannot start the node: dora would execute the folder {_PROGRAM} there"
            " instead; give the folder another name"
        )
    return "nothing here hides the program"


def _device(settings: Settings) -> str:
    from dora_mlx_tts.runtime import device  # noqa: PLC0415  checks run, and fail, one by one

    chosen = device.select(
        settings.device, generator=settings.cpu_generator, precision=settings.precision
    )
    tokens = ", tokens in 8 bits" if chosen.int8 else ""
    return chosen.description + tokens + (", sound by OpenVINO" if chosen.openvino else "")


def _kernels(settings: Settings) -> str:
    """What trials of own GPU kernels found on this device, with these versions."""
    from dora_mlx_tts.runtime import device  # noqa: PLC0415  as above
    from dora_mlx_tts.runtime.kernel_verdicts import (  # noqa: PLC0415
        FOLDER,
        VerdictStore,
        platform_key,
    )

    use = device.select(settings.device, kernels=settings.kernels).kernels
    if use == "off":
        return "none on this device" if settings.kernels != "off" else "switched off"
    if use == "on":
        return "used untested (kernels: on)"
    found = [
        f"{key.get('kernel')}, network {key.get('network')}, {key.get('dtype')}, rows {key.get('rows')}:"
        f" {'used' if verdict.is_used else 'REFUSED'}, {verdict.reason}"
        for key, verdict in VerdictStore(settings.cache.expanduser() / FOLDER).of(platform_key())
    ]
    return "; ".join(found) or "not tried yet: the first warm-up on this GPU does that"


def _memory(settings: Settings) -> str:
    """What MLX has, and may keep, on its device."""
    from dora_mlx_tts.runtime import device, memory  # noqa: PLC0415  as above

    where = device.select(settings.device)
    memory.limit_kept(where, settings.freed_memory)
    found = memory.MemoryStats.of(where)
    size = f"{found.device_mib} MiB" if found.device_mib else "size unknown"
    usual = memory.KEPT_MIB if where.kind == "gpu" else None
    kept = usual if settings.freed_memory is None else settings.freed_memory
    limit = "as much as MLX likes" if kept is None else f"{kept} MiB"
    return f"{size}, {found.used_mib} MiB in use here; freed memory that is kept: {limit}"


def _blas(settings: Settings) -> str:
    from dora_mlx_tts.runtime import blas  # noqa: PLC0415  as above

    status = blas.accelerate(settings.blas, settings.blas_threads)
    kernel = f", {status.kernel} kernels" if status.kernel else ""
    return f"{status.library or 'built in'}{kernel} ({status.reason})"


def _speed(settings: Settings) -> str:
    """Time a matrix product: what tells at once whether the BLAS took effect."""
    from dora_mlx_tts.runtime import device  # noqa: PLC0415  as above

    device.select(settings.device)
    import mlx.core as mx  # noqa: PLC0415  after `select` has explained a missing MLX

    size = 512
    a = mx.random.normal((size, size))
    mx.eval(a, a @ a)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        mx.eval(a @ a)
        best = min(best, time.perf_counter() - start)
    rate = 2 * size**3 / best / 1e9
    verdict = "good" if rate > _GOOD_GFLOPS else "SLOW: see the line above"
    return f"{rate:.0f} GFLOP/s in a product of {size} x {size} ({verdict})"


def _voices(settings: Settings) -> str:
    from dora_mlx_tts.packs.pack import Pack  # noqa: PLC0415  as above
    from dora_mlx_tts.voices.registry import VoiceRegistry  # noqa: PLC0415

    registry = VoiceRegistry.scan(settings.voices)
    for folder in {voice.pack for voice in registry}:
        Pack.open(folder)
    broken = f"; broken: {', '.join(registry.broken)}" if registry.broken else ""
    return ", ".join(voice.name for voice in registry) + broken


def _speech(settings: Settings) -> str:
    """Let the voices of the settings speak their first words."""
    from dora_mlx_tts.synthesis.synthesizer import Synthesizer  # noqa: PLC0415  as above

    synthesizer = Synthesizer.load(settings=settings, warm_up=False)
    found = []
    for name in dict.fromkeys((settings.voice, *settings.preload)):
        problem = synthesizer.warm_up(synthesizer.voices.get(name))
        found.append(
            f"{name} speaks"
            if problem is None
            else f"WARNING: {name} is loaded, but could not speak its first word: {problem}"
        )
    return "; ".join(found)


_CHECKS: dict[str, Callable[[Settings], str]] = {
    "machine": _machine,
    "packages": _packages,
    "dora": _dora,
    "folder": _folder,
    "device": _device,
    "kernels": _kernels,
    "memory": _memory,
    "blas": _blas,
    "speed": _speed,
    "voices": _voices,
    "speech": _speech,
}
