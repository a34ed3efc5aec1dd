"""Which GPT-SoVITS family a checkpoint is of, told by its keys first and its header second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dora_mlx_tts.errors import WeightsError

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
_PRO_BY_CHANNELS = {512: "v2Pro", 768: "v2ProPlus"}
_PRO = frozenset(_PRO_BY_CHANNELS.values())
_CFM = frozenset({"v3", "v4"})


@dataclass(frozen=True)
class Family:
    """A model family (v1, v2, v2Pro, v2ProPlus, v3, v4) and its symbol table (v1 or v2).

    ``lora`` files hold changes to a base model only.
    """

    model: str
    symbols: str
    lora: bool = False


def detect_family(
    shapes: Shapes, header: bytes | None = None, declared: str | None = None, source: str = "file"
) -> Family:
    """The family of a SoVITS checkpoint.

    Args:
        shapes: Key -> shape of its tensors.
        header: The two digits in front of the file, if any.
        declared: ``config.model.version``; only asked where keys and header leave a choice.
        source: What to name in errors.

    Raises:
        WeightsError: The keys are not those of a SoVITS model, or leave open which.
    """
    named = _named(header, source) or declared
    if TEXT_EMBEDDING not in shapes:
        if not any(".lora_A." in key for key in shapes):
            raise WeightsError(
                f"{source}: not a SoVITS checkpoint: it has neither {TEXT_EMBEDDING!r} nor LoRA"
                " weights"
            )
        return Family(_choose(named, _CFM, "LoRA", source), "v2", lora=True)
    symbols = "v1" if shapes[TEXT_EMBEDDING][0] == V1_SYMBOLS else "v2"
    if any(key.startswith("cfm.") for key in shapes):
        return Family(_choose(named, _CFM, "flow matching", source), symbols)
    if "sv_emb.weight" in shapes:
        by_channels = _PRO_BY_CHANNELS.get(shapes.get("dec.conv_pre.weight", (0,))[0])
        return Family(by_channels or _choose(named, _PRO, "v2Pro", source), symbols)
    if header is not None and named in _PRO:
        return Family(named, symbols)
    return Family(symbols, symbols)


def _named(header: bytes | None, source: str) -> str | None:
    if header is None:
        return None
    if header not in _HEADERS:
        known = ", ".join(digits.decode() for digits in _HEADERS)
        raise WeightsError(f"{source}: unknown version digits {header!r} in front; known: {known}")
    return _HEADERS[header]


def _choose(named: str | None, choices: frozenset[str], kind: str, source: str) -> str:
    if named in choices:
        return named
    either = " or ".join(sorted(choices))
    raise WeightsError(
        f"{source}: a {kind} checkpoint of {either}; neither its header nor its configuration"
        f" ({named!r}) says which"
    )
