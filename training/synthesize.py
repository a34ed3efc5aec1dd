"""One of several processes in which the teacher reads the corpus aloud, many sentences at once.

``synthesize.py WORKER WORKERS SECONDS DEVICE CORPUS OUT SOURCE WEIGHTS VOICES``; each reads its share of the corpus.
Sentences of equally many tokens go together through the teacher's text networks, sentences of equally many frames
through its decoder, so nothing is padded and nothing masked.
"""

import gzip
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import teacher
import torch
import torch.nn.functional as F
from networks import HOP, SAMPLE_RATE, UNIT
from speakers import speaker_of

CHUNK = 448
"""Sentences that are planned together: more are faster, fewer stop closer to the planned time."""
ROWS = 96
"""Texts in a batch."""
FRAMES = 2400
"""Frames of 25 ms in a batch: one minute."""
GRAIN = 10
"""Utterances are filled up to a multiple of so many frames: more go together. The silence is cut later."""
TOKEN = SAMPLE_RATE // 40
"""Samples of a frame of the teacher's, at our rate."""
LAG = 0.05
"""Seconds by which the teacher's sound is ahead of its durations, measured on fricatives and silences."""
LEAD, TAIL = 0.10, 0.22
"""Silence before and after the speech, in seconds; the end is then filled to a whole UNIT."""
ABRUPT, BRIEF_LEAD = 0.3, 0.02
"""Part of the utterances that begin almost at once, and the silence before them."""
LEVEL = 0.075
"""Root mean square of the speech, full scale 1."""
MAX_SECONDS = 9.0


def upward(wave: torch.Tensor) -> torch.Tensor:
    """24 kHz to 32 kHz by a windowed sinc, for waves [B, samples]."""
    reach = 32
    phase = torch.arange(4, device=wave.device)[:, None] * 0.75
    place = phase - torch.arange(-reach, reach + 3, device=wave.device)[None]
    taps = torch.sinc(0.97 * place) * 0.97
    taps = taps * torch.cos(torch.pi / 2 * (place / (reach + 3)).clamp(-1, 1)) ** 2
    padded = F.pad(wave[:, None], (reach, reach + 3))
    return F.conv1d(padded, taps[:, None], stride=3).transpose(1, 2).flatten(1)


def shape(wave: np.ndarray, lead: float = LEAD) -> tuple[np.ndarray, int] | None:
    """Speech at 32 kHz on one level between even silences, and where it begins in the old; None if there is none."""
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
    before, tail = int(lead * SAMPLE_RATE), int(TAIL * SAMPLE_RATE)
    head = np.pad(wave, (before, tail))[start : end + before + tail]
    head = np.pad(head, (0, -len(head) % UNIT)) * (LEVEL / level)
    return head * min(1.0, 0.95 / np.abs(head).max()), start - before


def owners(item: dict, model: torch.nn.Module, durations: np.ndarray, start: int, frames: int):
    """Whose phone each frame of 20 ms is (-1: silence), by the teacher's durations; a space belongs to its neighbours."""
    known = [at for c, at in zip(item["k"], item["o"], strict=True) if c in model.vocab]
    token = np.repeat(np.arange(len(durations)), durations)
    owner = np.array([-1, *known, -1])[token]
    gaps = np.flatnonzero((owner < 0) & (token > 0) & (token < len(durations) - 1))
    for run in np.split(gaps, np.flatnonzero(np.diff(gaps) > 1) + 1) if len(gaps) else ():
        before, after = owner[run[0] - 1], owner[min(run[-1] + 1, len(owner) - 1)]
        owner[run] = np.where(np.arange(len(run)) < len(run) / 2, before, after)
    place = (start + (np.arange(frames) + 0.5) * HOP + LAG * SAMPLE_RATE) // TOKEN
    inside = (place >= 0) & (place < len(owner))
    return np.where(inside, owner[place.clip(0, len(owner) - 1).astype(int)], -1).tolist()


class Reader:
    """The teacher and the voices."""

    def __init__(self, source: Path, weights: Path, voices: Path, device: str, seed: int) -> None:
        self.model = teacher.load(source, weights, device)
        self.voices, self.device = voices, device
        self.rng = np.random.default_rng(seed)

    def plans(self, items: list[dict]) -> dict[int, list[tuple[dict, teacher.Plan, int]]]:
        """Sentences by their frames, filled up to GRAIN."""
        by_tokens = defaultdict(list)
        for item in items:
            ids = teacher.numbers(self.model, item["k"])
            by_tokens[len(ids)].append((item, ids))
        by_frames = defaultdict(list)
        for count, group in by_tokens.items():
            for at in range(0, len(group), ROWS):
                rows = group[at : at + ROWS]
                style = [
                    teacher.style(self.voices, item["v"], item["m"], count - 2) for item, _ in rows
                ]
                speed = self.rng.uniform(0.95, 1.08, len(rows))
                plan = teacher.Plan.of(
                    self.model,
                    torch.tensor([ids for _, ids in rows], device=self.device),
                    torch.cat(style).to(self.device),
                    torch.tensor(speed, dtype=torch.float32, device=self.device),
                )
                for row, (item, _) in enumerate(rows):
                    by_frames[-(-plan.frames(row) // GRAIN) * GRAIN].append((item, plan, row))
        return by_frames

    def read(self, items: list[dict]) -> Iterator[tuple[np.ndarray, dict]]:
        """Speech of all that is neither too long nor empty, with what is known of it."""
        for frames, group in self.plans(items).items():
            if frames * 0.025 > MAX_SECONDS + 1:
                continue
            most = max(1, FRAMES // frames)
            for at in range(0, len(group), most):
                rows = group[at : at + most]
                waves = upward(teacher.say(self.model, [r[1:] for r in rows], frames)).cpu().numpy()
                for wave, (item, plan, row) in zip(waves, rows, strict=True):
                    shaped = shape(wave, BRIEF_LEAD if self.rng.random() < ABRUPT else LEAD)
                    if shaped is None or len(shaped[0]) > MAX_SECONDS * SAMPLE_RATE:
                        continue
                    head, start = shaped
                    durations = plan.durations[row].numpy()
                    speaker = speaker_of(item["v"])
                    yield head, {
                        "n": len(head), "p": item["p"], "l": item["l"], "i": item["i"],
                        "v": speaker.voice if speaker else None,
                        "near": max(item["v"], key=item["v"].get),
                        "a": owners(item, self.model, durations, start, len(head) // HOP),
                    }  # fmt: skip


def main() -> None:
    worker, workers, seconds, device = (
        int(sys.argv[1]),
        int(sys.argv[2]),
        float(sys.argv[3]),
        sys.argv[4],
    )
    corpus, out, source, weights, voices = map(Path, sys.argv[5:10])
    begin = time.time()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.manual_seed(worker)
    reader = Reader(source, weights, voices, device, worker)
    with gzip.open(corpus, "rt", encoding="utf-8") as file:
        items = [{**json.loads(x), "i": i} for i, x in enumerate(file) if i % workers == worker]
    total, longest = 0, 0.0
    for part, at in enumerate(range(0, len(items), CHUNK)):
        started = time.time()
        if started - begin + longest / 2 > seconds:
            break
        spoken = list(reader.read(items[at : at + CHUNK]))
        name = out / f"w{worker:02d}_{part:03d}"
        np.save(
            f"{name}.tmp.npy", np.concatenate([(w * 32767).astype(np.int16) for w, _ in spoken])
        )
        name.with_suffix(".json").write_text(json.dumps([record for _, record in spoken]))
        Path(f"{name}.tmp.npy").rename(f"{name}.npy")
        total += sum(len(w) for w, _ in spoken)
        longest = max(longest, time.time() - started)
        print(
            part,
            f"{total / SAMPLE_RATE:.0f} s of speech in {time.time() - begin:.0f} s",
            flush=True,
        )
    print(
        "done", f"{total / SAMPLE_RATE:.0f} s of speech in {time.time() - begin:.0f} s", flush=True
    )


if __name__ == "__main__":
    main()
