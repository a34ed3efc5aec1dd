"""The networks that are trained: the reference implementation's own classes, at this voice's sizes.

``GS`` names the ``GPT_SoVITS`` folder of a checkout of the reference; none of it is copied here.
"""

import os
import sys
import types
from pathlib import Path

import torch

SAMPLE_RATE = 32_000
HOP = 640
UNIT = 8 * HOP
"""Every utterance is a multiple of this long: four semantic tokens."""

SOVITS_MODEL = {
    "inter_channels": 192, "hidden_channels": 192, "filter_channels": 384, "n_heads": 2, "n_layers": 4,
    "kernel_size": 3, "p_dropout": 0.1, "resblock": "1", "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]], "upsample_rates": [10, 8, 4, 2],
    "upsample_initial_channel": 256, "upsample_kernel_sizes": [20, 16, 8, 4], "n_layers_q": 3,
    "use_spectral_norm": False, "gin_channels": 512, "semantic_frame_rate": "25hz", "freeze_quantizer": True,
    "version": "v2",
}  # fmt: skip
SOVITS_CONFIG = {
    "train": {"segment_size": 20480, "learning_rate": 1e-4, "batch_size": 48, "c_mel": 45, "c_kl": 1.0, "fp16_run": False},
    "data": {
        "max_wav_value": 32768.0, "sampling_rate": SAMPLE_RATE, "filter_length": 2048, "hop_length": HOP,
        "win_length": 2048, "n_mel_channels": 128, "mel_fmin": 0.0, "mel_fmax": None, "add_blank": True,
        "n_speakers": 300, "cleaned_text": True,
    },
    "model": SOVITS_MODEL, "content_module": "cnhubert", "s2_ckpt_dir": "logs", "name": "starter",
}  # fmt: skip
GPT_CONFIG = {
    "train": {"seed": 1234, "epochs": 1, "batch_size": 64, "precision": "32", "gradient_clip": 1.0},
    "optimizer": {"lr": 0.01, "lr_init": 1e-5, "lr_end": 1e-4, "warmup_steps": 500, "decay_steps": 40000},
    "data": {"max_eval_sample": 8, "max_sec": 54, "num_workers": 1, "pad_val": 1024},
    "model": {
        "vocab_size": 1025, "phoneme_vocab_size": 732, "embedding_dim": 320, "hidden_dim": 320, "head": 5,
        "linear_units": 1280, "n_layer": 6, "dropout": 0, "EOS": 1024, "random_bert": 0,
    },
    "inference": {"top_k": 5},
}  # fmt: skip


def reference() -> None:
    """Puts the reference's packages on the path, without what only its v3 networks and its trainer need."""
    folder = os.environ.get("GS", "GPT_SoVITS")
    if folder in sys.path:
        return
    sys.path.insert(0, folder)
    os.environ["version"] = "v2"  # noqa: SIM112 - the reference reads it so
    for name, content in {
        "f5_tts": {},
        "f5_tts.model": {"DiT": object},
        "torchmetrics": {},
        "torchmetrics.classification": {"MulticlassAccuracy": lambda *_, **__: torch.nn.Identity()},
    }.items():
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__dict__.update(content)
    if "f5_tts.model" in sys.modules:
        sys.modules["f5_tts"].model = sys.modules["f5_tts.model"]


def symbols() -> list[str]:
    """The phones of v2, in the order of their ids."""
    reference()
    from text import symbols2

    return list(symbols2.symbols)


def sovits(device: str) -> torch.nn.Module:
    """SoVITS v2 with a posterior encoder."""
    reference()
    from module.models import SynthesizerTrn

    model = SOVITS_MODEL
    return SynthesizerTrn(1025, 32, n_speakers=300, **model).to(device)


def gpt(device: str) -> torch.nn.Module:
    """The text-to-semantic decoder."""
    reference()
    from AR.models.t2s_model import Text2SemanticDecoder

    return Text2SemanticDecoder(config=GPT_CONFIG, top_k=3).to(device)


class Tokenizer(torch.nn.Module):
    """The SSL encoder, its projection and the codebook: speech at 16 kHz to semantic tokens at 25 Hz."""

    def __init__(self, folder: Path) -> None:
        """``folder`` holds ``hubert/`` and ``tokenizer.pt`` (``ssl_proj`` and ``quantizer`` of the SoVITS file)."""
        super().__init__()
        from transformers import HubertModel

        self.hubert = HubertModel.from_pretrained(folder / "hubert", dtype=torch.float32).eval()
        state = torch.load(folder / "tokenizer.pt", map_location="cpu")
        self.projection = torch.nn.Conv1d(768, 768, 2, stride=2)
        self.projection.load_state_dict(
            {k: state["ssl_proj." + k].float() for k in ("weight", "bias")}
        )
        self.register_buffer("codebook", state["quantizer.vq.layers.0._codebook.embed"].float())

    @torch.no_grad()
    def forward(self, wave: torch.Tensor, *, whole_frames: bool) -> torch.Tensor:
        """Tokens [B, T] of waves [B, samples]; ``whole_frames`` repeats the last SSL frame, as SoVITS is trained."""
        hidden = self.hubert(wave).last_hidden_state.transpose(1, 2)
        if whole_frames:
            hidden = torch.nn.functional.pad(hidden, (0, 1), mode="replicate")
        hidden = self.projection(hidden).transpose(1, 2)
        return torch.cdist(hidden, self.codebook[None]).argmin(-1)
