"""Batches for the acoustic model: waveforms, their codes and phones, and a reference of the same voice."""

import numpy as np
import torch
from data import Corpus
from networks import HOP

SHAPES = ((96, 48), (160, 64), (256, 112), (448, 160))
"""Frames and phones of the batches; a sentence goes to the first that holds it."""
SEGMENT = 32
"""Frames that are decoded of each sentence."""
REFERENCE = 240
"""Frames of the reference."""
SHIPPED, OTHER = 0.5, 0.3
"""How often the reference is the recording that the voice ships with, and how often another sentence."""


class Batches:
    """Batches of one shape after another, each shape as often as its sentences are long."""

    def __init__(self, corpus: Corpus, size: int, seed: int) -> None:
        self.corpus, self.size, self.rng = corpus, size, np.random.default_rng(seed)
        self.refresh()

    def refresh(self) -> None:
        """Sorts in what is new in the corpus."""
        items, device = self.corpus.items, self.corpus.device
        self.voices: dict[str, np.ndarray] = {}
        for voice in {u["v"] for u in items} - {None}:
            mine = [i for i, u in enumerate(items) if u["v"] == voice and not u.get("shipped")]
            self.voices[voice] = np.array(mine)
        self.shipped = {u["v"]: i for i, u in enumerate(items) if u.get("shipped")}
        self.offset = torch.tensor([u["o"] for u in items], device=device)
        self.length = torch.tensor([u["n"] for u in items], device=device)
        self.members, self.tensors, weight = [], [], []
        taken: set[int] = set(self.shipped.values())
        for frames, phones in SHAPES:
            ids = [
                i for i, u in enumerate(items)
                if i not in taken and u["n"] // HOP <= frames and len(u["p"]) <= phones and u["n"] // HOP >= SEGMENT
            ]  # fmt: skip
            taken.update(ids)
            self.members.append(np.array(ids, np.int64))
            code = torch.zeros(len(ids), frames // 2, dtype=torch.int64)
            text = torch.zeros(len(ids), phones, dtype=torch.int64)
            for row, i in enumerate(ids):
                code[row, : len(items[i]["c"])] = torch.tensor(items[i]["c"])
                text[row, : len(items[i]["p"])] = torch.tensor(items[i]["p"])
            count = torch.tensor([len(items[i]["p"]) for i in ids], dtype=torch.int64)
            owner = torch.full((len(ids), frames), -1, dtype=torch.int64)
            for row, i in enumerate(ids):
                owner[row, : len(items[i]["a"])] = torch.tensor(items[i]["a"])
            self.tensors.append(tuple(t.to(device) for t in (code, text, count, owner)))
            weight.append(sum(items[i]["n"] for i in ids) if len(ids) >= 2 else 0)
        self.weight = np.array(weight, np.float64) / sum(weight)

    def _gather(self, start: torch.Tensor, samples: int, valid: torch.Tensor) -> torch.Tensor:
        place = torch.arange(samples, device=start.device)[None]
        wave = self.corpus.audio[(start[:, None] + place).clamp(max=len(self.corpus.audio) - 1)]
        return wave.float() / 32768.0 * (place < valid[:, None])

    def _partners(self, ids: np.ndarray) -> np.ndarray:
        """For each sentence one to take the reference from: its voice's recording, or another sentence of it."""
        out = ids.copy()
        for row, i in enumerate(ids):
            voice, chance = self.corpus.items[i]["v"], self.rng.random()
            if voice in self.shipped and chance < SHIPPED:
                out[row] = self.shipped[voice]
            elif voice and chance < SHIPPED + OTHER:
                out[row] = self.rng.choice(self.voices[voice])
        return out

    def next(self) -> tuple[int, dict[str, torch.Tensor]]:
        shape = int(self.rng.choice(len(SHAPES), p=self.weight))
        rows = self.rng.integers(len(self.members[shape]), size=self.size)
        ids = self.members[shape][rows]
        code, text, count, owner = self.tensors[shape]
        device = self.corpus.device
        at, chosen = torch.from_numpy(rows).to(device), torch.from_numpy(ids).to(device)
        partner = torch.from_numpy(self._partners(ids)).to(device)
        frames = SHAPES[shape][0]
        room = (self.length[partner] - REFERENCE * HOP).clamp(min=0)
        skip = (torch.rand(self.size, device=device) * room).long()
        left = (self.length[partner] - skip).clamp(max=REFERENCE * HOP)
        gain = 10 ** (torch.empty(self.size, 1, device=device).uniform_(-6, 6) / 20)
        return shape, {
            "wave": self._gather(self.offset[chosen], frames * HOP, self.length[chosen]),
            "frames": self.length[chosen] // HOP,
            "codes": code[at],
            "text": text[at],
            "phones": count[at],
            "owner": owner[at],
            "reference": self._gather(self.offset[partner] + skip, REFERENCE * HOP, left) * gain,
            "reference_frames": left // HOP,
        }
