"""The public base models of GPT-SoVITS: the files of each set, and their licences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dora_mlx_tts.checkpoints.convert import ConversionSources
from dora_mlx_tts.errors import DownloadError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.packs.manifest import FAMILIES

REPOSITORY = "lj1995/GPT-SoVITS"

_HUBERT = "chinese-hubert-base"
_BERT = "chinese-roberta-wwm-ext-large"
_SPEAKER = "sv/pretrained_eres2netv2w24s4ep4.ckpt"
_BIGVGAN = "models--nvidia--bigvgan_v2_24khz_100band_256x"
_GPT = "s1v3.ckpt"
_V2 = "gsv-v2final-pretrained"
_V4 = "gsv-v4-pretrained"
_V5 = "gsv-v5-pretrained"

_COMMON = {
    "ssl": (_HUBERT, ("config.json", "pytorch_model.bin")),
    "bert": (_BERT, ("config.json", "tokenizer.json", "pytorch_model.bin")),
}
LICENCES = {
    "gpt": "MIT (GPT-SoVITS)",
    "sovits": "MIT (GPT-SoVITS)",
    "ssl": "MIT (chinese-hubert-base, TencentGameMate)",
    "bert": "Apache-2.0 (chinese-roberta-wwm-ext-large, HFL)",
    "speaker": "Apache-2.0 (ERes2NetV2, 3D-Speaker)",
    "vocoder": "MIT (BigVGAN, NVIDIA; HiFi-GAN, GPT-SoVITS)",
}
"""Part -> licence under which its authors publish it, as far as known."""


@dataclass(frozen=True)
class BaseModel:
    """A set of files in one repository that together make a pack.

    Attributes:
        name: Its name on the command line.
        about: A one-line description.
        parts: Part -> its file, or its folder with the files in it.
        repository: Repository that holds the files.
        unseen: Whether these files were never tested here: names and locations are taken from the reference
            implementation.
    """

    name: str
    about: str
    parts: Mapping[str, str | tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    repository: str = REPOSITORY
    unseen: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Paths in the repository."""
        found: list[str] = []
        for part in self.parts.values():
            if isinstance(part, str):
                found.append(part)
            else:
                folder, names = part
                found += [f"{folder}/{name}" for name in names]
        return tuple(found)

    @property
    def licences(self) -> tuple[str, ...]:
        """Licences of its parts, without duplicates."""
        return tuple(dict.fromkeys(LICENCES[part] for part in self.parts))

    def sources(self, root: Path) -> ConversionSources | None:
        """Sources of a pack, with the files under ``root``; None for a set of base parts only."""
        places = {
            part: root / (path if isinstance(path, str) else path[0])
            for part, path in self.parts.items()
        }
        if "gpt" not in places:
            return None
        return ConversionSources(
            places["gpt"],
            places["sovits"],
            ssl=places.get("ssl"),
            bert=places.get("bert"),
            speaker=places.get("speaker"),
            vocoder=places.get("vocoder"),
            family=self.name if self.name in FAMILIES else None,
        )


def _voice(
    name: str,
    about: str,
    gpt: str,
    sovits: str,
    *,
    unseen: bool = False,
    **more: str | tuple[str, tuple[str, ...]],
) -> BaseModel:
    parts = {"gpt": gpt, "sovits": sovits, **_COMMON, **more}
    return BaseModel(name, about, parts, unseen=unseen)


def _v5(name: str, about: str) -> BaseModel:
    """One of the two v5 models; the SoVITS file of turbo reportedly has 766,406,144 bytes."""
    about = f"{about} (unseen: names as in the reference implementation)"
    places = {"gpt": _GPT, "sovits": f"{_V5}/s2G{name}.pth", "vocoder": f"{_V5}/vocoder.pth"}
    return _voice(name, about, **places, unseen=True)


SETS: Mapping[str, BaseModel] = {
    model.name: model
    for model in (
        _voice(
            "v1",
            "the first models; zh, en, ja",
            "s1bert25hz-2kh-longer-epoch=68e-step=50232.ckpt",
            "s2G488k.pth",
        ),
        _voice(
            "v2",
            "zh, en, ja, ko, yue; the lightest",
            f"{_V2}/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
            f"{_V2}/s2G2333k.pth",
        ),
        _voice("v2Pro", "v2 with a speaker network", _GPT, "v2Pro/s2Gv2Pro.pth", speaker=_SPEAKER),
        _voice(
            "v2ProPlus",
            "v2Pro with a larger generator",
            _GPT,
            "v2Pro/s2Gv2ProPlus.pth",
            speaker=_SPEAKER,
        ),
        _voice(
            "v3",
            "flow matching, 24 kHz; needs a GPU",
            _GPT,
            "s2Gv3.pth",
            vocoder=(_BIGVGAN, ("config.json", "bigvgan_generator.pt")),
        ),
        _voice(
            "v4",
            "flow matching, 48 kHz; needs a GPU",
            _GPT,
            f"{_V4}/s2Gv4.pth",
            vocoder=f"{_V4}/vocoder.pth",
        ),
        _v5("v5turbo", "flow matching in four steps, 48 kHz; needs a GPU"),
        _v5("v5dev", "flow matching with guidance, 48 kHz; needs a GPU, closest to the recording"),
        BaseModel(
            "base",
            "needed to convert fine-tuned v1 and v2 voices: HuBERT and BERT",
            _COMMON,
        ),
    )
}


def base_model(name: str) -> BaseModel:
    """The set called ``name``, ignoring case.

    Raises:
        DownloadError: There is no such set.
    """
    for known, model in SETS.items():
        if known.casefold() == name.casefold():
            return model
    raise DownloadError(unknown("set", name, SETS))
