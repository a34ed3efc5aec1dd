"""One of several processes in which the teacher reads the corpus aloud and the tokenizer listens.

``synthesize.py WORKER SECONDS DEVICE CORPUS OUT SOURCE WEIGHTS VOICES TOKENIZER``; the workers share the
corpus by a counter file, so it does not matter how many there are or when one stops.
"""

import fcntl
import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np
import soxr
import teacher
import torch
from networks import SAMPLE_RATE, UNIT, Tokenizer

CLAIM = 16
LEAD, TAIL = 0.10, 0.22
"""Silence before and after the speech, in seconds; the end is then filled to a whole UNIT."""
LEVEL = 0.075
"""Root mean square of the speech, full scale 1."""
MAX_SECONDS = 9.0
PROMPT_SILENCE = 9600
"""Zeros at 16 kHz behind a reference, as the reference implementation adds them."""


def claim(path: Path, total: int) -> range:
    """The next lines of the corpus that nobody has."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        start = int(file.read() or 0)
        file.truncate(0)
        file.write(str(min(total, start + CLAIM)))
    return range(start, min(total, start + CLAIM))


def shape(wave: np.ndarray) -> np.ndarray | None:
    """The teacher's speech at 32 kHz and one level, between even silences; None if there is none."""
    wave = soxr.resample(wave, 24_000, SAMPLE_RATE).astype(np.float32)
    block = SAMPLE_RATE // 100
    if len(wave) < 20 * block or not np.isfinite(wave).all():
        return None
    energy = np.sqrt((wave[: len(wave) // block * block].reshape(-1, block) ** 2).mean(1))
    loud = np.flatnonzero(energy > max(1e-4, 0.02 * energy.max()))
    if not len(loud):
        return None
    start, end = int(loud[0]) * block, (int(loud[-1]) + 1) * block
    active = energy[loud[0] : loud[-1] + 1]
    level = np.sqrt((active[active > 0.1 * active.max()] ** 2).mean())
    lead, tail = int(LEAD * SAMPLE_RATE), int(TAIL * SAMPLE_RATE)
    head = np.pad(wave, (lead, tail))[start : end + lead + tail]
    head = np.pad(head, (0, -len(head) % UNIT)) * (LEVEL / level)
    peak = np.abs(head).max()
    return head * min(1.0, 0.95 / peak)


def main() -> None:
    worker, seconds, device = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    corpus, out, source, weights, voices, tokens = map(Path, sys.argv[4:10])
    end = time.time() + seconds
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.backends.cudnn.allow_tf32 = False  # tokens as on every other machine
    model = teacher.load(source, weights, device)
    tokenizer = Tokenizer(tokens).to(device)
    with gzip.open(corpus, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    rng = np.random.default_rng(worker)
    total, part = 0, 0
    while time.time() < end and (mine := claim(out / "next", len(lines))):
        audio, records = [], []
        for line in mine:
            item = json.loads(lines[line])
            vector = teacher.style(
                voices, item["v"], item["v"], teacher.tokens(model, item["k"])
            ).to(device)
            wave = shape(teacher.speak(model, item["k"], vector, float(rng.uniform(0.95, 1.08))))
            if wave is None or len(wave) > MAX_SECONDS * SAMPLE_RATE:
                continue
            low = torch.from_numpy(soxr.resample(wave, SAMPLE_RATE, 16_000)).to(device)[None]
            codes = tokenizer(low, whole_frames=True)[0].tolist()
            prompt = tokenizer(
                torch.nn.functional.pad(low, (0, PROMPT_SILENCE)), whole_frames=False
            )[0].tolist()
            voice = next(iter(item["v"])) if len(item["v"]) == 1 else None
            records.append(
                {
                    "n": len(wave),
                    "p": item["p"],
                    "c": codes,
                    "cp": prompt,
                    "v": voice,
                    "l": item["l"],
                    "i": line,
                }
            )
            audio.append((wave * 32767).astype(np.int16))
        if not records:
            continue
        name = out / f"w{worker:02d}_{part:04d}"
        np.save(f"{name}.tmp.npy", np.concatenate(audio))
        name.with_suffix(".json").write_text(json.dumps(records))
        Path(f"{name}.tmp.npy").rename(f"{name}.npy")
        part += 1
        total += sum(map(len, audio))
    print(
        worker,
        f"{total / SAMPLE_RATE:.0f} s of speech, {seconds - (end - time.time()):.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
