"""All eight families through a real dora, streamed, with small random weights."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import soundfile
from test_hello_dataflow import needs_dora, run_hello

from dora_mlx_tts.checkpoints.convert import PackOptions, convert

_TESTS = Path(__file__).resolve().parents[1]
for _folder in ("models", "checkpoints"):
    if str(_TESTS / _folder) not in sys.path:
        sys.path.insert(0, str(_TESTS / _folder))

import whole_voice

SMALL_TTS = Path(__file__).with_name("small_families_tts.py")
TOKENS = 60


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """A folder with a voice of each family."""
    folder = tmp_path_factory.mktemp("voices")
    whole_voice.recording(folder / "voice.wav")
    for family in whole_voice.FAMILIES:
        sources = whole_voice.save_voice(folder / "files" / family, family)
        convert(sources, folder / "packs" / family, PackOptions(share=True))
        (folder / f"{family}.yml").write_text(
            f"pack: packs/{family}\nlanguages: [en]\nreference: {{audio: voice.wav, text: 'Hello there"
            " my friend, how are you?', language: en}\n"
        )
    return folder


@needs_dora
def test_every_family_speaks_through_dora(voices, tmp_path):
    families = whole_voice.FAMILIES
    texts = "\n".join(f"[{family}] Good morning, my friend." for family in families)
    environment = {
        "VOICE_NAME": "v2",
        "VOICE_FOLDERS": str(voices),
        "DORA_MLX_TTS_CACHE": str(tmp_path / "cache"),
        "SAMPLE_STEPS": "4",
        "SAMPLE_RATE": "32000",
        "TEXT_LANG": "en",
        "LOUDNESS": "off",  # random weights have none
        "TOKENS": str(TOKENS),
    }
    done, figures = run_hello(tmp_path, tts=SMALL_TTS, sender={"TEXTS": texts}, tts_env=environment)
    assert figures is not None, done.stdout + done.stderr
    assert figures["errors"] == [], done.stdout
    assert [row["outcome"] for row in figures["texts"]] == ["completed"] * len(families)
    for family, row in zip(families, figures["texts"], strict=True):
        if family in whole_voice.FLOWS:  # the others' 400 Hz are resampled all at once
            assert row["fragments"] > 1
        assert row["audio_s"] == pytest.approx(TOKENS / 25 + 0.3, abs=0.05)
    samples, rate = soundfile.read(tmp_path / "hello.wav", dtype="float32")
    assert rate == 32000
    assert len(samples) > len(families) * 2 * rate
