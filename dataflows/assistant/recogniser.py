"""Transcribes speech with faster-whisper.

Environment: WHISPER, a folder or name for faster-whisper (a name is downloaded from a hub); by default Whisper
    base from the packages that `make talk` installs. RECOGNISE, a language; if empty, it is detected.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from dora import Node
from faster_whisper import WhisperModel
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
NO_SPEECH = 0.6  # probability above which a segment is noise


def model() -> WhisperModel:
    """What recognises."""
    name = os.environ.get("WHISPER")
    if not name:
        sys.path.insert(0, str(ROOT / "benchmarks"))
        from recognise import whisper_base  # noqa: PLC0415  in this folder, not installed

        name = str(whisper_base(ROOT / "out" / "whisper-base"))
    return WhisperModel(name, device="cpu", compute_type="int8")


def understood(whisper: WhisperModel, samples: NDArray[np.int16], language: str | None) -> str:
    """The words in an utterance; empty if there are none."""
    segments, _ = whisper.transcribe(
        samples.astype(np.float32) / 32768,
        language=language,
        beam_size=1,
        without_timestamps=True,
        condition_on_previous_text=False,
    )
    return "".join(part.text for part in segments if part.no_speech_prob < NO_SPEECH).strip()


def main() -> int:
    """Transcribe utterances until no more can come."""
    whisper = model()
    node = Node()  # the dataflow starts when everything is loaded
    language = os.environ.get("RECOGNISE") or None
    while (event := node.next()) is not None and event["type"] != "STOP":
        if event["type"] != "INPUT":
            continue
        try:
            text = understood(whisper, event["value"].to_numpy(), language)
        except Exception as error:  # noqa: BLE001  whoever waits for the words must learn that there are none
            print(f"not recognised: {error}", file=sys.stderr, flush=True)
            text = ""
        metadata = {**event["metadata"], "recognised_s": time.time()}
        node.send_output("question", pa.array([text]), metadata)  # empty: nothing was understood
    return 0


if __name__ == "__main__":
    sys.exit(main())
