"""Speech of any length from a network that generates a limited number of frames (SoVITS v3, v4, v5).

Flow matching continues a prompt: features and spectrogram of the reference. Either the end of each
chunk is part of the prompt of the next (`chunks`, `speak`), which keeps the voice steady and gives early audio;
or all chunks of all sentences run as one batch after the same prompt, overlap, and are joined where they match
(`speak_batch`), which is faster on devices that benefit from batches (v3, v4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.sola import SEARCH, sola
from dora_mlx_tts.audio.spectrogram import denormalize_mel
from dora_mlx_tts.errors import ReferenceAudioError, SynthesisError

Samples = NDArray[np.float32]

Flow = Callable[[mx.array, mx.array], mx.array]
"""Features [B, T, F] and the prompt's spectrogram [1, P, mels] to a spectrogram [B, T, mels], both
normalized; the function chooses steps and noise."""

Vocode = Callable[[mx.array], mx.array]
"""Log mel spectrogram [1, T, mels] to samples [1, N]."""


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """How speech is split; all in frames, except `hop` and `search`, which are in samples.

    Attributes:
        prompt: maximum length of the prompt.
        chunk: total of prompt and new frames.
        overlap: frames that two chunks of a batch share.
        hop: samples per frame.
        search: range within which neighbours of a batch are aligned.
        largest: maximum of new frames in a chunk, however many the prompt leaves; None for no limit.
        tail: frames of a later chunk's prompt that come from the sentence itself, after the first ones of the
            reference (v5); None takes all of them from the sentence (v3, v4).
    """

    prompt: int
    chunk: int
    overlap: int
    hop: int
    search: int = SEARCH
    largest: int | None = None
    tail: int | None = None

    def fresh(self, prompt: int) -> int:
        """Number of new frames in a chunk after `prompt` frames.

        Raises:
            SynthesisError: there are none, or no more than two chunks share.
        """
        count = self.chunk - prompt
        if count <= self.overlap:
            raise SynthesisError(
                f"chunks of {self.chunk} frames leave {count} after a prompt of {prompt};"
                f" more than {self.overlap} are needed"
            )
        return count if self.largest is None else min(count, self.largest)


V3_SIZES = ChunkSizes(prompt=468, chunk=934, overlap=12, hop=256)
V4_SIZES = ChunkSizes(prompt=500, chunk=1000, overlap=12, hop=480)
V5_SIZES = ChunkSizes(prompt=500, chunk=1000, overlap=0, hop=480, largest=640, tail=32)


@dataclass(frozen=True, slots=True, eq=False)
class FlowPrompt:
    """The prompt of the first chunk.

    Attributes:
        features: features [1, P, F] of the reference.
        mel: its normalized spectrogram [1, P, mels].
    """

    features: mx.array
    mel: mx.array

    @property
    def frames(self) -> int:
        """Length."""
        return int(self.mel.shape[1])

    def first(self, count: int) -> FlowPrompt:
        """The first frames."""
        return FlowPrompt(self.features[:, :count], self.mel[:, :count])

    def last(self, count: int) -> FlowPrompt:
        """The last frames, or all of them if there are fewer."""
        start = max(0, self.frames - count)
        return FlowPrompt(self.features[:, start:], self.mel[:, start:])

    def joined(self, following: FlowPrompt) -> FlowPrompt:
        """These frames followed by the others."""
        pairs = ((self.features, following.features), (self.mel, following.mel))
        return FlowPrompt(*(mx.concatenate(list(pair), axis=1) for pair in pairs))


def flow_prompt(features: mx.array, mel: mx.array, sizes: ChunkSizes) -> FlowPrompt:
    """Cut features [1, T, F] and normalized spectrogram [1, T', mels] of a reference to one length.

    Both begin together; after cutting, the last `sizes.prompt` frames are kept.

    Raises:
        ReferenceAudioError: one of them is empty.
    """
    common = min(features.shape[1], mel.shape[1])
    if common < 1:
        raise ReferenceAudioError(
            f"the reference has {features.shape[1]} frames of features and {mel.shape[1]} of its"
            " spectrogram; at least one of each is needed"
        )
    start = max(0, common - sizes.prompt)
    return FlowPrompt(features[:, start:common], mel[:, start:common])


class RollingPrompt:
    """The prompt of each chunk: first the reference, then what was generated.

    Full-size chunks give the same prompts as the reference implementation. Smaller ones, for an early start,
    add up to them.

    Args:
        reference: the first chunk's prompt.
        sizes: sizes of the family.

    Attributes:
        now: the next chunk's prompt; as long as the reference, except after a single chunk of v3.
        fresh: new frames in a full chunk.

    Raises:
        SynthesisError: the reference leaves no room.
    """

    def __init__(self, reference: FlowPrompt, sizes: ChunkSizes) -> None:
        self.now, self.fresh = reference, sizes.fresh(reference.frames)
        self._reference, self._tail = reference, sizes.tail
        self._made: FlowPrompt | None = None  # its end, if a tail is wanted

    def extend(self, made: FlowPrompt) -> None:
        """Continue after a chunk's new frames."""
        length = self._reference.frames
        if self._tail is None:
            alone = made.frames >= self.fresh
            self.now = (made if alone else self.now.joined(made)).last(length)
        else:
            whole = made if self._made is None else self._made.joined(made)
            self._made = whole.last(min(self._tail, length))
            self.now = self._reference.first(length - self._made.frames).joined(self._made)
        mx.eval(self.now.features, self.now.mel)


def chunks(
    features: mx.array, prompt: FlowPrompt, flow: Flow, sizes: ChunkSizes
) -> Iterator[mx.array]:
    """Normalized spectrograms [1, t, mels] of features [1, T, F], chunk by chunk.

    The end of each chunk is part of the prompt of the next.

    Raises:
        SynthesisError: the prompt leaves no room, or there are no features.
    """
    rolling = RollingPrompt(prompt, sizes)
    if features.shape[1] < 1:
        raise SynthesisError("no features to speak; at least one frame is needed")
    for start in range(0, features.shape[1], rolling.fresh):
        fresh, known = features[:, start : start + rolling.fresh], rolling.now
        made = flow(mx.concatenate([known.features, fresh], axis=1), known.mel)[:, known.frames :]
        yield made
        rolling.extend(FlowPrompt(fresh, made))


def speak(
    features: mx.array, prompt: FlowPrompt, flow: Flow, vocode: Vocode, sizes: ChunkSizes
) -> Samples:
    """Samples [T * hop] of features [1, T, F], generated chunk by chunk and vocoded as one.

    Raises:
        SynthesisError: see `chunks`.
    """
    mel = mx.concatenate(list(chunks(features, prompt, flow, sizes)), axis=1)
    return _sound(mel, vocode)


def speak_batch(
    sentences: Sequence[mx.array],
    prompt: FlowPrompt,
    flow: Flow,
    vocode: Vocode,
    sizes: ChunkSizes,
) -> list[Samples]:
    """Samples of each sentence's features [1, T, F], all chunks in one batch.

    Aligning the chunks drops samples, so later sentences lose a few at the end.

    Raises:
        SynthesisError: the prompt leaves no room, or a sentence has no features.
        AudioError: chunks are too short to be joined.
    """
    if not sentences:
        return []
    if min(features.shape[1] for features in sentences) < 1:
        raise SynthesisError("a sentence has no features to speak; each needs at least one frame")
    size = sizes.fresh(prompt.frames)
    batch, padding = overlapping(mx.concatenate(list(sentences), axis=1), size, sizes.overlap)
    count = batch.shape[0]
    given = mx.broadcast_to(prompt.features, (count, *prompt.features.shape[1:]))
    made = flow(mx.concatenate([given, batch], axis=1), prompt.mel)[:, prompt.frames :]
    samples = _sound(made.reshape(1, count * size, -1), vocode)
    edge = sizes.overlap * sizes.hop
    joined = sola(list(samples.reshape(count, size * sizes.hop)), edge, sizes.search)
    joined = joined[edge : len(joined) - padding * sizes.hop]
    borders = np.cumsum([features.shape[1] * sizes.hop for features in sentences])[:-1]
    return np.split(joined, borders)


def overlapping(features: mx.array, size: int, overlap: int) -> tuple[mx.array, int]:
    """Cut features [1, T, F] into chunks [B, size, F] whose neighbours share `overlap` frames.

    `overlap` zeros precede the first frame. The last chunk begins with the last frames that no earlier chunk
    began with, even if the one before contains them; it is padded with zeros.

    Returns:
        The chunks and the number of zeros at the end.
    """
    length, step = features.shape[1] + overlap, size - overlap
    count = -(-length // step)
    padding = (count - 1) * step + size - length
    padded = mx.pad(features, [(0, 0), (overlap, padding), (0, 0)])
    starts = range(0, count * step, step)
    return mx.concatenate([padded[:, at : at + size] for at in starts], axis=0), padding


def _sound(mel: mx.array, vocode: Vocode) -> Samples:
    """Normalized spectrogram [1, T, mels] to samples [N]."""
    samples: Samples = np.array(vocode(mx.array(denormalize_mel(np.array(mel))))[0], np.float32)
    if not np.isfinite(samples).all():
        raise SynthesisError("the vocoder produced values that are not finite; is its pack intact?")
    return samples
