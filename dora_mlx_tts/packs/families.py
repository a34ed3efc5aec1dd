"""Detects the GPT-SoVITS family of a checkpoint: by its keys, then its header, then its hash.

Two versions of the reference implementation write the digits `07` and `08`: one at the start of full v5 models,
the other at the start of v5 LoRA files. So the digits only suggest a family; the keys show what a file is.
"""

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
    b"07": "v5dev",
    b"08": "v5turbo",
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
    "0e6e00af4104438346bda5344e6260e3": "v5dev",
    "c4ce1f839a0d271e41963f9fb16ade76": "v5dev",  # published again
    "695048a8e361076a54e6f32a21b949a3": "v5turbo",
    "6bc5cb2a195cc8ec22b2e723cd4d6f47": "v5turbo",  # published again
}
_V5_NAMES = {"s2gv5dev.pth": "v5dev", "s2gv5turbo.pth": "v5turbo"}
_V5_ALIASES = {"v5": "v5dev"}
_STEP_KEY = ".d_embed."
_ASKED = "the family that was asked for"
_PRO_BY_CHANNELS = {512: "v2Pro", 768: "v2ProPlus"}
PRO = frozenset(_PRO_BY_CHANNELS.values())
"""Families with a speaker embedding."""
V5 = frozenset({"v5dev", "v5turbo"})
"""Families whose flow matching has no step embedding."""
STEP_EMBEDDING = frozenset({"v3", "v4"})
"""Families whose flow matching has one."""
FLOW_MATCHING = STEP_EMBEDDING | V5
"""Families that generate a spectrogram by flow matching and need a vocoder."""


@dataclass(frozen=True)
class Family:
    """A model family (v1, v2, v2Pro, v2ProPlus, v3, v4, v5dev, v5turbo) and its symbol table.

    Attributes:
        model: The family's name.
        symbols: "v1" or "v2".
        lora: Whether the file only holds changes to a base model.
        told_by: What determined the family, for people.
    """

    model: str
    symbols: str
    lora: bool = False
    told_by: str = field(default="", compare=False)

    @property
    def flow_matching(self) -> bool:
        """Whether it generates spectrograms, which a vocoder turns into audio."""
        return self.model in FLOW_MATCHING

    @property
    def speaker(self) -> bool:
        """Whether its style includes a speaker embedding."""
        return self.model in PRO


@dataclass(frozen=True)
class Hints:
    """Hints to a file's family other than its keys.

    Attributes:
        header: The two digits at the start of the file, if any.
        digest: MD5 of the file's first 8192 bytes; identifies the published base models.
        declared: ``config.model.version``.
        asked: The family named by the user, used if nothing else decides.
        file_name: The file's name.
    """

    header: bytes | None = None
    digest: str | None = None
    declared: str | None = None
    asked: str | None = None
    file_name: str = ""

    def named(self, source: str) -> tuple[str | None, str]:
        """The family that the first available hint names, and that hint.

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
        if self.declared is not None:
            return self.declared, "config.model.version"
        return None, ""

    def v5(self, source: str) -> tuple[str, str] | None:
        """Either v5dev or v5turbo, and the hint that says so; None if there is none.

        Raises:
            WeightsError: The header is unknown or belongs to another family.
        """
        named, hint = self.named(source)
        if self.header is not None and named not in V5:
            raise WeightsError(
                f"{source}: {hint} means {named}, but its flow matching has no step embedding,"
                " so it is a v5 file with another version's digits, or damaged"
            )
        by_name = _V5_NAMES.get(self.file_name.casefold())
        wanted = ((named, hint), (by_name, "the file's name"), (self.asked, _ASKED))
        for model, why in wanted:
            found = _V5_ALIASES.get(model or "", model)
            if found in V5:
                return found, why
        return None


def file_digest(path: Path) -> str:
    """MD5 of a file's first 8192 bytes, which identifies the published base models.

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
    asked: str | None = None,
) -> Family:
    """The family of a SoVITS checkpoint.

    Args:
        shapes: Key -> shape of its tensors.
        header: As in ``Hints``; like the next two, only used if the keys leave a choice.
        declared: As in ``Hints``.
        source: Name for errors; its last part is the file's name.
        digest: As in ``Hints``.
        asked: As in ``Hints``.

    Raises:
        WeightsError: The keys are not those of a SoVITS model, are ambiguous, or contradict the header.
    """
    hints = Hints(header, digest, declared, asked, Path(source).name)
    named, hint = hints.named(source)
    if TEXT_EMBEDDING not in shapes:
        if not any(".lora_A." in key for key in shapes):
            raise WeightsError(
                f"{source}: not a SoVITS checkpoint: it has neither {TEXT_EMBEDDING!r} nor LoRA"
                " weights"
            )
        model, why = _choose(hints, FLOW_MATCHING, "LoRA", source)
        return Family(model, "v2", lora=True, told_by=f"LoRA keys, {why}")
    symbols = "v1" if shapes[TEXT_EMBEDDING][0] == V1_SYMBOLS else "v2"
    if any(key.startswith("cfm.") for key in shapes):
        return _flow_family(shapes, hints, symbols, source)
    if header is not None and named in FLOW_MATCHING:
        raise WeightsError(
            f"{source}: {hint} means {named}, but there is no flow matching network in it"
        )
    if "sv_emb.weight" in shapes:
        by_channels = _PRO_BY_CHANNELS.get(shapes.get("dec.conv_pre.weight", (0,))[0])
        model, why = by_channels or "", "generator's size"
        if not by_channels:
            model, why = _choose(hints, PRO, "v2Pro", source)
        return Family(model, symbols, told_by=f"keys of the speaker embedding, {why}")
    if header is not None and named in PRO:
        return Family(named, symbols, told_by=hint)
    return Family(symbols, symbols, told_by=f"{shapes[TEXT_EMBEDDING][0]} symbols")


def _flow_family(shapes: Shapes, hints: Hints, symbols: str, source: str) -> Family:
    if any(_STEP_KEY in key for key in shapes):
        named, hint = hints.named(source)
        if hints.header is not None and named in V5:
            raise WeightsError(
                f"{source}: {hint} means {named}, but its flow matching has a step embedding, which"
                " v5 does not have: it is a v3 or v4 file with another version's digits"
            )
        model, why = _choose(hints, STEP_EMBEDDING, "flow matching", source)
        return Family(model, symbols, told_by=f"keys of flow matching, {why}")
    without = "flow matching without a step embedding"
    found = hints.v5(source)
    if found is None:
        told = f"{without}; it could be dev or turbo, v5dev is assumed (otherwise give --family v5turbo)"
        return Family("v5dev", symbols, told_by=told)
    return Family(found[0], symbols, told_by=f"{without}, {found[1]}")


def _choose(hints: Hints, choices: frozenset[str], kind: str, source: str) -> tuple[str, str]:
    """The family among `choices` given by a hint, or else by the user, and what decided it."""
    named, hint = hints.named(source)
    asked = hints.asked if hints.header is None else None  # the user does not overrule the digits
    for model, why in ((named, hint), (asked, _ASKED)):
        found = _V5_ALIASES.get(model or "", model)
        if found in choices:
            return found, why
    either = " or ".join(sorted(choices))
    raise WeightsError(
        f"{source}: a {kind} checkpoint of {either}; neither its header nor its hash nor its"
        f" configuration ({named!r}) says which; use --family"
    )
