"""Train the network that reads polyphones: large ones first, which then teach the small one that ships.

    python train.py ROWS OUT [--teach SECONDS] [--teachers N] [--learn SECONDS] [--start CHECKPOINT --epochs N]

ROWS is what rows.py wrote, OUT a checkpoint for `scripts/build_polyphones.py --network OUT`. Teachers guess hidden characters of raw
text for SECONDS, then learn the labelled rows. The small network learns their answers in raw text, and the labels. With `--start` a
small network is only trained further, on the labels.
"""

import argparse
import collections
import json
import math
import pickle
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SIZES = {
    "teacher": {"width": 384, "inner": 1536, "layers": 6, "heads": 6, "reach": 32, "drop": 0.1},
    "small": {
        "width": 96,
        "inner": 256,
        "layers": 3,
        "heads": 4,
        "reach": 16,
        "drop": 0.05,
        "narrow": 64,
    },
}
SURE = (0.6, 0.85, 0.9)
"""As `_SURE` of the package's g2p.py."""
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
BEGUN = time.time()


def log(*what) -> None:
    print(f"{time.time() - BEGUN:6.0f} s", *what, flush=True)


class Block(nn.Module):
    """Attention with a weight for every distance, and two linear layers."""

    def __init__(self, width, inner, heads, reach, drop):
        super().__init__()
        self.heads, self.reach = heads, reach
        self.attention, self.feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
        self.near, self.drop = nn.Parameter(torch.zeros(heads, 2 * reach + 1)), nn.Dropout(drop)

    def forward(self, x, mask):
        rows, size, width = x.shape
        mixed = self.qkv(self.attention(x)).view(rows, size, 3, self.heads, width // self.heads)
        steps = torch.arange(size, device=x.device)
        apart = (steps[None] - steps[:, None]).clamp(-self.reach, self.reach) + self.reach
        bias = (self.near[:, apart][None] + mask).to(mixed.dtype)
        heard = F.scaled_dot_product_attention(*mixed.permute(2, 0, 3, 1, 4), attn_mask=bias)
        x = x + self.drop(self.out(heard.transpose(1, 2).reshape(rows, size, width)))
        return x + self.drop(self.outer(F.relu(self.inner(self.feed(x)))))


class Net(nn.Module):
    """From rows of indices to states, and from these to characters and to syllables."""

    def __init__(self, words, width, inner, layers, heads, reach, drop, narrow=None):
        super().__init__()
        narrow = narrow or width
        self.char = nn.Embedding(len(words["chars"]), narrow, padding_idx=0)
        self.syllable = nn.Embedding(len(words["syllables"]), narrow)
        self.widen = nn.Linear(narrow, width, bias=False)
        self.place, self.tag, self.source = (
            nn.Embedding(n, width) for n in (5, len(words["tags"]), 4)
        )
        self.blocks = nn.ModuleList(Block(width, inner, heads, reach, drop) for _ in range(layers))
        self.norm, self.drop = nn.LayerNorm(width), nn.Dropout(drop)
        self.answer, self.guess = (
            nn.Linear(width, len(words["syllables"])),
            nn.Linear(width, narrow),
        )
        for table in (self.char, self.syllable, self.place, self.tag, self.source):
            nn.init.normal_(table.weight, 0, 0.1 if narrow < width else 0.02)

    def forward(self, chars, place, tag, syllable, source):
        x = self.widen(self.char(chars) + self.syllable(syllable))
        x = self.drop(x + self.place(place) + self.tag(tag) + self.source(source))
        mask = (chars == 0)[:, None, None, :] * -1e4
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)


class Trainer:
    """Batches, losses and measures over one vocabulary."""

    def __init__(self, words):
        chars = {c: i for i, c in enumerate(words["chars"])}
        syllables = {s: i for i, s in enumerate(words["syllables"])}
        self.random = np.random.default_rng()
        self.options = torch.zeros(len(chars), len(syllables), dtype=torch.bool, device=DEVICE)
        for char, readings in words["readings"].items():
            if char in chars:
                self.options[chars[char], [syllables[r] for r in readings]] = True

    def batches(self, rows, tokens):
        """Lists of rows of like length, in random order."""
        order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]) // 8 + self.random.random())
        found, now = [], []
        for i in order:
            if now and (len(rows[i][0]) // 8 + 1) * 8 * (len(now) + 1) > tokens:
                found.append(now)
                now = []
            now.append(i)
        found.append(now)
        self.random.shuffle(found)
        return found

    def inputs(self, rows, batch):
        size = (max(len(rows[i][0]) for i in batch) + 7) // 8 * 8
        tables = np.zeros((5, len(batch), size), np.int64)
        for row, i in enumerate(batch):
            for k in range(5):
                tables[k, row, : len(rows[i][k])] = rows[i][k]
        return list(torch.from_numpy(tables).to(DEVICE))

    def targets(self, rows, batch):
        found = [(row, *target) for row, i in enumerate(batch) for target in rows[i][5]]
        return torch.tensor(found, device=DEVICE).T  # row, place, character, syllable, source

    def scores(self, net, inputs, targets):
        with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
            states = net(*inputs)
        row, place, char = targets[:3]
        return net.answer(states[row, place].float()).masked_fill(~self.options[char], -1e4)

    def measure(self, net, rows):
        """Right by source, as the reader decides, and as it would without the network."""
        net.eval()
        right, before, total = (collections.Counter() for _ in range(3))
        with torch.no_grad():
            for batch in self.batches(rows, 16_384):
                inputs, targets = self.inputs(rows, batch), self.targets(rows, batch)
                odds, best = torch.softmax(self.scores(net, inputs, targets), -1).max(-1)
                row, place, _, label, source = targets
                told = inputs[3][row, place]
                said = torch.where(odds >= torch.tensor(SURE, device=DEVICE)[source], best, told)
                for kind in (0, 1, 2):
                    mine = source == kind
                    total[kind] += int(mine.sum())
                    right[kind] += int((said == label)[mine].sum())
                    before[kind] += int((told == label)[mine].sum())
        net.train()
        return " ".join(f"{k}: {before[k]} -> {right[k]} of {total[k]}" for k in (0, 1, 2))

    def spoiled(self, inputs, targets, hidden):
        """With unknown characters here and there, and the told reading of some targets hidden."""
        row, place, _, _, source = targets
        noise = (torch.rand(inputs[0].shape, device=DEVICE) < 0.04) & (inputs[0] > 1)
        noise[row, place] = False
        inputs[0] = inputs[0].masked_fill(noise, 1)
        inputs[3] = inputs[3].masked_fill(noise, 0)
        gone = torch.rand(len(row), device=DEVICE) < torch.tensor(hidden, device=DEVICE)[source]
        inputs[3][row[gone], place[gone]] = 1
        inputs[4][row[gone], place[gone]] = 0
        return inputs


class Steps:
    """An optimizer whose rate rises, then falls to nothing."""

    def __init__(self, net, peak):
        self.net, self.peak = net, peak
        many = [p for p in net.parameters() if p.ndim > 1]
        few = [p for p in net.parameters() if p.ndim <= 1]
        groups = [{"params": many, "weight_decay": 0.05}, {"params": few, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98))

    def step(self, loss, done):
        rate = self.peak * min(1, done / 0.06, 0.5 * (1 + math.cos(math.pi * min(1, done))) + 1e-3)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()


def guess_hidden(trainer, net, rows, seconds, peak):
    """Learn to guess one character in five, from the characters alone."""
    steps, begun, loss = Steps(net, peak), time.time(), None
    while time.time() - begun < seconds:
        for batch in trainer.batches(rows, 32_768):
            if time.time() - begun >= seconds:
                break
            chars, *others = trainer.inputs(rows, batch)
            hidden = (torch.rand(chars.shape, device=DEVICE) < 0.2) & (chars > 1)
            with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
                states = net(chars.masked_fill(hidden, 1), *(torch.zeros_like(o) for o in others))
                scores = net.guess(states[hidden]) @ net.char.weight.T
            loss = F.cross_entropy(scores.float(), chars[hidden])
            steps.step(loss, (time.time() - begun) / seconds)
    log("hidden characters", None if loss is None else f"{loss.item():.3f}")


def learn_labels(trainer, net, rows, held, epochs, peak, tokens=8192):
    """Learn the labelled rows; some are cut behind their last target, as growing text is."""
    steps = Steps(net, peak)
    for epoch in range(epochs):
        cut = [shortened(row, trainer.random) for row in rows]
        order = trainer.batches(cut, tokens)
        for i, batch in enumerate(order):
            inputs, targets = trainer.inputs(cut, batch), trainer.targets(cut, batch)
            inputs = trainer.spoiled(inputs, targets, (0.1, 0.25, 0.1))
            losses = F.cross_entropy(
                trainer.scores(net, inputs, targets), targets[3], reduction="none"
            )
            weight = torch.tensor((1.0, 0.3, 1.0), device=DEVICE)[targets[4]]
            steps.step((losses * weight).sum() / weight.sum(), (epoch + i / len(order)) / epochs)
        log("epoch", epoch + 1, trainer.measure(net, held))


def shortened(row, generator):
    """One row in seven cut behind its last target."""
    if generator.random() > 0.15:
        return row
    last = max(at for at, *_ in row[5])
    end = generator.integers(last + 1, len(row[0]), endpoint=True)
    return (*(table[:end] for table in row[:5]), row[5])


def answers(trainer, teachers, rows):
    """Mean log-probabilities of all teachers, as the six best syllables of every target."""
    found = [None] * len(rows)
    with torch.no_grad():
        for batch in trainer.batches(rows, 32_768):
            inputs, targets = trainer.inputs(rows, batch), trainer.targets(rows, batch)
            each = [torch.log_softmax(trainer.scores(t, inputs, targets), -1) for t in teachers]
            odds, best = torch.softmax(torch.stack(each).mean(0), -1).topk(6, -1)
            at = 0
            for i in batch:
                size = len(rows[i][5])
                found[i] = best[at : at + size].cpu(), odds[at : at + size].half().cpu()
                at += size
    return found


def learn_answers(trainer, net, rows, found, labelled, held, seconds, peak):
    """Learn the teachers' answers in raw text, and the labels, by turns."""
    steps, begun = Steps(net, peak), time.time()
    while (done := (time.time() - begun) / seconds) < 1:
        work = [(rows, batch) for batch in trainer.batches(rows, 6144)]
        work += [(labelled, batch) for _ in range(2) for batch in trainer.batches(labelled, 6144)]
        trainer.random.shuffle(work)
        for of, batch in work:
            done = (time.time() - begun) / seconds
            if done >= 1:
                break
            inputs, targets = trainer.inputs(of, batch), trainer.targets(of, batch)
            inputs = trainer.spoiled(inputs, targets, (0.1, 0.25, 0.1))
            scores = torch.log_softmax(trainer.scores(net, inputs, targets), -1)
            if of is labelled:
                losses = F.nll_loss(scores, targets[3], reduction="none")
            else:
                best = torch.cat([found[i][0] for i in batch]).to(DEVICE)
                odds = torch.cat([found[i][1] for i in batch]).to(DEVICE).float()
                losses = -(
                    scores.gather(1, best).clamp(min=-50) * odds / odds.sum(-1, keepdim=True)
                ).sum(-1)
            weight = torch.tensor((1.0, 0.3, 1.0), device=DEVICE)[targets[4]]
            steps.step((losses * weight).sum() / weight.sum(), done)
        log("answers", trainer.measure(net, held))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--teach", type=float, default=240)
    parser.add_argument("--teachers", type=int, default=3)
    parser.add_argument("--learn", type=float, default=250)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    data = pickle.loads(options.rows.read_bytes())  # noqa: S301 - written by rows.py
    words = {k: data[k] for k in ("chars", "tags", "syllables", "readings")}
    trainer, labelled, held = (
        Trainer(words),
        data["sentences"] + data["benchmarks"],
        data["held_out"],
    )
    net = Net(words, **SIZES["small"]).to(DEVICE)
    if options.start:
        saved = np.load(options.start)
        net.load_state_dict({k: torch.from_numpy(saved[k]) for k in net.state_dict()})
        learn_labels(trainer, net, labelled, held, options.epochs, 4e-4, tokens=4096)
    else:
        first = Net(words, **SIZES["teacher"]).to(DEVICE)
        guess_hidden(trainer, first, data["raw"], options.teach, 1e-3)
        teachers = []
        for seed in range(options.teachers):
            torch.manual_seed(seed)
            teacher = Net(words, **SIZES["teacher"]).to(DEVICE)
            teacher.load_state_dict(first.state_dict())
            learn_labels(trainer, teacher, labelled, held, 8, 3e-4)
            teachers.append(teacher.eval())
        found = answers(trainer, teachers, data["raw"])
        guess_hidden(trainer, net, data["raw"], 35, 2e-3)
        learn_answers(trainer, net, data["raw"], found, labelled, held, options.learn, 2e-3)
    words |= {"heads": SIZES["small"]["heads"]}
    weights = {k: v.float().cpu().numpy() for k, v in net.state_dict().items()}
    np.savez(options.out, words=json.dumps(words), **weights)


if __name__ == "__main__":
    main()
