"""The text-to-semantic decoder: cross-entropy over an utterance's tokens, mostly behind another of the same voice.

The network is the reference's; its forward pass is written here for right-padded rows of fixed shape, so that a
step is one CUDA graph. BERT features are not used: their projection stays zero.
"""

import argparse
import json
import zlib
from collections import deque
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from data import Corpus
from networks import gpt
from schedule import Average, Clock, GraphedStep, adamw, clipped, cosine, set_rate

SHAPES = ((64, 104, 192), (112, 208, 128), (184, 320, 80), (288, 448, 48))
"""Phones, tokens and rows of the batches."""
MOST_PHONES, MOST_TOKENS = 160, 232
SHIPPED, PAIRED = 0.6, 0.2
"""Parts of the sentences that come behind the recording that their voice ships with, or another sentence of it."""
CORRUPTED = 0.3
"""Up to this part of a sentence's tokens is replaced in the input, so that the text is heard and not the history."""
DROPOUT = 0.15
EOS = 1024
HELD_OUT = 101


def logits(
    net: torch.nn.Module, x: torch.Tensor, x_len: torch.Tensor, y: torch.Tensor, y_len: torch.Tensor
) -> torch.Tensor:
    """Scores [B, Y + 1, 1025]: of the first token, and of what follows each token of ``y``."""
    rows, phones, tokens = len(x), x.shape[1], y.shape[1]
    text = net.ar_text_position(F.embedding(x, net.ar_text_embedding.word_embeddings.weight))
    audio = net.ar_audio_position(F.embedding(y, net.ar_audio_embedding.word_embeddings.weight))
    h = torch.cat([text, audio], 1)
    place = torch.arange(phones + tokens, device=x.device)
    causal = (place[None] <= place[:, None]) | ((place[None] < phones) & (place[:, None] < phones))
    causal = causal & ~((place[:, None] < phones) & (place[None] >= phones))
    present = torch.cat(
        [place[None, :phones] < x_len[:, None], place[None, :tokens] < y_len[:, None]], 1
    )
    mask = (causal[None] & present[:, None])[:, None]
    for layer in net.h.layers:
        attention = layer.self_attn
        qkv = F.linear(h, attention.in_proj_weight, attention.in_proj_bias)
        q, k, v = qkv.view(rows, phones + tokens, 3, net.num_head, -1).permute(2, 0, 3, 1, 4)
        o = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=DROPOUT if net.training else 0.0
        )
        o = F.linear(
            o.transpose(1, 2).flatten(2), attention.out_proj.weight, attention.out_proj.bias
        )
        h = layer.norm1(h + layer.dropout1(o))
        h = layer.norm2(h + layer._ff_block(h))
    last = h.gather(1, (x_len - 1)[:, None, None].expand(-1, 1, h.shape[2]))
    return net.ar_predict_layer(torch.cat([last, h[:, phones:]], 1))


class Sentences:
    """The corpus as padded tensors on the device, and pairs of it in batches of fixed shape."""

    def __init__(self, corpus: Corpus, device: str, seed: int) -> None:
        self.device, self.rng = device, np.random.default_rng(seed)
        items = [
            u for u in corpus.items if len(u["p"]) <= MOST_PHONES and len(u["cp"]) <= MOST_TOKENS
        ]
        self.phones, self.phone_count = self._table([u["p"] for u in items], MOST_PHONES)
        self.tokens, self.token_count = self._table([u["c"][:-1] for u in items], MOST_TOKENS)
        self.prompts, self.prompt_count = self._table([u["cp"] for u in items], MOST_TOKENS)
        self.sizes = np.array([(len(u["p"]), len(u["c"]) - 1, len(u["cp"])) for u in items])
        self.voice = [u["v"] for u in items]
        self.shipped = {u["v"]: i for i, u in enumerate(items) if u.get("shipped")}
        spoken = np.array([not u.get("shipped") for u in items])
        self.learnt = torch.from_numpy(~spoken).to(device)  # their tokens are soon known by heart
        held = np.array(
            [zlib.crc32(str(u["p"]).encode()) % HELD_OUT == 0 for u in items]
        )  # by text, whoever reads it
        self.held, self.train = np.flatnonzero(held & spoken), np.flatnonzero(~held & spoken)
        self.by_voice = {
            v: np.array([i for i in self.train if self.voice[i] == v])
            for v in set(self.voice) - {None}
        }
        self._waiting: list[deque] = [deque() for _ in SHAPES]

    def _table(self, rows: list[list[int]], width: int) -> tuple[torch.Tensor, torch.Tensor]:
        table = np.zeros((len(rows), width), np.int64)
        for r, row in enumerate(rows):
            table[r, : len(row)] = row
        return torch.from_numpy(table).to(self.device), torch.tensor(
            [len(r) for r in rows], device=self.device
        )

    def _pair(self, i: int) -> tuple[int, int, int] | None:
        """Shape, the sentence before (-1: none) and the sentence."""
        before, voice, chance = -1, self.voice[i], self.rng.random()
        if voice in self.shipped and chance < SHIPPED:
            before = self.shipped[voice]
        elif voice and chance < SHIPPED + PAIRED:
            before = int(self.rng.choice(self.by_voice[voice]))
        phones, tokens = self.sizes[i, 0], self.sizes[i, 1]
        if before >= 0:
            phones, tokens = phones + self.sizes[before, 0], tokens + self.sizes[before, 2]
        for shape, (x, y, _) in enumerate(SHAPES):
            if phones <= x and tokens <= y:
                return shape, before, i
        return None

    def next(self, ids: np.ndarray | None = None) -> tuple[int, dict[str, torch.Tensor]]:
        while True:
            for i in self.rng.choice(self.train if ids is None else ids, 64):
                if pair := self._pair(int(i)):
                    self._waiting[pair[0]].append(pair[1:])
            for shape, queue in enumerate(self._waiting):
                if len(queue) >= SHAPES[shape][2]:
                    pairs = torch.tensor(
                        [queue.popleft() for _ in range(SHAPES[shape][2])], device=self.device
                    )
                    return shape, {"before": pairs[:, 0], "item": pairs[:, 1]}

    def joined(self, before: torch.Tensor, item: torch.Tensor, shape: int):
        """Phones and tokens of the pairs, their lengths, and the targets [B, Y + 1], -100 where there are none."""
        phones, tokens, _ = SHAPES[shape]
        has = before >= 0
        b = before.clamp(min=0)
        xb, yb = self.phone_count[b] * has, self.prompt_count[b] * has
        x = self._behind(self.phones, b, xb, item, self.phone_count[item], phones)
        y = self._behind(self.prompts, b, yb, item, self.token_count[item], tokens, self.tokens)
        x_len, y_len = xb + self.phone_count[item], yb + self.token_count[item]
        place = torch.arange(tokens + 1, device=before.device)[None]
        target = torch.where(
            place < y_len[:, None],
            F.pad(y, (0, 1)),
            torch.where(place == y_len[:, None], EOS, -100),
        )
        target = torch.where(place < (yb * self.learnt[b])[:, None], -100, target)
        return x, x_len, y, y_len, target

    @staticmethod
    def _behind(first, at_first, first_count, at_second, second_count, width, second=None):
        second = first if second is None else second
        place = torch.arange(width, device=first.device)[None].expand(len(at_first), -1)
        early = first[at_first].gather(1, place.clamp(max=first.shape[1] - 1))
        late = second[at_second].gather(
            1, (place - first_count[:, None]).clamp(0, second.shape[1] - 1)
        )
        joined = torch.where(place < first_count[:, None], early, late)
        return joined * (place < (first_count + second_count)[:, None])


def start_weights(net: torch.nn.Module) -> None:
    with torch.no_grad():
        net.bert_proj.weight.zero_()
        net.bert_proj.bias.zero_()
    net.bert_proj.requires_grad_(False)
    for embedding in (net.ar_text_embedding, net.ar_audio_embedding):
        torch.nn.init.normal_(embedding.word_embeddings.weight, std=0.5)
    torch.nn.init.normal_(net.ar_predict_layer.weight, std=0.03)
    for layer in net.h.layers:
        torch.nn.init.xavier_uniform_(layer.linear1.weight)
        torch.nn.init.xavier_uniform_(layer.linear2.weight)


def held_out(
    net: torch.nn.Module, sentences: Sentences, device: str, batches: int = 8
) -> tuple[float, float]:
    """Nats per token and the part of tokens that are the likeliest, on sentences that were never trained."""
    net.eval()
    loss = count = right = 0.0
    keep, sentences.rng = sentences.rng, np.random.default_rng(0)
    queues, sentences._waiting = sentences._waiting, [deque() for _ in SHAPES]
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16):
        for _ in range(batches):
            shape, pairs = sentences.next(sentences.held)
            x, x_len, y, y_len, target = sentences.joined(**pairs, shape=shape)
            scores = logits(net, x, x_len, y, y_len).float()
            kept = target >= 0
            loss += float(
                F.cross_entropy(scores.transpose(1, 2), target, ignore_index=-100, reduction="sum")
            )
            count += int(kept.sum())
            right += int((scores.argmax(-1) == target)[kept].sum())
    sentences.rng, sentences._waiting = keep, queues
    net.train()
    return loss / count, right / count


def save(net: torch.nn.Module, folder: Path, log: list[dict], name: str = "s1.pt") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({k: v.half().cpu() for k, v in net.state_dict().items()}, folder / f"{name}.tmp")
    (folder / f"{name}.tmp").rename(folder / name)
    (folder / "s1_log.json").write_text(json.dumps(log))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--codes", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--start", type=Path, help="s1.pt to go on from")
    parser.add_argument("--references", type=Path, help="recordings of the voices that ship")
    a = parser.parse_args()
    torch.manual_seed(2)
    torch.backends.cuda.matmul.allow_tf32 = True
    net = gpt(a.device)
    start_weights(net)
    for module in net.modules():  # the reference fixes it at 0.1
        if isinstance(module, torch.nn.Dropout):
            module.p = DROPOUT
    if a.start:
        net.load_state_dict(
            {k: v.float() for k, v in torch.load(a.start, map_location=a.device).items()}
        )
    corpus = Corpus(a.data, "cpu", None, a.codes)
    corpus.poll()
    if a.references:
        corpus.add(torch.load(a.references))
    sentences = Sentences(corpus, a.device, seed=2)
    print(
        "sentences",
        len(sentences.train),
        "held out",
        len(sentences.held),
        f"{corpus.hours:.2f} h",
        flush=True,
    )
    weights = [p for p in net.parameters() if p.requires_grad]
    average = Average((n, p) for n, p in net.named_parameters() if p.requires_grad)
    optimizer = adamw(weights, (0.9, 0.98), 0.05)
    net.train()

    def step(shape: int, before: torch.Tensor, item: torch.Tensor) -> dict[str, torch.Tensor]:
        x, x_len, y, y_len, target = sentences.joined(before, item, shape)
        wrong = (
            torch.rand(y.shape, device=y.device)
            < CORRUPTED * torch.rand(len(y), 1, device=y.device) ** 2
        )
        fed = torch.where(wrong, torch.randint(0, EOS, y.shape, device=y.device), y)
        with torch.autocast(a.device, dtype=torch.bfloat16):
            scores = logits(net, x, x_len, fed, y_len)
        loss = F.cross_entropy(scores.float().transpose(1, 2), target, ignore_index=-100)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = clipped(weights, optimizer, 1.0)
        optimizer.step()
        return {"loss": loss.detach(), "norm": norm}

    graphs: dict[int, GraphedStep] = {}
    clock, count, log = Clock(a.seconds, a.steps), 0, []
    best = float("inf")
    while (part := clock.part(count)) < 1:
        set_rate(optimizer, cosine(part, a.rate, count, warm=500, floor=0.01))
        shape, pairs = sentences.next()
        if shape not in graphs:
            graphs[shape] = GraphedStep(lambda s=shape, **b: step(s, **b), pairs)
        result = graphs[shape](**pairs)
        average.update(min(0.999, (1 + count) / (20 + count)))
        if count % 250 == 0:
            record = {
                "step": count,
                "t": round(clock.elapsed, 1),
                **{k: round(float(v), 4) for k, v in result.items()},
            }
            if count % 500 == 0:
                with average.worn():
                    record["held_out"] = [round(v, 4) for v in held_out(net, sentences, a.device)]
                    if record["held_out"][0] < best:
                        best = record["held_out"][0]
                        save(net, a.out, [*log, record])
            log.append(record)
            print(json.dumps(record), flush=True)
        count += 1
    with average.worn():
        log.append(
            {"step": count, "held_out": [round(v, 4) for v in held_out(net, sentences, a.device)]}
        )
        print(
            "done",
            json.dumps(log[-1]),
            f"best {best}, {count / clock.elapsed:.1f} steps/s",
            flush=True,
        )
        save(net, a.out, log, "s1_last.pt")
        if log[-1]["held_out"][0] < best:
            save(net, a.out, log)


if __name__ == "__main__":
    main()
