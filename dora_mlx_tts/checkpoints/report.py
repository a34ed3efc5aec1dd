"""The report of a conversion: what was found, kept, left out and lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dora_mlx_tts.packs.quantize import QuantizationError


@dataclass(frozen=True)
class Ignored:
    """Tensors that were left out, and why."""

    reason: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class TensorError:
    """A tensor's deviation in its stored form."""

    key: str
    max_abs: float
    relative_rms: float


@dataclass(frozen=True)
class PartReport:
    """One network of a pack.

    Attributes:
        name: Part name.
        source: File it came from.
        tensors: Number of tensors stored.
        parameters: Number of values in them.
        bytes: Size of the part's file in bytes.
        ignored: What was left out.
        eight_bit: Number of parameters stored in 8 bits.
        error: Overall deviation of the 8-bit tensors.
        tensor_errors: Deviation of each 8-bit tensor, worst first.
    """

    name: str
    source: Path
    tensors: int
    parameters: int
    bytes: int
    ignored: tuple[Ignored, ...]
    eight_bit: int
    error: QuantizationError
    tensor_errors: tuple[TensorError, ...]

    def to_json(self) -> dict[str, Any]:
        """A dictionary for ``--json``, with the first three keys of long lists."""
        return {
            "source": str(self.source),
            "tensors": self.tensors,
            "parameters": self.parameters,
            "bytes": self.bytes,
            "eight_bit_parameters": self.eight_bit,
            "max_abs_error": self.error.max_abs,
            "relative_rms_error": self.error.relative_rms,
            "tensor_errors": {
                one.key: {"max_abs": one.max_abs, "relative_rms": one.relative_rms}
                for one in self.tensor_errors
            },
            "ignored": [
                {"reason": one.reason, "count": len(one.keys), "keys": list(one.keys[:3])}
                for one in self.ignored
            ],
        }


@dataclass(frozen=True)
class ConversionReport:
    """The outcome of a conversion."""

    pack: Path
    name: str
    model: str
    symbols: str
    storage: str
    bytes: int
    parts: tuple[PartReport, ...]
    told_by: str = ""
    base: Path | None = None
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A dictionary for ``--json``."""
        return {
            "pack": str(self.pack),
            "name": self.name,
            "model": self.model,
            "symbols": self.symbols,
            "told_by": self.told_by,
            "base": None if self.base is None else str(self.base),
            "missing": list(self.missing),
            "storage": self.storage,
            "bytes": self.bytes,
            "parts": {part.name: part.to_json() for part in self.parts},
        }

    def to_text(self) -> str:
        """A short summary for people."""
        family = f"family {self.model}, symbols {self.symbols}"
        size = f"{self.storage}, {self.bytes / 2**20:.2f} MiB"
        lines = [f"{self.pack}: {self.name}, {family}, {size}"]
        if self.told_by:
            lines.append(f"  family recognized by {self.told_by}")
        if self.base is not None:
            lines.append(f"  a LoRA, merged into {self.base}")
        for part in self.parts:
            lines.append(
                f"  {part.name}: {part.tensors} tensors, {part.parameters / 1e6:.2f} M parameters,"
                f" {part.bytes / 2**20:.2f} MiB, from {part.source.name}"
            )
            if part.eight_bit:
                lines.append(
                    f"    8 bits: {part.eight_bit / 1e6:.2f} M parameters, relative RMS error"
                    f" {part.error.relative_rms:.2%}, largest {part.error.max_abs:.3g}"
                )
            lines += [
                f"    left out: {len(one.keys)} x {one.keys[0]}… ({one.reason})"
                for one in part.ignored
            ]
        lines += [f"  {line}" for line in self.missing]
        return "\n".join(lines)
