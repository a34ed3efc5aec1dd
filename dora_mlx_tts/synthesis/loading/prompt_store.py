"""Stores prepared prompts as files, so that later starts run no encoder.

A prompt is a safetensors file: arrays, and in its metadata the text, what it was made from (`key`) and a hash
of its content. A file that is damaged or has another version is replaced.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from dora_mlx_tts.audio.reference import ReferenceAudio
from dora_mlx_tts.errors import VoiceError
from dora_mlx_tts.runtime.whole_file import write_whole
from dora_mlx_tts.synthesis.loading.prompt import FlowStart, Prompt

logger = logging.getLogger(__name__)

VERSION = "1"
_IN_MEMORY = 16
_FEATURES = "features"
_FLOW = ("flow_features", "flow_mel")


def prompt_key(
    networks: str,
    references: Sequence[ReferenceAudio],
    text: str | None,
    language: str,
    phones: NDArray[np.int32] | None = None,
) -> str:
    """Name of the prompt made from these things, 64 hexadecimal digits.

    Args:
        networks: identifies the pack's weights, such as the hashes in its `pack.json`.
        references: the main recording, then the auxiliary ones.
        text: the transcript.
        language: language of the transcript.
        phones: how the transcript is read, so that lexicon changes count.
    """
    digest = hashlib.sha256()
    numbers = [] if phones is None else [int(phone) for phone in phones]
    head = [VERSION, networks, (text or "").strip(), language, numbers]
    digest.update(json.dumps(head).encode())
    for reference in references:
        for samples in (reference.samples_32k, reference.samples_16k):
            digest.update(len(samples).to_bytes(8, "little"))
            digest.update(np.ascontiguousarray(samples, dtype="<f4").tobytes())
    return digest.hexdigest()


def save_prompt(path: Path, prompt: Prompt, key: str = "", measured_with: str = "") -> None:
    """Write a prompt atomically: the file appears complete or not at all.

    Args:
        path: the file.
        prompt: with or without its loudness.
        key: what it was made from.
        measured_with: identifies the networks that its loudness was measured with.

    Raises:
        VoiceError: the file cannot be written.
    """
    arrays = _arrays(prompt)
    about = {
        "version": VERSION,
        "key": key,
        "text": prompt.text,
        "language": prompt.language,
        "duration_s": repr(prompt.duration_s),
    }
    if prompt.loudness is not None:
        about |= {"loudness": repr(prompt.loudness), "measured_with": measured_with}
    about["sha256"] = _content_hash(arrays, about)
    try:
        write_whole(path, save(arrays, about))
    except OSError as error:
        raise VoiceError(f"prompt {path} cannot be written: {error}") from error


def load_prompt(path: Path, key: str | None = None, measured_with: str | None = None) -> Prompt:
    """Read a prompt and check it against its hash and, if given, against `key`.

    Args:
        path: the file.
        key: what it must have been made from.
        measured_with: identifies the networks in use; a loudness measured with others is dropped.

    Raises:
        VoiceError: the file is missing, damaged, of another version, or made from something else.
    """
    try:
        with safe_open(str(path), framework="numpy") as file:
            about = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
        prompt = _prompt(path, arrays, about, key)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise VoiceError(f"prompt {path} cannot be read: {error}") from error
    if measured_with is not None and about.get("measured_with") != measured_with:
        return replace(prompt, loudness=None)
    return prompt


class PromptCache:
    """Prompts by key, in memory and in a folder.

    One lock serves all: preparing uses the device, which does one thing at a time anyway, and a voice requested
    twice at once is prepared only once.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._prompts: OrderedDict[str, Prompt] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, prepare: Callable[[], Prompt], measured_with: str = "") -> Prompt:
        """The prompt of `key`; `prepare` makes it if it is in neither place.

        If the folder cannot be written, a warning is logged and the next start takes longer.

        Args:
            key: identifies what it is made from.
            prepare: makes it.
            measured_with: identifies the networks that a loudness must have been measured with.

        Raises:
            TtsError: as `prepare`.
        """
        with self._lock:
            prompt = self._prompts.get(key) or self._from_disk(key, measured_with)
            if prompt is None:
                prompt = replace(prepare(), key=key)
                self._to_disk(prompt, measured_with)
            self._hold(prompt)
            return prompt

    def keep(self, prompt: Prompt, measured_with: str) -> None:
        """Update a prompt of which more is known than before."""
        with self._lock:
            self._to_disk(prompt, measured_with)
            self._hold(prompt)

    def known(self, key: str, measured_with: str) -> Prompt | None:
        """The prompt of `key`, if it is in memory or in the folder."""
        with self._lock:
            return self._prompts.get(key) or self._from_disk(key, measured_with)

    def _hold(self, prompt: Prompt) -> None:
        self._prompts[prompt.key] = prompt
        self._prompts.move_to_end(prompt.key)
        while len(self._prompts) > _IN_MEMORY:
            self._prompts.popitem(last=False)

    def _path(self, key: str) -> Path | None:
        return self._folder / f"{key}.safetensors" if self._folder else None

    def _from_disk(self, key: str, measured_with: str) -> Prompt | None:
        path = self._path(key)
        if path is None or not path.exists():
            return None
        try:
            return load_prompt(path, key, measured_with)
        except VoiceError as error:
            logger.warning("prompt is prepared again: %s", error)
            return None

    def _to_disk(self, prompt: Prompt, measured_with: str) -> None:
        path = self._path(prompt.key)
        if path is None:
            return
        try:
            save_prompt(path, prompt, prompt.key, measured_with)
        except VoiceError as error:
            logger.warning("prompt is not kept: %s", error)


def _arrays(prompt: Prompt) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {
        "codes": np.ascontiguousarray(prompt.codes, dtype=np.int32),
        "ge": np.ascontiguousarray(prompt.ge, dtype=np.float32),
        "phones": np.ascontiguousarray(prompt.phones, dtype=np.int32),
    }
    if prompt.features is not None:
        arrays[_FEATURES] = np.ascontiguousarray(prompt.features, dtype=np.float32)
    if prompt.flow is not None:
        for name, values in zip(_FLOW, (prompt.flow.features, prompt.flow.mel), strict=True):
            arrays[name] = np.ascontiguousarray(values, dtype=np.float32)
    return arrays


def _prompt(
    path: Path, arrays: Mapping[str, NDArray[np.generic]], about: Mapping[str, str], key: str | None
) -> Prompt:
    if about.get("version") != VERSION:
        raise VoiceError(
            f"version of prompt {path} must be {VERSION!r}, got {about.get('version')!r}"
        )
    if about.get("sha256") != _content_hash(arrays, about):
        raise VoiceError(f"prompt {path} is damaged: its content does not match its hash")
    if key is not None and about["key"] != key:
        raise VoiceError(f"prompt {path} was made from another recording, text or pack")
    features = arrays.get(_FEATURES)
    _check_shapes(path, arrays, features)
    return Prompt(
        codes=arrays["codes"].astype(np.int32),
        ge=arrays["ge"].astype(np.float32),
        phones=arrays["phones"].astype(np.int32),
        features=None if features is None else features.astype(np.float32),
        text=about["text"],
        language=about["language"],
        duration_s=float(about["duration_s"]),
        flow=_flow_start(path, arrays),
        key=about["key"],
        loudness=_loudness(about),
    )


def _loudness(about: Mapping[str, str]) -> float | None:
    value = float(about.get("loudness", "nan"))
    return value if math.isfinite(value) else None


def _flow_start(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> FlowStart | None:
    found = [arrays[name].astype(np.float32) for name in _FLOW if name in arrays]
    if not found:
        return None
    shapes = [values.shape for values in found]
    if [len(s) for s in shapes] != [2, 2] or not shapes[0][0] == shapes[1][0] > 0:
        raise VoiceError(f"prompt {path}: its frames for flow matching have shapes {shapes}")
    return FlowStart(*found)


def _check_shapes(
    path: Path,
    arrays: Mapping[str, NDArray[np.generic]],
    features: NDArray[np.generic] | None,
) -> None:
    codes, ge, phones = arrays["codes"], arrays["ge"], arrays["phones"]
    sound = (
        codes.ndim == phones.ndim == 1
        and (len(codes) == 0) == (len(phones) == 0)
        and ge.ndim == 3  # noqa: PLR2004  [1, 1, G]
        and ge.shape[:2] == (1, 1)
        and (features is None or (features.ndim == 2 and len(features) == len(phones)))  # noqa: PLR2004  [m, C]
    )
    if not sound:
        shapes = ", ".join(f"{name} {value.shape}" for name, value in arrays.items())
        raise VoiceError(f"prompt {path}: arrays that do not fit together: {shapes}")


def _content_hash(arrays: Mapping[str, NDArray[np.generic]], about: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    plain = {name: value for name, value in about.items() if name != "sha256"}
    digest.update(json.dumps(plain, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
