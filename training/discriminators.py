"""Judges of the waveform: by periods (HiFi-GAN, arXiv 2010.05646) and by spectrograms (UnivNet, arXiv 2106.07889)."""

import torch
import torch.nn.functional as F
from data import hann
from torch import nn
from torch.nn.utils import weight_norm

Maps = list[torch.Tensor]


class Periods(nn.Module):
    def __init__(self, period: int, channels: tuple[int, ...] = (32, 96, 192, 384, 384)) -> None:
        super().__init__()
        self.period = period
        sizes = zip((1, *channels), channels, strict=False)
        self.convs = nn.ModuleList(
            weight_norm(nn.Conv2d(a, b, (5, 1), (1 if i == len(channels) - 1 else 3, 1), (2, 0)))
            for i, (a, b) in enumerate(sizes)
        )
        self.out = weight_norm(nn.Conv2d(channels[-1], 1, (3, 1), 1, (1, 0)))

    def forward(self, wave: torch.Tensor) -> Maps:
        x = F.pad(wave, (0, -wave.shape[-1] % self.period), mode="reflect")
        x = x.view(len(x), 1, -1, self.period).contiguous(memory_format=torch.channels_last)
        maps = []
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.1)
            maps.append(x)
        return [*maps, self.out(x)]


class Resolution(nn.Module):
    def __init__(self, size: int, channels: int = 32) -> None:
        super().__init__()
        self.size = size
        shapes = [
            ((3, 9), (1, 1)),
            ((3, 9), (1, 2)),
            ((3, 9), (1, 2)),
            ((3, 9), (1, 2)),
            ((3, 3), (1, 1)),
        ]
        self.convs = nn.ModuleList(
            weight_norm(nn.Conv2d(channels if i else 1, channels, k, s, (k[0] // 2, k[1] // 2)))
            for i, (k, s) in enumerate(shapes)
        )
        self.out = weight_norm(nn.Conv2d(channels, 1, (3, 3), 1, 1))

    def forward(self, wave: torch.Tensor) -> Maps:
        with torch.autocast(wave.device.type, enabled=False):
            window = hann(self.size, wave.device)
            s = torch.stft(
                wave[:, 0].float(),
                self.size,
                self.size // 4,
                self.size,
                window,
                return_complex=True,
            )
            x = torch.log1p(20 * torch.sqrt(s.real**2 + s.imag**2 + 1e-8))[:, None].transpose(2, 3)
        x = x.contiguous(memory_format=torch.channels_last)
        maps = []
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.1)
            maps.append(x)
        return [*maps, self.out(x)]


class Discriminators(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.judges = nn.ModuleList(
            [*(Periods(p) for p in (2, 3, 5, 7, 11)), *(Resolution(n) for n in (2048, 1024, 512))]
        )

    def forward(self, wave: torch.Tensor) -> list[Maps]:
        """Feature maps of waves [B, 1, samples], the last of each judge its verdict."""
        return [judge(wave) for judge in self.judges]
