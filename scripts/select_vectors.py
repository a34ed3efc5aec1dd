"""Selects from goldens folders what every clone tests with: small networks, all groups.

    python scripts/select_vectors.py GOLDENS GOLDENS_V5 …

Whole cases are copied as they are; of a few, arrays that their tests can do without are left out
(`WITHOUT`). The manifest keeps its form, with the cases, weight sets and tolerances of the selection
only. Of the text corpora come the readings and sentences that this project wrote down as true; what was
recorded from the reference stays behind. Refuses a selection above `MOST_BYTES`.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ROOT / "tests" / "parity" / "vectors"
TRUTHS = ROOT / "tests" / "text" / "truths"
MOST_BYTES = 4_000_000

CASES = re.compile(
    r"t2s_small_(pe|prefill|steps|greedy_rp135|no_prompt|stream_mute)|sampling_filter|"
    r"hubert_small|bert_small|eres2netv2_small|"
    r"reference_spec_mono_24k|mel_24k_v3|mel_32k_v4|resample_sinc|resample_soxr_16k|"
    r"sovits_v2_small_(extract_latent|quantizer_decode|text_encoder|text_encoder_short)|"
    r"sovits_v2_small_(flow_reverse|generator)|sovits_v2Pro_small_decode_streaming|"
    r"cfm_small|lora_merge|bigvgan_small|hifigan48_small|"
    r"bucketing|sola|postprocess|pipeline_return_fragment|checkpoint_files|"
    r"dit_v5_small|cfm_v5_small|lora_v5_merge|chunks_v5_plan|settings_v5|"
    r"hifigan48_v5_small|sovits_v5_small_decode_encp|synth_v5turbo_small|"
    r"checkpoint_files_v5"
)
WITHOUT: Mapping[str, str] = {
    "sovits_v2_small_text_encoder": r"(m|logs)_(0_7|1_3)",
    "sovits_v5_small_decode_encp": r"features_speed_.*",
    "synth_v5turbo_small": r"(audio|log_mel|chunks)_(8_steps_cfg_0_5|speed_1_25).*",
}
"""Case -> pattern of arrays that are left out of it."""

OF_OURS = ("id", "category", "lang", "text", "expected_readings", "accepted_norm")
"""Fields of a corpus entry that this project wrote, rather than recorded from the reference."""


def select_cases(source: Path, target: Path) -> None:
    """Copy the selected cases of a goldens folder, their shapes of weights and their files."""
    manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
    cases = {name: e for name, e in manifest["cases"].items() if CASES.fullmatch(name)}
    needed = {set_name for entry in cases.values() for set_name in weight_sets(entry)}
    shutil.rmtree(target, ignore_errors=True)
    (target / "cases").mkdir(parents=True)
    for name, entry in cases.items():
        copy_case(source / entry["file"], target / entry["file"], WITHOUT.get(name))
    if any(entry["group"].startswith("files") for entry in cases.values()):
        shutil.copytree(source / "files", target / "files", copy_function=shutil.copyfile)
    weights = {name: shapes for name, shapes in manifest["weights"].items() if name in needed}
    content = {"salt": manifest["salt"], "weights": weights, "cases": cases}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    text = re.sub(r'("\w+":\{"(?:file|group))', r"\n\1", text)
    (target / "manifest.json").write_text(text + "\n", encoding="utf-8")


def weight_sets(entry: Mapping[str, Any]) -> set[str]:
    """Names of the weight sets that a case draws."""
    named = {value for key, value in entry.get("config", {}).items() if key.endswith("weights")}
    return {name for name in named | {entry.get("weights")} if isinstance(name, str)}


def copy_case(source: Path, target: Path, without: str | None) -> None:
    """Copy a case's arrays, less those whose name matches `without`."""
    if without is None:
        shutil.copyfile(source, target)
        return
    with np.load(source) as archive:
        kept = {key: archive[key] for key in archive.files if not re.fullmatch(without, key)}
    np.savez_compressed(target, **kept)


def select_truths(source: Path, target: Path) -> None:
    """Write the readings and sentences of the corpora that are this project's own."""
    for old in target.glob("*.jsonl"):
        old.unlink()
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.jsonl")):
        entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        if file.stem == "streaming_sentences":
            ours = entries
        else:
            ours = [
                {key: entry[key] for key in OF_OURS if key in entry}
                for entry in entries
                if entry.get("expected_readings") or entry.get("accepted_norm")
            ]
        if ours:
            lines = (json.dumps(entry, ensure_ascii=False) for entry in ours)
            (target / file.name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    """Select; 1 where the selection is too large."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("goldens", nargs="+", type=Path, help="folders with a manifest.json")
    for folder in parser.parse_args().goldens:
        select_cases(folder, VECTORS / folder.name)
        if (folder / "text").is_dir():
            select_truths(folder / "text", TRUTHS)
    for place in (VECTORS, TRUTHS):
        size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        print(f"{place.relative_to(ROOT)}: {size:,} bytes, at most {MOST_BYTES:,}")
        if size > MOST_BYTES:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
