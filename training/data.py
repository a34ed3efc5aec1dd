"""The spoken corpus on the GPU, and the signal processing of both trainings."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from networks import HOP, SAMPLE_RATE


class Corpus:
    """All audio as one int16 tensor on the device, with what is known of each utterance.

    Attributes:
        items: records of :mod:`synthesize`, with ``o``, the place of their audio, and the codes of :mod:`encode`.
    """

    def __init__(
        self, folder: Path, device: str, hours: float | None, codes: Path | None = None
    ) -> None:
        """``hours``: room for so much audio, None if only the records are wanted; ``codes``: folder of codes."""
        self.folder, self.device, self.codes = folder, device, codes
        self.audio = (
            None
            if hours is None
            else torch.zeros(int(hours * 3600 * SAMPLE_RATE), dtype=torch.int16, device=device)
        )
        self.items: list[dict] = []
        self._end = 0
        self._seen: set[Path] = set()

    def poll(self) -> int:
        """Takes in the parts that have come since the last call; their number of utterances."""
        before = len(self.items)
        for path in sorted(set(self.folder.glob("w*.npy")) - self._seen):
            if path.name.endswith(".tmp.npy"):
                continue
            if self.audio is not None:
                samples = torch.from_numpy(np.load(path))
                if self._end + len(samples) > len(self.audio):
                    break
                self.audio[self._end : self._end + len(samples)] = samples.to(self.device)
            self._seen.add(path)
            records = json.loads(path.with_suffix(".json").read_text())
            codes = self._codes(path.stem) if self.codes else [{}] * len(records)
            for record, said in zip(records, codes, strict=True):
                self.items.append({**record, **said, "part": path.stem, "o": self._end})
                self._end += record["n"]
        return len(self.items) - before

    def add(self, recordings: dict[str, dict]) -> None:
        """Takes in the recordings that the voices ship with: `wave` int16, `phones`, and `codes` as a prompt."""
        for voice, said in recordings.items():
            size = len(said["wave"])
            if self.audio is not None:
                self.audio[self._end : self._end + size] = said["wave"].to(self.device)
            self.items.append(
                {"n": size, "v": voice, "p": said["phones"], "c": said["codes"], "cp": said["codes"],
                 "a": [], "o": self._end, "part": "", "shipped": True}
            )  # fmt: skip
            self._end += size

    def recode(self, folder: Path) -> None:
        """Takes another tokenizer's codes for all utterances."""
        self.codes, at = folder, 0
        for part in dict.fromkeys(item["part"] for item in self.items if item["part"]):
            for said in self._codes(part):
                self.items[at].update(said)
                at += 1
        assert at == sum(bool(item["part"]) for item in self.items)

    def _codes(self, part: str) -> list[dict]:
        assert self.codes is not None
        return json.loads((self.codes / f"{part}.json").read_text())

    @property
    def hours(self) -> float:
        return self._end / SAMPLE_RATE / 3600


@lru_cache
def hann(size: int, device: torch.device) -> torch.Tensor:
    return torch.hann_window(size, device=device)


def halved(wave: torch.Tensor) -> torch.Tensor:
    """32 kHz to 16 kHz by a windowed sinc."""
    place = torch.arange(-48, 49, device=wave.device) / 2
    taps = torch.sinc(place) * torch.hann_window(97, periodic=False, device=wave.device) / 2
    return F.conv1d(wave[:, None], taps[None, None], stride=2, padding=48)[:, 0]


@lru_cache
def mel_filters(size: int, bands: int, device: torch.device) -> torch.Tensor:
    """Slaney's mel filters [bands, size // 2 + 1] from 0 to 16 kHz, each of unit area (Auditory Toolbox, 1998)."""

    def to_hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))

    top = 15 + 27 * np.log(SAMPLE_RATE / 2 / 1000) / np.log(6.4)
    corner = to_hertz(np.linspace(0, top, bands + 2))[:, None]
    bins = np.linspace(0, SAMPLE_RATE / 2, size // 2 + 1)
    rising = (bins - corner[:-2]) / (corner[1:-1] - corner[:-2])
    falling = (corner[2:] - bins) / (corner[2:] - corner[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling)) * 2 / (corner[2:] - corner[:-2])
    return torch.from_numpy(filters.astype(np.float32)).to(device)


def spectrogram(wave: torch.Tensor, size: int = 2048, hop: int = HOP) -> torch.Tensor:
    """Magnitudes [B, size // 2 + 1, samples / hop] of waves [B, samples]."""
    pad = (size - hop) // 2
    wave = F.pad(wave[:, None], (pad, pad), mode="reflect")[:, 0]
    s = torch.stft(
        wave, size, hop, size, hann(size, wave.device), center=False, return_complex=True
    )
    return torch.sqrt(s.real**2 + s.imag**2 + 1e-8)


def log_mel(magnitudes: torch.Tensor, size: int = 2048, bands: int = 128) -> torch.Tensor:
    return torch.log(
        torch.clamp(mel_filters(size, bands, magnitudes.device) @ magnitudes, min=1e-5)
    )


def mel_distances(real: torch.Tensor, fake: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """L1 of log-mels at the reference's resolution, and of two finer in time."""
    with torch.autocast(real.device.type, enabled=False):
        real, fake = real.float(), fake.float()
        main = (log_mel(spectrogram(real)) - log_mel(spectrogram(fake))).abs().mean()
        fine = sum(
            (
                log_mel(spectrogram(real, n, n // 4), n, b)
                - log_mel(spectrogram(fake, n, n // 4), n, b)
            )
            .abs()
            .mean()
            for n, b in ((1024, 80), (512, 40))
        )
    return main, fine
