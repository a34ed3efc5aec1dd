"""Which GPT-SoVITS family a checkpoint is of: by its keys, then its header, then its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import unknown

Shapes = Mapping[str, tuple[int, ...]]

TEXT_EMBEDDING = "enc_p.text_embedding.weight"
V1_SYMBOLS = 322  # rows of the text embedding; every later family has 732
_HEADERS = {
    b"00": "v1",
    b"01": "v2",
    b"02": "v3",
    b"03": "v3",
    b"04": "v4",
    b"05": "v2Pro",
    b"06": "v2ProPlus",
}
# MD5 of the first 8192 bytes of the published base models.
_HASHED_BYTES = 8192
_BASE_FILES = {
    "dc3c97e17592963677a4a1681f30c653": "v1",
    "6642b37f3dbb1f76882b69937c95a5f3": "v2",
    "43797be674a37c1c83ee81081941ed0f": "v3",
    "4f26b9476d0c5033e04162c486074374": "v4",
    "c7e9fce2223f3db685cdfa1e6368728a": "v2Pro",
    "66b313e39455b57ab1b0bc0b239c9d0a": "v2ProPlus",
}
_PRO_BY_CHANNELS = {512: "v2Pro", 768: "v2ProPlus"}
PRO = frozenset(_PRO_BY_CHANNELS.values())
"""Families with a speaker embedding."""
FLOW_MATCHING = frozenset({"v3", "v4"})
"""Families that make a spectrogram by flow matching and need a vocoder."""


@dataclass(frozen=True)
class Family:
    """A model family (v1, v2, v2Pro, v2ProPlus, v3, v4) and its symbol table (v1 or v2).

    ``lora`` files hold changes to a base model only; ``told_by`` says what decided, for people.
    """

    model: str
    symbols: str
    lora: bool = False
    told_by: str = field(default="", compare=False)

    @property
    def flow_matching(self) -> bool:
        """Whether a vocoder turns its spectrograms into sound."""
        return self.model in FLOW_MATCHING

    @property
    def speaker(self) -> bool:
        """Whether its style takes a speaker embedding."""
        return self.model in PRO


@dataclass(frozen=True)
class Hints:
    """What a file says about its family besides its keys.

    Attributes:
        header: The two digits in front of the file, if any.
        digest: MD5 of the file's first 8192 bytes; the published base models are known by it.
        declared: ``config.model.version``.
    """

    header: bytes | None = None
    digest: str | None = None
    declared: str | None = None

    def named(self, source: str) -> tuple[str | None, str]:
        """The family that the first hint names, and which hint that is.

        Raises:
            WeightsError: The header is unknown.
        """
        if self.header is not None:
            if self.header not in _HEADERS:
                known = [digits.decode() for digits in _HEADERS]
                raise WeightsError(f"{source}: {unknown('version digits', self.header, known)}")
            return _HEADERS[self.header], f"header {self.header.decode()}"
        if self.digest in _BASE_FILES:
            return _BASE_FILES[self.digest], "hash of a published base model"
        return self.declared, "config.model.version"


def file_digest(path: Path) -> str:
    """MD5 of a file's first 8192 bytes, by which the published base models are known.

    Raises:
        WeightsError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.md5(file.read(_HASHED_BYTES), usedforsecurity=False).hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error


def detect_family(
    shapes: Shapes,
    header: bytes | None = None,
    declared: str | None = None,
    source: str = "file",
    *,
    digest: str | None = None,
) -> Family:
    """The family of a SoVITS checkpoint.

    Args:
        shapes: Key -> shape of its tensors.
        header: As in ``Hints``; only asked where keys leave a choice, like the next two.
        declared: As in ``Hints``.
        source: What to name in errors.
        digest: As in ``Hints``.

    Raises:
        WeightsError: The keys are not those of a SoVITS model, or leave open which.
    """
    named, hint = Hints(header, digest, declared).named(source)
    if TEXT_EMBEDDING not in shapes:
        if not any(".lora_A." in key for key in shapes):
            raise WeightsError(
                f"{source}: not a SoVITS checkpoint: it has neither {TEXT_EMBEDDING!r} nor LoRA"
                " weights"
            )
        model = _choose(named, FLOW_MATCHING, "LoRA", source)
        return Family(model, "v2", lora=True, told_by=f"LoRA keys, {hint}")
    symbols = "v1" if shapes[TEXT_EMBEDDING][0] == V1_SYMBOLS else "v2"
    if any(key.startswith("cfm.") for key in shapes):
        model = _choose(named, FLOW_MATCHING, "flow matching", source)
        return Family(model, symbols, told_by=f"keys of flow matching, {hint}")
    if "sv_emb.weight" in shapes:
        by_channels = _PRO_BY_CHANNELS.get(shapes.get("dec.conv_pre.weight", (0,))[0])
        told = "keys of the speaker embedding, " + ("generator's size" if by_channels else hint)
        model = by_channels or _choose(named, PRO, "v2Pro", source)
        return Family(model, symbols, told_by=told)
    if header is not None and named in PRO:
        return Family(named, symbols, told_by=hint)
    return Family(symbols, symbols, told_by=f"{shapes[TEXT_EMBEDDING][0]} symbols")


def _choose(named: str | None, choices: frozenset[str], kind: str, source: str) -> str:
    if named in choices:
        return named
    either = " or ".join(sorted(choices))
    raise WeightsError(
        f"{source}: a {kind} checkpoint of {either}; neither its header nor its hash nor its"
        f" configuration ({named!r}) says which; --family can"
    )
