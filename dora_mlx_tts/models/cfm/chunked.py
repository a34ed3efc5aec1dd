"""Speech of any length from a network that makes a limited number of frames (SoVITS v3, v4, v5).

Flow matching continues a prompt: features and spectrogram of the reference. Either the end of each
chunk is part of the prompt of the next (`chunks`, `speak`), which keeps the voice steady and gives
sound early; or all chunks of all sentences run as one batch after the same prompt, overlap, and are
joined where they fit (`speak_batch`), which is faster on devices that profit from batches (v3, v4).
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
normalized; steps and noise are the caller's choice."""

Vocode = Callable[[mx.array], mx.array]
"""Log mel spectrogram [1, T, mels] to samples [1, N]."""


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """How speech is cut; all in frames but for `hop` and `search`, which are in samples.

    Attributes:
        prompt: of the prompt, at most.
        chunk: of prompt and new frames together.
        overlap: that two chunks of a batch share.
        hop: samples a frame.
        search: within which neighbours of a batch are aligned.
        largest: most new frames of a chunk, whatever the prompt leaves; None for no such limit.
        tail: frames of a later chunk's prompt that come from the sentence itself, behind the
            reference's first ones (v5); None takes all of them from the sentence (v3, v4).
    """

    prompt: int
    chunk: int
    overlap: int
    hop: int
    search: int = SEARCH
    largest: int | None = None
    tail: int | None = None

    def fresh(self, prompt: int) -> int:
        """New frames of a chunk that follows `prompt` frames.

        Raises:
            SynthesisError: none, or no more than two chunks share.
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
    """What the first chunk continues.

    Attributes:
        features: [1, P, F] of the reference.
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
        """The last frames, or all where there are fewer."""
        start = max(0, self.frames - count)
        return FlowPrompt(self.features[:, start:], self.mel[:, start:])

    def joined(self, following: FlowPrompt) -> FlowPrompt:
        """These frames and then the others."""
        pairs = ((self.features, following.features), (self.mel, following.mel))
        return FlowPrompt(*(mx.concatenate(list(pair), axis=1) for pair in pairs))


def flow_prompt(features: mx.array, mel: mx.array, sizes: ChunkSizes) -> FlowPrompt:
    """Cut features [1, T, F] and normalized spectrogram [1, T', mels] of a reference to one length.

    Both begin together; of what is left, the last `sizes.prompt` frames are kept.

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
    """What each chunk continues: first the reference, then what was made.

    Chunks of the full size give the prompts of the reference implementation. Smaller ones, for an
    early start, add up to them.

    Args:
        reference: the first chunk's prompt.
        sizes: of the family.

    Attributes:
        now: the next chunk's prompt; as long as the reference, but for a chunk that v3 made alone.
        fresh: new frames of a full chunk.

    Raises:
        SynthesisError: the reference leaves no room.
    """

    def __init__(self, reference: FlowPrompt, sizes: ChunkSizes) -> None:
        self.now, self.fresh = reference, sizes.fresh(reference.frames)
        self._reference, self._tail = reference, sizes.tail
        self._made: FlowPrompt | None = None  # the end of it, where a tail is wanted

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
    """Normalized spectrograms [1, t, mels], one after the other, of features [1, T, F].

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
    """Samples [T * hop] of features [1, T, F], chunk after chunk, vocoded as one.

    Raises:
        SynthesisError: as `chunks`.
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

    Aligning the chunks drops samples, so that later sentences lose a few at their end.

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
    """Cut features [1, T, F] into chunks [B, size, F] of which neighbours share `overlap` frames.

    Zeros stand before the first frame, as many as chunks share. The last chunk begins with the last
    frames that no chunk before it began with, even if that one held them; zeros fill it up.

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
        raise SynthesisError("the vocoder gave values that are not finite; is its pack sound?")
    return samples
