"""Model folders in Hugging Face layout: ``config.json`` and one weight file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.tensor_file import read_tensor_file
from dora_mlx_tts.packs.tensors import LazyTensor

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
MAX_JSON_BYTES = 32 * 2**20


@dataclass(frozen=True)
class ModelFolder:
    """A folder's configuration and its tensors, not yet read.

    Attributes:
        path: The folder.
        weight_file: Where the tensors are.
        config: ``config.json``.
        tensors: Key -> tensor.
    """

    path: Path
    weight_file: Path
    config: Mapping[str, Any]
    tensors: Mapping[str, LazyTensor]


def read_model_folder(path: str | Path) -> ModelFolder:
    """Open a model folder.

    Raises:
        WeightsError: The folder, its configuration or its weights are missing or damaged.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise WeightsError(f"{folder}: no such folder; expected config.json and a weight file")
    config = read_json(folder / "config.json")
    found = next((folder / name for name in WEIGHT_FILES if (folder / name).is_file()), None)
    if found is None:
        allowed = " or ".join(WEIGHT_FILES)
        raise WeightsError(f"{folder}: no weights; expected {allowed} (in one piece)")
    if found.suffix == ".safetensors":
        return ModelFolder(folder, found, config, read_tensor_file(found))
    return ModelFolder(folder, found, config, read_checkpoint(found).tensors())


def read_vocabulary(folder: Path) -> bytes:
    """The tokenizer's words, one per line in the order of their ids (``vocab.txt``).

    Raises:
        WeightsError: The folder has neither ``vocab.txt`` nor a word list in ``tokenizer.json``.
    """
    plain_value = folder / "vocab.txt"
    if plain_value.is_file():
        return plain_value.read_bytes()
    if not (folder / "tokenizer.json").is_file():
        raise WeightsError(f"{folder}: no vocab.txt and no tokenizer.json")
    model = read_json(folder / "tokenizer.json").get("model")
    numbers = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(numbers, dict):
        words = {number: word for word, number in numbers.items() if isinstance(number, int)}
        if sorted(words) == list(range(len(numbers))):
            return "".join(f"{words[number]}\n" for number in range(len(words))).encode()
    raise WeightsError(f"{folder / 'tokenizer.json'}: its vocabulary is not numbered from 0 up")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds a dictionary.

    Raises:
        WeightsError: The file is missing, too large, not JSON, or not a dictionary.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise WeightsError(f"{path}: over {MAX_JSON_BYTES} bytes")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: holds a {type(content).__name__}, not a dictionary")
    return content
