"""A pack's networks as the files that the training scripts start from.

``from_pack.py PACK OUT`` writes ``OUT/start/s1.pt``, ``s2.pt`` and ``references.pt`` (the recordings beside the pack, with their
prompts), and the tokenizer: ``OUT/tok/hubert/`` and ``OUT/tok/tokenizer.pt``. Everything is widened to float32, weight normalization is undone into length and direction, and
what a pack leaves out (BERT's projection, the posterior encoder) is left out here, too.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from dora_mlx_tts.packs.quantize import join_scales
from dora_mlx_tts.packs.tensor_file import map_tensor_file

TOKENIZER = ("ssl_proj.", "quantizer.")
CODEBOOK = "quantizer.vq.layers.0._codebook."
NORMED = ("dec.ups.", "dec.resblocks.", "flow.flows.")
"""Prefixes of layers with weight normalization; of a flow's only those inside `enc`."""
POSITIONS = "encoder.pos_conv_embed.conv."

State = dict[str, torch.Tensor]


def widened(path: Path) -> State:
    """The tensors of a part, in float32."""
    stored = join_scales(map_tensor_file(path), str(path))
    return {k: torch.from_numpy(v.full().astype("f4")) for k, v in stored.items()}


def lengths(weight: torch.Tensor, axis: int) -> torch.Tensor:
    return torch.linalg.vector_norm(
        weight, dim=[d for d in range(weight.ndim) if d != axis], keepdim=True
    )


def normed(state: State) -> State:
    """Products as length and direction again, with the product itself as the direction."""
    out: State = {}
    for key, value in state.items():
        inside = not key.startswith("flow.") or ".enc." in key
        if key.endswith(".weight") and key.startswith(NORMED) and inside:
            stem = key.removesuffix("weight")
            out[f"{stem}weight_g"], out[f"{stem}weight_v"] = lengths(value, 0), value
        else:
            out[key] = value
    return out


def hubert(state: State) -> State:
    """The SSL encoder as transformers has it."""
    out = {k: v for k, v in state.items() if k != f"{POSITIONS}weight"}
    weight = state[f"{POSITIONS}weight"]
    out[f"{POSITIONS}parametrizations.weight.original0"] = lengths(weight, 2)
    out[f"{POSITIONS}parametrizations.weight.original1"] = weight
    return {k: v.contiguous() for k, v in out.items()}


def recordings(folder: Path) -> dict[str, dict]:
    """What the voices ship with: samples, phones and prompt codes of each."""
    import soundfile  # not on a machine that only trains

    found = {}
    for path in sorted((folder / "references").glob("*.flac")):
        prompt = map_tensor_file(folder / "prompts" / f"{path.stem}.safetensors")
        found[path.stem] = {
            "wave": torch.from_numpy(soundfile.read(path, dtype="int16")[0]),
            "phones": prompt["phones"].tolist(),
            "codes": prompt["codes"].tolist(),
        }
    return found


def main() -> None:
    pack, out = map(Path, sys.argv[1:3])
    for folder in ("start", "tok/hubert"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    decoder = widened(pack / "t2s.safetensors")
    decoder = {k.removeprefix("model."): v for k, v in decoder.items()}
    torch.save(decoder, out / "start" / "s1.pt")
    sovits = normed(widened(pack / "sovits.safetensors"))
    tokenizer = {k: v for k, v in sovits.items() if k.startswith(TOKENIZER)}
    torch.save({k: v for k, v in sovits.items() if k not in tokenizer}, out / "start" / "s2.pt")
    embed = tokenizer[f"{CODEBOOK}embed"]
    tokenizer |= {  # only the quantizer's training reads these
        f"{CODEBOOK}embed_avg": embed.clone(),
        f"{CODEBOOK}inited": torch.ones(1),
        f"{CODEBOOK}cluster_size": torch.ones(len(embed)),
    }
    torch.save(tokenizer, out / "tok" / "tokenizer.pt")
    save_file(
        hubert(widened(pack / "ssl.safetensors")), out / "tok" / "hubert" / "model.safetensors"
    )
    if (pack.parent / "references").exists():
        torch.save(recordings(pack.parent), out / "start" / "references.pt")
    config = json.loads((pack / "pack.json").read_text("utf-8"))["parts"]["ssl"]["config"]
    config |= {"model_type": "hubert", "architectures": ["HubertModel"]}
    (out / "tok" / "hubert" / "config.json").write_text(json.dumps(config))


if __name__ == "__main__":
    main()
