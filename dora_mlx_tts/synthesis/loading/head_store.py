"""Stores alignment heads as files, so that later starts need not search for them.

Finding them takes a pass of the whole prompt through the network. They depend on the weights, the prompt and
the device's arithmetic; each file belongs to one combination of these.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dora_mlx_tts.models.t2s.model import T2SConfig
from dora_mlx_tts.packs.pack import Pack
from dora_mlx_tts.runtime.device import Device
from dora_mlx_tts.runtime.whole_file import read_json, write_whole
from dora_mlx_tts.synthesis.loading.alignment import MOST_HEADS, AlignmentHeads
from dora_mlx_tts.synthesis.loading.prompt import Prompt

logger = logging.getLogger(__name__)

_VERSION = 1
_MOST_BYTES = 2**16


class HeadStore:
    """Stored heads by name; `heads_name` makes the names.

    Args:
        folder: where they are stored; None searches for them at every start.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(
        self, name: str, config: T2SConfig, find: Callable[[], AlignmentHeads]
    ) -> AlignmentHeads:
        """The heads of that name; they are searched for now if none are stored or the file is damaged."""
        if self._folder is None:
            return find()
        path = self._folder / f"{name}.json"
        kept = _read(path, name, config)
        if kept is None:
            kept = find()
            _write(path, name, kept)
        return kept


def heads_name(pack: Pack, device: Device, prompt: Prompt) -> str:
    """The identifier of the heads of a pack's network for a prompt: 64 hexadecimal digits."""
    manifest = pack.manifest
    weights = manifest.files[manifest.parts["t2s"].file].sha256
    digest = hashlib.sha256(f"{_VERSION} {weights} {device.description}".encode())
    for numbers in (prompt.phones, prompt.codes, prompt.features):
        data = b"" if numbers is None else np.ascontiguousarray(numbers).tobytes()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def _read(path: Path, name: str, config: T2SConfig) -> AlignmentHeads | None:
    """The content of a file, or None unless it is intact and has that name."""
    content = read_json(path, _MOST_BYTES)
    try:
        heads = tuple((layer, head) for layer, head in content["heads"])
        is_whole = content["name"] == name and len(set(heads)) == len(heads) <= MOST_HEADS
    except (ValueError, TypeError, KeyError):
        return None
    return heads if is_whole and all(_is_head(*pair, config) for pair in heads) else None


def _is_head(layer: object, head: object, config: T2SConfig) -> bool:
    limits = ((layer, config.layers), (head, config.heads))
    return all(type(number) is int and 0 <= number < limit for number, limit in limits)


def _write(path: Path, name: str, heads: AlignmentHeads) -> None:
    try:
        write_whole(path, json.dumps({"name": name, "heads": heads}).encode())
    except OSError as error:
        logger.debug("alignment heads are found again at the next start: %s", error)
