"""The acoustic model: SoVITS v2 from semantic tokens, phones and a reference to the waveform, with frozen tokens.

Mel, KL, adversarial and feature losses as in the reference's training, with three differences: the reference
audio is often another sentence of the same voice, as in use; the whole step is one CUDA graph for each of four
lengths; after a while half of the decoder's input is what the prior gives, not the posterior, as in use, and prior and
flow learn from what is heard of it. And the text attention is guided along the teacher's durations: left alone it
follows nothing, and the phones are not heard.
"""

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from content import Content
from data import Corpus, halved, mel_distances, spectrogram
from discriminators import Discriminators
from networks import HOP, Tokenizer, sovits
from schedule import Average, Clock, GraphedStep, adamw, clipped, cosine, set_rate
from sovits_batches import REFERENCE, SEGMENT, Batches

ADVERSARIAL_FROM, PRIOR_FROM = 0.06, 0.15
"""Parts of the time at which the discriminators join, and the prior's latents."""
PRIOR_NOISE, PRIOR_ROWS = 0.5, 0.6
"""Most noise of the prior's latents, and which part of a batch they are."""
CONTENT = 10.0
"""Weight of what the SSL encoder hears."""
GUIDE, BLUR = 0.5, 0.7
"""Weight of the text attention's guide, and how many phones it may be off."""
WRONG = 0.15
"""Up to this part of a sentence's codes is another one, as the decoder's may be: the phones say what is right."""
SETTLING = 400
"""Steps in which only the prior learns from the KL divergence, after the codes have changed."""


def mask_of(lengths: torch.Tensor, size: int) -> torch.Tensor:
    return (torch.arange(size, device=lengths.device)[None] < lengths[:, None]).float()[:, None]


def guided(attention: torch.Tensor, owner: torch.Tensor) -> torch.Tensor:
    """Nats per frame by which attention [B, H, T, X], averaged over heads, misses the phone of each frame [B, T]."""
    place = torch.arange(attention.shape[-1], device=owner.device)
    near = torch.exp(-0.5 * ((place - owner[..., None]) / BLUR) ** 2)
    hit = (attention.float().mean(1) * near).sum(-1)
    spoken = (owner >= 0).float()
    return -((hit + 1e-4).log() * spoken).sum() / spoken.sum().clamp(min=1)


def scaled_gradient(x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return x.detach() + scale * (x - x.detach())


def windows(x: torch.Tensor, start: torch.Tensor, size: int) -> torch.Tensor:
    """``x[b, :, start[b] : start[b] + size]`` for every row."""
    place = (start[:, None] + torch.arange(size, device=x.device)[None])[:, None]
    return x.gather(2, place.expand(-1, x.shape[1], -1))


def decode(decoder: torch.nn.Module, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """The reference's Generator with its last convolution in float32."""
    x = decoder.conv_pre(x) + decoder.cond(style)
    for i in range(decoder.num_upsamples):
        x = decoder.ups[i](F.leaky_relu(x, 0.1))
        blocks = decoder.resblocks[i * decoder.num_kernels : (i + 1) * decoder.num_kernels]
        x = sum(block(x) for block in blocks) / decoder.num_kernels
    with torch.autocast(x.device.type, enabled=False):
        return torch.tanh(decoder.conv_post(F.leaky_relu(x.float())))


class Trainer:
    """The networks, their optimizers, and the step."""

    def __init__(self, device: str, tokenizer: Path, *, fast: bool, posterior: bool) -> None:
        self.device = device
        self.content = Content(Tokenizer(tokenizer)).to(device)
        self.net = sovits(device)
        self.judges = Discriminators().to(device, memory_format=torch.channels_last)
        for frozen in (self.net.ssl_proj, self.net.quantizer):
            frozen.requires_grad_(False)
        self.codebook = codebook_of(tokenizer, device)
        self.posterior = list(self.net.enc_q.parameters()) if posterior else []
        if not posterior:
            self.net.enc_q.requires_grad_(False)
        mine = {id(p) for p in self.posterior}
        self.weights = [p for p in self.net.parameters() if p.requires_grad and id(p) not in mine]
        self.groups = [some for some in (self.weights, self.posterior) if some]
        self.average = Average((n, p) for n, p in self.net.named_parameters() if p.requires_grad)
        self.optimizers = [adamw(some, (0.8, 0.99), 0.01) for some in self.groups]
        self.judge = adamw(list(self.judges.parameters()), (0.8, 0.99), 0.01)
        self.net.train()
        self.shared = torch.zeros((), device=device)  # 1: posterior and flow learn from the KL, too
        self._decode, self._judge = decode, self.judges
        if fast:  # fuses the pointwise work between the convolutions
            self._decode = torch.compile(decode, dynamic=False)
            self._judge = torch.compile(self.judges, dynamic=False)

    def _latents(
        self, batch: dict[str, torch.Tensor], mask: torch.Tensor, magnitudes: torch.Tensor
    ):
        """Posterior and prior of a batch, the KL divergence between them, and how far the text attention is off."""
        net, frames = self.net, batch["frames"]
        reference = spectrogram(batch["reference"])[:, :704]
        reference_mask = mask_of(batch["reference_frames"], REFERENCE)
        codes = batch["codes"]
        some = torch.rand(len(codes), 1, device=codes.device) ** 2
        wrong = torch.rand(codes.shape, device=codes.device) < WRONG * some
        codes = torch.where(wrong, torch.randint_like(codes, len(self.codebook)), codes)
        quantized = F.embedding(codes, self.codebook).transpose(1, 2).repeat_interleave(2, -1)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            style = net.ref_enc(reference * reference_mask, reference_mask)
            _, mean, log_std, *_ = net.enc_p(
                quantized, frames, batch["text"], batch["phones"], style
            )
            off = guided(net.enc_p.mrte.cross_attention.attn, batch["owner"])
            if not self.posterior:
                return style, None, (mean.float(), log_std.float()), torch.zeros_like(off), off
            latent, _, posterior_log_std, ymask = net.enc_q(magnitudes, frames, g=style)
            pulled = net.flow(latent, ymask, g=style)
        mean, log_std, posterior_log_std, pulled = (
            t.float() for t in (mean, log_std, posterior_log_std, pulled)
        )
        pulled, posterior_log_std = (
            scaled_gradient(t, self.shared) for t in (pulled, posterior_log_std)
        )
        kl = (
            log_std
            - posterior_log_std
            - 0.5
            + 0.5 * (pulled - mean) ** 2 * torch.exp(-2.0 * log_std)
        )
        return style, latent, (mean, log_std), (kl * mask).sum() / mask.sum(), off

    def _prior_rows(
        self, latent: torch.Tensor | None, prior, mask: torch.Tensor, style: torch.Tensor
    ) -> torch.Tensor:
        """The latents with the first rows of the batch as the prior gives them, or all."""
        half = len(mask) if latent is None else round(len(latent) * PRIOR_ROWS)
        mean, log_std = (t[:half] for t in prior)
        noise = PRIOR_NOISE * torch.rand(half, 1, 1, device=mean.device)
        drawn = mean + torch.randn_like(mean) * torch.exp(log_std) * noise
        with torch.autocast(self.device, dtype=torch.bfloat16):
            pushed = self.net.flow(drawn, mask[:half], g=style[:half], reverse=True) * mask[:half]
        return pushed if latent is None else torch.cat([pushed.to(latent.dtype), latent[half:]])

    def step(
        self, *, adversarial: bool, prior: bool, **batch: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        frames = batch["codes"].shape[1] * 2
        mask = mask_of(batch["frames"], frames)
        magnitudes = spectrogram(batch["wave"]) * mask
        style, latent, prior_stats, kl, off = self._latents(batch, mask, magnitudes)
        source = self._prior_rows(latent, prior_stats, mask, style) if prior else latent
        start = (torch.rand(len(mask), device=mask.device) * (batch["frames"] - SEGMENT + 1)).long()
        with torch.autocast(self.device, dtype=torch.bfloat16):
            fake = self._decode(self.net.dec, windows(source, start, SEGMENT), style)
        real = windows(batch["wave"][:, None], start * HOP, SEGMENT * HOP)
        mel, fine = mel_distances(real[:, 0], fake[:, 0])
        with torch.autocast(self.device, dtype=torch.bfloat16):
            content = self.content.distance(*(halved(w[:, 0].float()) for w in (real, fake)))
        loss = 45 * mel + 10 * fine + kl + GUIDE * off + CONTENT * content
        result = {"mel": mel, "fine": fine, "kl": kl, "off": off, "content": content}
        if adversarial:
            extra, values = self._adversarial(real, fake)
            loss = loss + extra
            result.update(values)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parts = zip(self.groups, self.optimizers, strict=True)
        norms = [clipped(weights, optimizer, 200.0) for weights, optimizer in parts]
        for optimizer in self.optimizers:
            optimizer.step()
        result["norm"] = norms[0]
        return {k: v.detach() for k, v in result.items()}

    def _adversarial(
        self, real: torch.Tensor, fake: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Trains the judges; the generator's loss against them."""
        half = len(real)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            both = self._judge(torch.cat([real, fake.detach()]))
        judged = sum(
            ((1 - m[-1][:half].float()) ** 2).mean() + (m[-1][half:].float() ** 2).mean()
            for m in both
        )
        self.judge.zero_grad(set_to_none=True)
        judged.backward()
        parameters = list(self.judges.parameters())
        clipped(parameters, self.judge, 50.0)
        self.judge.step()
        for p in parameters:
            p.requires_grad_(False)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            maps = self._judge(fake)
        for p in parameters:
            p.requires_grad_(True)
        fooled = sum(((1 - m[-1].float()) ** 2).mean() for m in maps)
        features = 2 * sum(
            (a[:half].detach().float() - b.float()).abs().mean()
            for x, y in zip(both, maps, strict=True)
            for a, b in zip(x, y, strict=True)
        )
        return fooled + features, {"judge": judged, "fooled": fooled, "features": features}


def save(trainer: Trainer, folder: Path, step: int, log: list[dict]) -> None:
    """Averaged weights in half precision for the voice; posterior encoder and judges to go on from."""
    folder.mkdir(parents=True, exist_ok=True)
    averaged = trainer.average.state()
    shipped = {
        k: v
        for k, v in trainer.net.state_dict().items()
        if not k.startswith(("enc_q.", "ssl_proj.", "quantizer."))
    }
    shipped = {k: averaged.get(k, v).half().cpu() for k, v in shipped.items()}
    rest = {k: v.half().cpu() for k, v in averaged.items() if k.startswith("enc_q.")}
    judges = {k: v.half().cpu() for k, v in trainer.judges.state_dict().items()}
    for name, value in (
        ("s2.pt", shipped),
        ("s2_rest.pt", {"enc_q": rest, "judges": judges, "step": step}),
    ):
        torch.save(value, folder / f"{name}.tmp")
        (folder / f"{name}.tmp").rename(folder / name)
    (folder / "s2_log.json").write_text(json.dumps(log))


def grown(state: dict[str, torch.Tensor], net: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Weights of another size or depth: what both have is taken over, the rest stays as it is."""
    out = {k: v.clone() for k, v in net.state_dict().items()}
    for key, value in state.items():
        if key in out:
            both = tuple(slice(min(a, b)) for a, b in zip(out[key].shape, value.shape, strict=True))
            out[key][both] = value[both].float()
    return out


def codebook_of(folder: Path, device: str) -> torch.Tensor:
    state = torch.load(folder / "tokenizer.pt", map_location=device)
    return state["quantizer.vq.layers.0._codebook.embed"].float()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--codes", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument(
        "--later", type=Path, help="folder of other codes, taken once they are done"
    )
    parser.add_argument("--later-tokenizer", type=Path, help="and the tokenizer that made them")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--steps", type=int, default=0, help="plan by steps instead of seconds")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument(
        "--hours", type=float, default=60, help="room for so much audio on the device"
    )
    parser.add_argument("--fast", action="store_true", help="compile the decoder and the judges")
    parser.add_argument("--save-every", type=float, default=120)
    parser.add_argument("--start", type=Path, help="folder with s2.pt and s2_rest.pt to go on from")
    parser.add_argument("--references", type=Path, help="recordings of the voices that ship")
    parser.add_argument(
        "--prior-only", action="store_true", help="all of it as in use, without a posterior encoder"
    )
    parser.add_argument(
        "--settle",
        type=int,
        default=0,
        help="steps in which only posterior encoder and judges learn",
    )
    parser.add_argument(
        "--part", type=float, nargs=2, default=(0.0, 1.0), metavar=("FROM", "TO"),
        help="of the whole schedule, if it is trained in several sittings",
    )  # fmt: skip
    a = parser.parse_args()
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    corpus = Corpus(a.data, a.device, a.hours, a.codes)
    corpus.poll()
    if a.references:
        corpus.add(torch.load(a.references))
    trainer = Trainer(a.device, a.tokenizer, fast=a.fast, posterior=not a.prior_only)
    if a.start:
        state = torch.load(a.start / "s2.pt", map_location=a.device)
        rest = torch.load(a.start / "s2_rest.pt", map_location=a.device)
        trainer.net.load_state_dict(grown({**state, **rest["enc_q"]}, trainer.net))
        trainer.judges.load_state_dict({k: v.float() for k, v in rest["judges"].items()})
        trainer.average = Average(
            (n, p) for n, p in trainer.net.named_parameters() if p.requires_grad
        )
    batches = Batches(corpus, a.batch, seed=1)
    graphs: dict[tuple[int, bool, bool], GraphedStep] = {}
    clock, step, log = Clock(a.seconds, a.steps), 0, []
    saved, changed, later = time.time(), 0, a.later
    begin, end = a.part
    while (done := clock.part(step)) < 1:
        part = begin + done * (end - begin)
        if later and (later / "done").exists():
            corpus.recode(later)
            batches.refresh()
            trainer.codebook.copy_(codebook_of(a.later_tokenizer, a.device))
            changed, later = step, None
            print("new codes at step", step, flush=True)
        trainer.shared.fill_(float(bool(a.start and not a.later) or step - changed >= SETTLING))
        settled = step - a.settle
        adversarial = bool(a.start) or part > ADVERSARIAL_FROM
        prior = bool(a.start) or a.prior_only or part > PRIOR_FROM
        rate = cosine(part, a.rate, max(0, settled))
        set_rate(trainer.optimizers[0], rate if settled >= 0 else 0.0)
        early = cosine(part, a.rate, step)
        if trainer.posterior:
            set_rate(trainer.optimizers[1], early)
        set_rate(trainer.judge, early)
        shape, batch = batches.next()
        key = shape, adversarial, prior
        if key not in graphs:
            graphs[key] = GraphedStep(
                lambda adv=adversarial, pri=prior, **b: trainer.step(
                    adversarial=adv, prior=pri, **b
                ),
                batch,
            )
        result = graphs[key](**batch)
        if step % 4 == 0:
            trainer.average.update(min(0.996, (1 + step / 4) / (10 + step / 4)))
        if step % 100 == 0:
            record = {
                "step": step,
                "t": round(clock.elapsed, 1),
                **{k: round(float(v), 4) for k, v in result.items()},
            }
            log.append({**record, "rate": rate, "hours": round(corpus.hours, 2)})
            print(json.dumps(log[-1]), flush=True)
        if time.time() - saved > a.save_every:
            save(trainer, a.out, step, log)
            saved = time.time()
        step += 1
    save(trainer, a.out, step, log)
    print("done", step, f"{step / clock.elapsed:.2f} steps/s", flush=True)


if __name__ == "__main__":
    main()
