"""What is said, as the frozen SSL encoder hears it: a loss that asks for the words, not for the samples."""

import torch
import torch.nn.functional as F
from networks import Tokenizer
from torch import nn


class Content(nn.Module):
    """The tokenizer's SSL encoder, written so that a step with it is one CUDA graph: no masks, nothing on the host."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.hubert = tokenizer.hubert.requires_grad_(False).eval()

    def forward(self, wave: torch.Tensor) -> list[torch.Tensor]:
        """Features [B, T, C] of waves [B, samples] at 16 kHz, from shallow to deep."""
        net = self.hubert
        x = wave[:, None]
        for layer in net.feature_extractor.conv_layers:
            x = layer(x)
        x = net.feature_projection(x.transpose(1, 2))
        found = [x]
        x = net.encoder.layer_norm(x + net.encoder.pos_conv_embed(x))
        for layer in net.encoder.layers:
            x = layer.layer_norm(x + self._attended(layer.attention, x))
            x = layer.final_layer_norm(x + layer.feed_forward(x))
            found.append(x)
        return found

    @staticmethod
    def _attended(attention: nn.Module, x: torch.Tensor) -> torch.Tensor:
        rows, frames, _ = x.shape
        q, k, v = (
            part(x).view(rows, frames, attention.num_heads, -1).transpose(1, 2)
            for part in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        o = F.scaled_dot_product_attention(q, k, v)
        return attention.out_proj(o.transpose(1, 2).flatten(2))

    def distance(self, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        """How far the features are apart, relative to their size, averaged over depths."""
        features = self(torch.cat([real, fake]))
        half = len(real)
        apart = [
            (x[:half].detach().float() - x[half:].float()).abs().mean()
            / x[:half].detach().float().abs().mean()
            for x in features
        ]
        return sum(apart) / len(apart)
