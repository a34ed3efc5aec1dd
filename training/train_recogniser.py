"""A small phone recogniser from the teacher's speech, whose frames' phones are known: a second judge of what voices say.

Speech is changed as rooms, lines and other speakers change it: pace and pitch, noise, echo, bands and level. The result is a
convolutional network on log-mels at 16 kHz that says which phone (without tone and stress) each 20 ms belong to.
"""

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from data import Corpus, halved, mel_filters
from networks import HOP, symbols
from schedule import Clock, adamw, clipped, cosine, set_rate
from torch import nn

FRAMES = 128
"""Frames of 20 ms in a sample."""
WINDOW, STEP, BANDS = 512, 160, 64
WIDTH, LAYERS, KERNEL = 160, 6, 5
HELD_OUT = 50
RATE = 16_000


def classes() -> tuple[list[str], list[int]]:
    """Names of the classes, the first for silence, and the class of each phone id."""
    bare = [s.rstrip("0123456789") or s for s in symbols()]
    names = ["", *dict.fromkeys(bare)]
    return names, [names.index(s) for s in bare]


class Recogniser(nn.Module):
    """Waves at 16 kHz to scores of the classes for each 20 ms."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer(
            "filters", mel_filters(WINDOW * 2, BANDS, torch.device("cpu"))[:, : WINDOW // 2 + 1]
        )
        self.first = nn.Conv1d(BANDS, WIDTH, 4, stride=2, padding=1)
        self.layers = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2) for _ in range(LAYERS)
        )
        self.norms = nn.ModuleList(nn.GroupNorm(1, WIDTH) for _ in range(LAYERS))
        self.last = nn.Conv1d(WIDTH, count, 1)

    def features(self, wave: torch.Tensor) -> torch.Tensor:
        """Log-mels [B, bands, 10 ms] without the sentence's own level and colour."""
        wave = F.pad(wave, ((WINDOW - STEP) // 2,) * 2)
        window = torch.hann_window(WINDOW, device=wave.device)
        s = torch.stft(wave, WINDOW, STEP, WINDOW, window, center=False, return_complex=True)
        x = torch.log(self.filters @ (s.real**2 + s.imag**2) + 1e-6)
        return x - x.mean(2, keepdim=True)

    def forward(self, wave: torch.Tensor) -> torch.Tensor:
        """Scores [B, classes, samples / 320]."""
        x = F.gelu(self.first(self.features(wave)))
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = x + F.gelu(layer(norm(x)))
        return self.last(x)


def changed(wave: torch.Tensor) -> torch.Tensor:
    """Waves [B, samples] as heard elsewhere: echo, noise, missing bands, another level."""
    rows, device = len(wave), wave.device
    time = torch.arange(3200, device=device) / RATE
    decay = torch.rand(rows, 1, device=device) * 0.15 + 0.02
    room = torch.randn(rows, 3200, device=device) * torch.exp(-time / decay) * 0.05
    room = room * (torch.rand(rows, 1, device=device) < 0.5)
    room[:, 0] = 1.0
    size = wave.shape[1] + 3200
    spectrum = torch.fft.rfft(wave, size) * torch.fft.rfft(room, size)
    frequency = torch.linspace(0, RATE / 2, spectrum.shape[1], device=device)
    tilt = (
        torch.empty(rows, 1, device=device).uniform_(-6, 6)
        / 20
        * torch.log2(frequency / 1000 + 0.1)
    )
    top = torch.where(torch.rand(rows, 1, device=device) < 0.2, 3500.0, 8000.0)
    spectrum = spectrum * 10**tilt * (frequency < top)
    wave = torch.fft.irfft(spectrum, size)[:, : wave.shape[1]]
    level = wave.pow(2).mean(1, keepdim=True).sqrt() + 1e-4
    noise = (
        torch.randn_like(wave)
        * level
        * 10 ** (-torch.empty(rows, 1, device=device).uniform_(5, 45) / 20)
    )
    return (wave + noise) * 10 ** (torch.empty(rows, 1, device=device).uniform_(-15, 5) / 20)


class Samples:
    """Stretches of the corpus at another pace, and the class of each of their frames."""

    def __init__(self, corpus: Corpus, of_phone: list[int], device: str) -> None:
        items = [u for u in corpus.items if u["a"] and u["n"] // HOP >= 40]
        label = torch.zeros(len(corpus.audio) // HOP + 1, dtype=torch.int64)
        for u in items:
            row = torch.tensor([of_phone[u["p"][a]] if a >= 0 else 0 for a in u["a"]])
            label[u["o"] // HOP : u["o"] // HOP + len(row)] = row
        self.corpus, self.label = corpus, label.to(device)
        held = torch.tensor([u["i"] % HELD_OUT == 0 for u in items])
        spans = torch.tensor([(u["o"], u["n"]) for u in items])
        self.held, self.train = spans[held].to(device), spans[~held].to(device)

    def next(
        self, spans: torch.Tensor, rows: int, *, plain: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Waves at 16 kHz [B, samples] and labels [B, frames], -100 beyond the utterance."""
        device = spans.device
        chosen = spans[torch.randint(len(spans), (rows,), device=device)]
        pace = torch.ones(rows, 1, device=device)
        if not plain:
            pace = torch.empty(rows, 1, device=device).uniform_(0.82, 1.2)
        room = (chosen[:, 1:] - FRAMES * HOP * pace).clamp(min=0)
        start = torch.rand(rows, 1, device=device) * room
        place = start + torch.arange(FRAMES * HOP, device=device) * pace
        inside = place < chosen[:, 1:] - 1
        at = chosen[:, :1] + place.long().clamp(max=10**7)
        at = torch.where(inside, at, chosen[:, :1])
        part = place - place.floor()
        audio = self.corpus.audio
        wave = (audio[at].float() * (1 - part) + audio[at + 1].float() * part) * inside / 32768
        middle = slice(HOP // 2, None, HOP)
        label = torch.where(inside[:, middle], self.label[at[:, middle] // HOP], -100)
        return halved(wave), label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--hours", type=float, default=60)
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--device", default="cuda")
    a = parser.parse_args()
    torch.manual_seed(3)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    corpus = Corpus(a.data, a.device, a.hours)
    corpus.poll()
    names, of_phone = classes()
    samples, net = Samples(corpus, of_phone, a.device), Recogniser(len(names)).to(a.device)
    weights = list(net.parameters())
    optimizer = adamw(weights, (0.9, 0.98), 0.01)
    clock, count = Clock(a.seconds, a.steps), 0
    while (part := clock.part(count)) < 1:
        set_rate(optimizer, cosine(part, 2e-3, count, warm=200, floor=0.005))
        wave, label = samples.next(samples.train, a.rows)
        with torch.autocast(a.device, dtype=torch.bfloat16):
            scores = net(changed(wave))
        loss = F.cross_entropy(scores.float(), label, ignore_index=-100)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        clipped(weights, optimizer, 1.0)
        optimizer.step()
        count += 1
        if count % 200 == 0 or count == a.steps:
            print(
                json.dumps(
                    {
                        "step": count,
                        "t": round(clock.elapsed, 1),
                        "loss": round(float(loss), 4),
                        **tested(net, samples, a.rows),
                    }
                ),
                flush=True,
            )
            save(net, names, a.out)
    save(net, names, a.out)
    print("done", count, tested(net, samples, a.rows), flush=True)


@torch.no_grad()
def tested(net: Recogniser, samples: Samples, rows: int) -> dict[str, float]:
    """Part of the held-out frames with the right class, clean and changed."""
    found = {}
    for name, change in (("clean", lambda w: w), ("changed", changed)):
        wave, label = samples.next(samples.held, rows, plain=name == "clean")
        right = (net(change(wave)).argmax(1) == label)[label >= 0]
        found[name] = round(float(right.float().mean()), 4)
    return found


def save(net: Recogniser, names: list[str], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    state = {k: v.half().cpu() for k, v in net.state_dict().items()}
    torch.save({"names": names, "state": state}, out / "recogniser.pt")


if __name__ == "__main__":
    main()
