"""Write dora-node.yml: the ports from here, the environment from the settings; a test checks that it is current."""

from __future__ import annotations

from pathlib import Path
from types import NoneType
from typing import Any, get_args

import yaml

from dora_mlx_tts.config.environment import environment_names
from dora_mlx_tts.config.settings import Settings, SpeechSettings
from dora_mlx_tts.node.protocol.ports import WIRE_FORMAT

FILE = Path(__file__).resolve().parents[1] / "dora-node.yml"

HEAD = """\
# Made by `python scripts/node_manifest.py`.
apiVersion: 1
name: dora-mlx-tts
namespace: dora-mlx-tts
description: Streams GPT-SoVITS speech from text, synthesized with Apple MLX; a barge-in silences it at once.
categories:
  - speech
  - ml-inference
keywords: [tts, text-to-speech, gpt-sovits, mlx, voice-assistant, streaming, wire-format-<WIRE>]
runtime: python
entrypoint: dora-mlx-tts
build: pip install .
platforms: []
dora: ">=1.0"

inputs:
  text:
    type: std/core/v1/String
    required: true
    description: >-
      Whole texts, or pieces of a text as a language model writes them (seq, fin, segment_id). Metadata voice,
      language, speed and the other settings of speech change how a text is spoken; flush=true on the first
      message of a text silences older ones of its session_id; prepare=true speaks it ahead, to be heard after
      commit. All other keys come back on every output.
  control:
    type: std/core/v1/String
    required: false
    description: >-
      cancel, reset, flush, commit, pause, resume, change_voice, set, list_voices, stats, ping; as a word, as
      name:argument or as JSON {"command": "..."}. Each is answered on status.
  buffer_status:
    type: std/core/v1/Float32
    required: false
    description: How full the player's buffer is, in percent; speech waits while it is above the high mark.
  played:
    type: std/core/v1/Float32
    required: false
    description: >-
      How far the player has come, in seconds (in samples with sample_rate): of the text that text_index names, or of
      the session. stopped=true says that nothing more of it will be played. Makes spoken_text exact to the word.

outputs:
  audio:
    type: std/core/v1/Float32
    description: >-
      Mono fragments while the text is still being generated, with sample_rate, text_index, sentence_index,
      fragment_index, seq, fin, text, start_s and duration_s.
  segment_complete:
    type: std/core/v1/String
    description: >-
      Exactly one message per text: completed, skipped, cancelled or error, with error, error_stage, ttfb_ms, rtf,
      audio_s, fragments, spoken_text and remaining_text.
  status:
    type: std/core/v1/String
    description: ready once (wire_format <WIRE>), the answers to control, and gap where numbered messages are missing.
  log:
    type: std/core/v1/String
    description: Log lines as JSON strings with node, level, message and timestamp.
  words:
    type: std/core/v1/String
    description: >-
      The words that end in each fragment (characters in Chinese and Japanese), with starts_s and ends_s in the
      text's audio and chars, where each begins in the sentence.

"""


TAIL = """
example: |
  - id: tts
    hub: dora-mlx-tts@^0.1
    inputs:
      text: llm/text
      control: ui/control
    outputs: [audio, segment_complete, status]
    env: {VOICE_NAME: starter-en}
  - id: player
    path: player.py
    inputs:
      audio: {source: tts/audio, queue_size: 1000}
"""


def environment() -> dict[str, dict[str, Any]]:
    """Every variable that may stand in a dataflow, under its first name; dora keeps DORA_* for itself."""
    entries = {}
    for model in (Settings, SpeechSettings):
        for name, variables in environment_names(model).items():
            usable = [variable for variable in variables if not variable.startswith("DORA_")]
            if not usable:
                continue
            field = model.model_fields[name]
            kinds = {*get_args(field.annotation), field.annotation} - {NoneType}
            kind = next((k for k in (bool, int, float) if k in kinds), str)
            entry: dict[str, Any] = {"type": {str: "string"}.get(kind, kind.__name__)}
            default = field.get_default(call_default_factory=True)
            if default not in (None, (), {}):
                entry["default"] = kind(default)
            also = f" (also {', '.join(usable[1:])})" if usable[1:] else ""
            entries[usable[0]] = {**entry, "description": f"{field.description}{also}"}
    return entries


def manifest() -> str:
    """The whole file."""
    body = yaml.safe_dump({"env": environment()}, sort_keys=False, allow_unicode=True, width=110)
    return HEAD.replace("<WIRE>", str(WIRE_FORMAT)) + body + TAIL


if __name__ == "__main__":
    FILE.write_text(manifest(), encoding="utf-8")
