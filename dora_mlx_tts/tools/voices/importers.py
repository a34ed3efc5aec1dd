"""Imports voices of other tools: finds them in their folders, converts them, and writes voice files.

Supported: dora-primespeech's model tree with its table of voices, and the folder of one character: weights,
    recordings, and texts in ``infer_config.json``, a ``.list`` file, or next to each recording.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dora_mlx_tts.checkpoints.convert import ConversionSources, PackOptions, convert
from dora_mlx_tts.checkpoints.encode import Progress, no_progress
from dora_mlx_tts.checkpoints.report import ConversionReport
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.messages import must_be, unknown
from dora_mlx_tts.tools.voices.create import NewReference, NewVoice, add_voice
from dora_mlx_tts.tools.voices.python_table import read_python_table
from dora_mlx_tts.voices.voice import Voice, is_voice_name, resolve_inside
from dora_mlx_tts.yaml_reader import DEFAULT_LIMITS, read_yaml

PACKS = "packs"
HUBERT, BERT = "chinese-hubert-base", "chinese-roberta-wwm-ext-large"
_TREE = "moyoyo"
_TABLE = "VOICE_CONFIGS"
_FOLDERS = {
    "gpt_weights": "GPT_weights",
    "sovits_weights": "SoVITS_weights",
    "reference_audio": "ref_audios",
}
_RECORDINGS = frozenset({".wav", ".flac", ".ogg", ".mp3"})
_TEXTS = (".txt", ".lab")
_LIST_FIELDS = 4
_MANNER = re.compile(r"[^\w.-]+")
# Names that the reference implementation's interface gives to its codes.
_LANGUAGES = {
    "中文": "all_zh",
    "英文": "en",
    "日文": "all_ja",
    "粤语": "all_yue",
    "韩文": "all_ko",
    "中英混合": "zh",
    "日英混合": "ja",
    "粤英混合": "yue",
    "韩英混合": "ko",
    "多语种混合": "auto",
    "多语种混合(粤语)": "auto_yue",
    "cn": "zh",
    "jp": "ja",
    "kr": "ko",
}


@dataclass(frozen=True)
class FoundVoice:
    """A voice as stored by another tool.

    Attributes:
        name: Its name in that tool.
        sources: Its checkpoints and base parts.
        reference: Its recording.
        styles: Further recordings by name.
        languages: Languages it speaks.
        defaults: Speech settings.
    """

    name: str
    sources: ConversionSources
    reference: NewReference
    styles: Mapping[str, NewReference] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def primespeech_voices(tree: Path, table: Path) -> list[FoundVoice]:
    """The voices of dora-primespeech's table whose files are in the model tree.

    Args:
        tree: ``PRIMESPEECH_MODEL_DIR``, or the folder ``moyoyo`` in it.
        table: YAML, JSON, or its own ``config.py``: name -> gpt_weights, sovits_weights, reference_audio,
            prompt_text, prompt_lang, text_lang, speed_factor.

    Raises:
        VoiceError: The tree or table is missing or malformed, a path leads out of the tree, or it has none of
            the voices.
    """
    root = tree / _TREE if (tree / _TREE).is_dir() else tree
    if not (root / _FOLDERS["gpt_weights"]).is_dir():
        raise VoiceError(f"{tree} must be a model tree, with {_TREE}/{_FOLDERS['gpt_weights']}")
    python = table.suffix == ".py"
    content = (
        read_python_table(table, _TABLE)
        if python
        else read_yaml(table, error=VoiceError, holds="voices (name: settings)")
    )
    entries = content.values.get(_TABLE, content.values)
    if not isinstance(entries, dict):
        raise VoiceError(must_be(f"{table}: {_TABLE}", "a table of voices", entries))
    found, absent = [], []
    for name, entry in entries.items():
        where = content.at((name,))
        if not isinstance(entry, dict) or not is_voice_name(name):
            raise VoiceError(f"{where}: {str(name)[:80]!r} is no voice with settings")
        files = {key: _tree_file(root, key, entry, where) for key in _FOLDERS}
        missing = [str(path) for path in files.values() if not path.is_file()]
        if missing:
            absent.append(f"{name} ({missing[0]})")
        else:
            found.append(_primespeech_voice(name, entry, files, root))
    if not found:
        raise VoiceError(f"{tree}: has the files of no voice in {table}; missing: {absent[:3]}")
    return found


def character_voice(folder: Path, base: ConversionSources | None = None) -> FoundVoice:
    """The voice in a character's folder.

    Args:
        folder: Folder with one ``.ckpt``, one ``.pth`` and recordings.
        base: Source of ``ssl``, ``bert``, ``speaker``, ``vocoder`` and ``base``.

    Raises:
        VoiceError: Weights or recordings are missing or ambiguous.
    """
    if not folder.is_dir():
        raise VoiceError(f"{folder}: no such folder")
    folder = folder.resolve()
    config = _character_config(folder)
    gpt = _weights(folder, config.get("gpt_path"), ".ckpt")
    sovits = _weights(folder, config.get("sovits_path"), ".pth")
    styles = _emotions(folder, config) or _recordings(folder)
    if not styles:
        allowed = ", ".join(sorted(_RECORDINGS))
        raise VoiceError(f"{folder}: no recordings ({allowed})")
    first = next((name for name in ("default", "默认") if name in styles), next(iter(styles)))
    reference = styles.pop(first)
    given = base or ConversionSources(gpt, sovits)
    sources = replace(given, gpt=gpt, sovits=sovits)
    return FoundVoice(_voice_name(folder.name), sources, reference, styles)


def install(
    found: FoundVoice,
    folder: Path,
    options: PackOptions | None = None,
    *,
    progress: Progress = no_progress,
) -> tuple[Voice, ConversionReport]:
    """Convert a voice's weights and write it into a folder of voices.

    The pack goes to ``packs/<name>`` in that folder; base parts are stored once for all voices.

    Raises:
        VoiceError: See ``add_voice``.
        WeightsError: See ``convert``.
    """
    options = options or PackOptions()
    pack = folder.expanduser().resolve() / PACKS / found.name
    options = replace(options, name=found.name, languages=found.languages, share=True)
    report = convert(found.sources, pack, options, progress=progress)
    voice = NewVoice(
        found.name,
        pack,
        found.reference,
        found.styles,
        licence=options.licence,
        languages=found.languages,
        defaults=found.defaults,
    )
    return add_voice(folder, voice, overwrite=options.overwrite), report


def _primespeech_voice(
    name: str, entry: Mapping[str, Any], files: Mapping[str, Path], root: Path
) -> FoundVoice:
    prompt, speech = (language(entry.get(key)) for key in ("prompt_lang", "text_lang"))
    speed = entry.get("speed_factor", 1.0)
    ssl, bert = (path if path.is_dir() else None for path in (root / HUBERT, root / BERT))
    return FoundVoice(
        name,
        ConversionSources(files["gpt_weights"], files["sovits_weights"], ssl=ssl, bert=bert),
        NewReference(files["reference_audio"], entry.get("prompt_text"), prompt),
        languages=() if speech.startswith("auto") else (speech.removeprefix("all_"),),
        defaults={} if speed in (None, 1.0) else {"speed": speed},
    )


def _tree_file(root: Path, key: str, entry: Mapping[str, Any], where: str) -> Path:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise VoiceError(must_be(f"{where}: {key}", "a path inside the model tree", value))
    return resolve_inside(Path(value), Path(where), [root, root / _FOLDERS[key]])


def language(value: object) -> str:
    """This package's code for a language name of other tools."""
    name = str(value or "auto").strip()
    return _LANGUAGES.get(name, _LANGUAGES.get(name.lower(), name.lower()))


def _character_config(folder: Path) -> dict[str, Any]:
    path = folder / "infer_config.json"
    if not path.is_file():
        return {}
    if path.stat().st_size > DEFAULT_LIMITS.bytes:
        raise VoiceError(f"{path} must have at most {DEFAULT_LIMITS.bytes} bytes")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise VoiceError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise VoiceError(f"{path} must hold a dictionary, got a {type(content).__name__}")
    return content


def _weights(folder: Path, named: object, suffix: str) -> Path:
    if isinstance(named, str) and named:
        path = _inside(folder, named)
        if path.is_file():
            return path
    found = sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())
    if len(found) != 1:
        names = ", ".join(path.name for path in found[:5]) or "none"
        raise VoiceError(f"{folder} must hold exactly one {suffix} file, got {names}")
    return _inside(folder, str(found[0]))


def _emotions(folder: Path, config: Mapping[str, Any]) -> dict[str, NewReference]:
    entries = config.get("emotion_list")
    styles = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("ref_wav_path"), str):
            raise VoiceError(f"{folder / 'infer_config.json'}: {name!r} names no recording")
        text = entry.get("prompt_text")
        styles[_voice_name(name)] = NewReference(
            _inside(folder, entry["ref_wav_path"]),
            text if isinstance(text, str) else None,
            language(entry.get("prompt_language")),
        )
    return styles


def _recordings(folder: Path) -> dict[str, NewReference]:
    texts = _list_texts(folder)
    styles = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _RECORDINGS):
        beside = next((f for f in map(path.with_suffix, _TEXTS) if f.is_file()), None)
        text, code = texts.get(path.name, (None, "auto"))
        if beside is not None:
            text = _text(_inside(folder, str(beside)))
        reference = NewReference(_inside(folder, str(path)), text, code)
        styles[_voice_name(path.stem)] = reference
    return styles


def _list_texts(folder: Path) -> dict[str, tuple[str, str]]:
    """Texts from ``path|speaker|language|text`` lines, as in lists of training data."""
    texts = {}
    for path in sorted(folder.glob("*.list")):
        for line in _text(_inside(folder, str(path))).splitlines():
            fields = line.split("|", _LIST_FIELDS - 1)
            if len(fields) == _LIST_FIELDS:
                name = fields[0].replace("\\", "/").rsplit("/", 1)[-1]
                texts[name] = (fields[3].strip(), language(fields[2]))
    return texts


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > DEFAULT_LIMITS.bytes:
            raise VoiceError(f"{path} must have at most {DEFAULT_LIMITS.bytes} bytes")
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise VoiceError(f"{path}: cannot be read: {error}") from error


def _inside(folder: Path, named: str) -> Path:
    return resolve_inside(Path(named), folder / "infer_config.json", [folder])


def _voice_name(name: str) -> str:
    """A valid name for a voice or style."""
    plain = _MANNER.sub("-", name).strip(".-_")[:32] or "voice"
    return plain.replace("..", ".")


def choose(found: Sequence[FoundVoice], names: Sequence[str]) -> list[FoundVoice]:
    """The voices with the given names, or all if no names are given.

    Raises:
        VoiceError: One of them does not exist.
    """
    by_name = {voice.name.casefold(): voice for voice in found}
    absent = [name for name in names if name.casefold() not in by_name]
    if absent:
        raise VoiceError(unknown("voice", absent[0], (voice.name for voice in found)))
    return [by_name[name.casefold()] for name in names] if names else list(found)
