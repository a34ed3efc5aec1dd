"""The tokenizer listens to the corpus: semantic tokens of every utterance, whole (`c`) and as a prompt (`cp`).

``encode.py DATA TOKENIZER OUT DEVICE [whole]``; utterances of one length go together, as nothing may be padded: the
SSL encoder's first norm is over time. With ``whole`` the prompts are left out.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import torch
from data import Corpus, halved
from networks import SAMPLE_RATE, Tokenizer

SECONDS = 300.0
"""Audio in a batch."""
PROMPT_SILENCE = 9600
"""Zeros at 16 kHz behind a reference, as the reference implementation adds them."""


def main() -> None:
    data, folder, out = map(Path, sys.argv[1:4])
    device, whole = sys.argv[4], "whole" in sys.argv[5:]
    torch.set_grad_enabled(False)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    corpus = Corpus(data, device, 60)
    corpus.poll()
    tokenizer = Tokenizer(folder).to(device)
    by_length = defaultdict(list)
    for item in corpus.items:
        by_length[item["n"]].append(item)
    for n, items in by_length.items():
        rows = max(1, int(SECONDS * SAMPLE_RATE / n))
        for at in range(0, len(items), rows):
            some = items[at : at + rows]
            start = torch.tensor([item["o"] for item in some], device=device)
            place = start[:, None] + torch.arange(n, device=device)[None]
            low = halved(corpus.audio[place].float() / 32768)
            codes = {"c": tokenizer(low, whole_frames=True)}
            if not whole:
                silent = torch.nn.functional.pad(low, (0, PROMPT_SILENCE))
                codes["cp"] = tokenizer(silent, whole_frames=False)
            for key, rows_of in codes.items():
                for item, row in zip(some, rows_of.tolist(), strict=True):
                    item[key] = row
    out.mkdir(parents=True, exist_ok=True)
    parts = defaultdict(list)
    for item in corpus.items:
        parts[item["part"]].append({k: item[k] for k in ("c", "cp") if k in item})
    for part, records in parts.items():
        (out / f"{part}.json").write_text(json.dumps(records))
    (out / "done").touch()
    print(len(corpus.items), "utterances", f"{corpus.hours:.2f} h", flush=True)


if __name__ == "__main__":
    main()
