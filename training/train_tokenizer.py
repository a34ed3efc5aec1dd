"""The tokenizer anew: SSL encoder, projection and codebook, taught by the phone of each frame, mel, pitch and voicing.

What the codes do not say, SoVITS has to guess: the aim is that the phone of every frame of 20 ms can be read *behind*
the codebook. Codes of the corpus must be made again afterwards (:mod:`encode`), and everything that reads them trained
again; the SoVITS decoder, flow and posterior encoder do not read codes and can be kept.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from data import Corpus, halved, hann, log_mel, spectrogram
from networks import HOP, SAMPLE_RATE, Tokenizer, symbols
from schedule import Average, Clock, adamw, clipped, cosine, set_rate
from torch import nn

PHONES, SILENCE = 732, 732
CODES, DIMENSION = 1024, 768
BANDS = 80
FRAMES = 12_000
"""50 Hz frames of a batch, about; sentences of one length go together."""
QUANTIZED_FROM = 0.2
"""Part of the time at which the codebook comes in, set by k-means."""


class Judge(nn.Module):
    """Reads phones, mel, pitch and voicing out of the codes; a voice's name helps with the last three."""

    def __init__(self, voices: int, width: int = 320) -> None:
        super().__init__()
        self.inward = nn.Conv1d(DIMENSION, width, 3, padding=1)
        self.deep = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(3))
        self.norms = nn.ModuleList(nn.GroupNorm(8, width) for _ in range(3))
        self.phones = nn.Conv1d(width, PHONES + 1, 3, padding=1)
        self.voice = nn.Embedding(voices, width)
        self.sound = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(2))
        self.outward = nn.Conv1d(width, BANDS + 2, 3, padding=1)

    def forward(
        self, quantized: torch.Tensor, voice: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x = F.gelu(self.inward(quantized))
        for conv, norm in zip(self.deep, self.norms, strict=True):
            x = x + F.gelu(norm(conv(x)))
        phones = self.phones(x)
        x = x + self.voice(voice)[..., None]
        for conv in self.sound:
            x = x + F.gelu(conv(x))
        return phones, self.outward(x)


class Codebook(nn.Module):
    """One codebook with averaged centres and straight-through gradients (arXiv 1711.00937, appendix A.1)."""

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("embed", torch.zeros(CODES, DIMENSION))
        self.register_buffer("cluster_size", torch.ones(CODES))
        self.register_buffer("embed_avg", torch.zeros(CODES, DIMENSION))

    @torch.no_grad()
    def start(self, x: torch.Tensor, rounds: int = 25) -> None:
        """K-means over vectors [n, 768]."""
        centres = x[torch.randperm(len(x), device=x.device)[:CODES]].clone()
        for _ in range(rounds):
            nearest = torch.cat([torch.cdist(part, centres).argmin(1) for part in x.split(16384)])
            count = torch.bincount(nearest, minlength=CODES).float()
            total = torch.zeros_like(centres).index_add_(0, nearest, x)
            lone = count < 1
            centres = torch.where(
                lone[:, None],
                x[torch.randint(len(x), (CODES,), device=x.device)],
                total / count.clamp(min=1)[:, None],
            )
        self.embed.copy_(centres)
        self.cluster_size.copy_(count * 6000 / len(x) + 3)
        self.embed_avg.copy_(centres * self.cluster_size[:, None])

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Quantized vectors [B, T, 768], codes, and how far the vectors were."""
        flat = x.detach().reshape(-1, DIMENSION)
        codes = torch.cdist(flat, self.embed).argmin(1)
        quantized = self.embed[codes].view_as(x)
        if self.training:
            with torch.no_grad():
                count = torch.bincount(codes, minlength=CODES).float()
                self.cluster_size.lerp_(count, 1 - self.decay)
                self.embed_avg.lerp_(
                    torch.zeros_like(self.embed_avg).index_add_(0, codes, flat), 1 - self.decay
                )
                self.embed.copy_(self.embed_avg / self.cluster_size.clamp(min=1e-3)[:, None])
                dead = self.cluster_size < 0.5
                fresh = flat[torch.randint(len(flat), (CODES,), device=flat.device)]
                self.embed.copy_(torch.where(dead[:, None], fresh, self.embed))
                self.embed_avg.copy_(torch.where(dead[:, None], fresh, self.embed_avg))
                self.cluster_size.copy_(torch.where(dead, 1.0, self.cluster_size))
        return x + (quantized - x).detach(), codes, F.mse_loss(x, quantized.detach())


def pitch(wave: torch.Tensor, frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    """log2 F0 and voicing at 50 Hz of waves [B, samples] at 16 kHz, by normalized autocorrelation."""
    cut = F.pad(wave, (352, 1024)).unfold(1, 1024, 320)[:, :frames]
    window = hann(1024, wave.device)
    cut = (cut - cut.mean(-1, keepdim=True)) * window

    def correlation(x: torch.Tensor) -> torch.Tensor:
        return torch.fft.irfft(torch.fft.rfft(x, 2048).abs() ** 2)[..., :260]

    r, own = correlation(cut), correlation(window)
    scaled = r / (r[..., :1] + 1e-4) / (own / own[0]) - 0.0006 * torch.arange(
        260, device=wave.device
    )
    scaled[..., :38] = scaled[..., 250:] = -1
    best, lag = scaled.max(-1)
    return torch.log2(16_000 / lag.float()), (best > 0.55) & (r[..., 0] > 0.05)


class Lessons:
    """Waves of one length with the phone of every frame, as tensors on the device."""

    def __init__(self, corpus: Corpus, voices: dict[str, int], device: str) -> None:
        self.rows: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]] = []
        by_length: dict[int, list[dict]] = {}
        for item in corpus.items:
            by_length.setdefault(item["n"], []).append(item)
        self.lengths = [n for n, items in by_length.items() if len(items) > 1]
        for n in self.lengths:
            items = by_length[n]
            owner = np.array([u["a"] for u in items])
            phone = np.array([[*u["p"], SILENCE] for u in items], object)
            label = np.stack([np.array(p)[row] for p, row in zip(phone, owner, strict=True)])
            edge = np.diff(owner, axis=1, prepend=-2) != 0
            run = np.cumsum(edge, 1) + np.arange(len(items))[:, None] * (n // HOP + 1)
            weight = np.bincount(run.ravel())[run] ** -0.5  # a stop counts as much as half a vowel
            tensors = (
                np.array([u["o"] for u in items]),
                label.astype(np.int64),
                weight.astype(np.float32),
                np.array([voices[u["near"]] for u in items]),
            )
            self.rows.append(tuple(torch.from_numpy(x).to(device) for x in tensors))
        weight = np.array(
            [len(r[0]) * n for r, n in zip(self.rows, self.lengths, strict=True)], np.float64
        )
        self.chance = weight / weight.sum()


class Trainer:
    def __init__(self, corpus: Corpus, start: Path, device: str, seed: int) -> None:
        self.corpus, self.device, self.rng = corpus, device, np.random.default_rng(seed)
        self.tokenizer = Tokenizer(start).to(device)
        self.book = Codebook().to(device)
        voices = {v: i for i, v in enumerate(sorted({u["near"] for u in corpus.items}))}
        self.lessons = Lessons(corpus, voices, device)
        self.judge = Judge(len(voices)).to(device)
        self.early = nn.Linear(DIMENSION, PHONES + 1).to(device)
        kin = [s.rstrip("012345") for s in symbols()] + ["silence"]
        names = sorted(set(kin))
        self.kin = torch.tensor([names.index(k) for k in kin], device=device)
        self.learned = nn.ModuleList([self.tokenizer, self.judge, self.early])
        self.weights = list(self.learned.parameters())
        self.average = Average(self.learned.named_parameters())
        self.optimizer = adamw(self.weights, (0.9, 0.98), 0.01)

    def batch(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Waves [B, samples], phones [B, T], their weights, voices [B]."""
        place = self.rng.choice(len(self.lessons.lengths), p=self.lessons.chance)
        n, rows = self.lessons.lengths[place], self.lessons.rows[place]
        count = max(2, min(96, FRAMES // (n // HOP)))
        ids = torch.randint(len(rows[0]), (count,), device=self.device)
        start, label, weight, voice = (x[ids] for x in rows)
        samples = start[:, None] + torch.arange(n, device=self.device)[None]
        return self.corpus.audio[samples].float() / 32768, label, weight, voice

    def misread(
        self, scores: torch.Tensor, label: torch.Tensor, weight: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Nats per frame of scores [B, T, 733]: of the exact phone and of the phone but for tone and stress; errors."""
        chances = scores.float().log_softmax(-1)
        exact = -chances.gather(2, label[..., None])[..., 0]
        kin = torch.zeros(*chances.shape[:2], int(self.kin.max()) + 1, device=self.device)
        kin = kin.index_add(2, self.kin, chances.exp())
        right = self.kin[label][..., None]
        close = -(kin.gather(2, right)[..., 0] + 1e-8).log()
        errors = (kin.argmax(-1) != right[..., 0]).float().mean()
        return (exact * weight).sum() / weight.sum(), (close * weight).sum() / weight.sum(), errors

    def hidden(self, wave: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self.device, dtype=torch.bfloat16):
            return self.tokenizer.hubert(wave).last_hidden_state

    def projected(self, hidden: torch.Tensor) -> torch.Tensor:
        """Vectors [B, T / 2, 768] that the codebook sees."""
        whole = F.pad(hidden.float().transpose(1, 2), (0, 1), mode="replicate")
        return self.tokenizer.projection(whole).transpose(1, 2)

    @torch.no_grad()
    def start_codebook(self, batches: int) -> None:
        vectors = [
            self.projected(self.hidden(halved(self.batch()[0]))).reshape(-1, DIMENSION)
            for _ in range(batches)
        ]
        self.book.start(torch.cat(vectors))

    def step(self, *, quantized: bool) -> dict[str, float | torch.Tensor]:
        wave, label, weight, voice = self.batch()
        frames = wave.shape[1] // HOP
        with torch.no_grad():
            target = log_mel(spectrogram(wave), bands=BANDS)
            low = halved(wave)
            tone, voiced = pitch(low, frames)
            gain = 10 ** (torch.empty(len(low), 1, device=self.device).uniform_(-9, 6) / 20)
            noise = 10 ** (float(self.rng.uniform(-80, -45)) / 20)
            heard = low * gain + noise * torch.randn_like(low)
        hidden = self.hidden(heard)
        vectors = self.projected(hidden)
        if quantized:
            vectors, _, commitment = self.book(vectors)
        else:
            vectors, commitment = (
                vectors + 0.05 * vectors.detach().std() * torch.randn_like(vectors),
                0.01 * vectors.pow(2).mean(),
            )
        with torch.autocast(self.device, dtype=torch.bfloat16):
            late, sound = self.judge(
                vectors.transpose(1, 2).repeat_interleave(2, -1)[..., :frames], voice
            )

        sound = sound.float()
        early = F.pad(self.early(hidden.float()).transpose(1, 2), (0, 1), mode="replicate")
        exact_early, close_early, wrong_early = self.misread(early.transpose(1, 2), label, weight)
        exact, close, wrong = self.misread(late.transpose(1, 2), label, weight)
        mel = (sound[:, :BANDS] - target).abs().mean()
        tone_loss = ((sound[:, BANDS] - tone).abs() * voiced).sum() / voiced.sum().clamp(min=1)
        voicing = F.binary_cross_entropy_with_logits(sound[:, BANDS + 1], voiced.float())
        loss = 0.5 * close_early + 0.2 * exact_early + 2 * close + 0.4 * exact
        loss = loss + 0.3 * mel + 0.7 * tone_loss + 0.3 * voicing + 0.25 * commitment
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        clipped(self.weights, self.optimizer, 2.0)
        self.optimizer.step()
        return {
            "close": close,
            "exact": exact,
            "wrong": wrong,
            "wrong before": wrong_early,
            "mel": mel,
            "tone": tone_loss,
            "voicing": voicing,
        }

    def save(self, folder: Path) -> None:
        """A tokenizer folder as :class:`networks.Tokenizer` reads it, of averaged weights."""
        folder.mkdir(parents=True, exist_ok=True)
        with self.average.worn():
            self.tokenizer.hubert.save_pretrained(folder / "hubert")
            projection = {
                f"ssl_proj.{k}": v.half().cpu()
                for k, v in self.tokenizer.projection.state_dict().items()
            }
            book = {
                f"quantizer.vq.layers.0._codebook.{k}": v.half().cpu()
                for k, v in self.book.state_dict().items()
            }
            book["quantizer.vq.layers.0._codebook.inited"] = torch.ones(1)
            torch.save({**projection, **book}, folder / "tokenizer.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="tokenizer folder to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--hours", type=float, default=60)
    a = parser.parse_args()
    torch.manual_seed(0)
    corpus = Corpus(a.data, a.device, a.hours)
    corpus.poll()
    trainer = Trainer(corpus, a.start, a.device, seed=0)
    trainer.learned.train()
    clock, step, started = Clock(a.seconds, a.steps), 0, False
    while (part := clock.part(step)) < 1:
        set_rate(trainer.optimizer, cosine(part, 6e-4, step))
        if not started and part >= QUANTIZED_FROM:
            trainer.start_codebook(40 if a.device == "cuda" else 12)
            started = True
        result = trainer.step(quantized=started)
        trainer.average.update(min(0.998, (1 + step) / (10 + step)))
        if step % 100 == 0:
            record = {
                "step": step,
                "t": round(clock.elapsed, 1),
                **{k: round(float(v), 3) for k, v in result.items()},
            }
            print(json.dumps(record), flush=True)
        step += 1
    trainer.save(a.out)
    print("done", step, f"{step / clock.elapsed:.1f} steps/s, {SAMPLE_RATE} Hz", flush=True)


if __name__ == "__main__":
    main()
