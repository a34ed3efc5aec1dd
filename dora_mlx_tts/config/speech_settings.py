"""Settings of speech: how one text is spoken."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dora_mlx_tts.config import values as values_
from dora_mlx_tts.config.environment import Env

SLOWEST: Final = 0.5
FASTEST: Final = 2.0
"""Bounds of the speaking rate, from any source."""

PACK_SETTINGS: Final = frozenset(
    {
        "attempts",
        "cfg_rate",
        "content_check",
        "edge_silence",
        "join_short",
        "noise_scale",
        "repetition_penalty",
        "sample_steps",
        "short_parts",
        "speed",
        "temperature",
        "top_k",
        "top_p",
    }
)
"""Settings that depend on the networks' training, so that a pack may carry them."""

_WORD: Final = BeforeValidator(values_.word)


class SpeechSettings(BaseModel):
    """How a text is spoken; every request may change these."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    language: Annotated[str, Env("TEXT_LANG", "LANGUAGE")] = Field(
        "auto", description="Language of the text: auto, zh, en, or another code of the front end."
    )
    speed: Annotated[float, Env("SPEED_FACTOR", "SPEED")] = Field(
        1.0, ge=SLOWEST, le=FASTEST, description="Speaking rate."
    )
    top_k: Annotated[int, Env("TOP_K")] = Field(
        15, ge=1, le=values_.MOST_TOKENS, description="Sample from the k likeliest tokens only."
    )
    top_p: Annotated[float, Env("TOP_P")] = Field(
        1.0,
        gt=0,
        le=1,
        description="Sample from the likeliest tokens that make up this share of the probability.",
    )
    temperature: Annotated[float, Env("TEMPERATURE")] = Field(
        1.0,
        ge=0.01,
        le=2,
        description="Sampling temperature: lower is flatter, higher more varied.",
    )
    repetition_penalty: Annotated[float, Env("REPETITION_PENALTY")] = Field(
        1.35, ge=1, le=3, description="Above 1, discourages tokens that were already used."
    )
    seed: Annotated[int | None, BeforeValidator(values_.seed), Env("SEED")] = Field(
        None,
        ge=0,
        lt=2**32,
        description="The same seed gives the same speech; -1 or none draws a new one each time.",
    )
    loudness: Annotated[float | None, BeforeValidator(values_.off_is_none), Env("LOUDNESS")] = (
        Field(
            -20.0,
            ge=-50,
            le=-10,
            description="Loudness of all voices and sentences, in LUFS (ITU-R BS.1770); off leaves each voice"
            " unchanged.",
        )
    )
    gain: Annotated[float, Env("GAIN")] = Field(
        0.0,
        ge=-40,
        le=20,
        description="Louder or quieter than `loudness`, in dB; peaks stay below full scale.",
    )
    noise_scale: Annotated[float, Env("NOISE_SCALE")] = Field(
        0.5,
        ge=0,
        le=1.5,
        description="Noise in the acoustic model: lower is more even, higher more varied.",
    )
    sample_steps: Annotated[int | None, BeforeValidator(values_.or_none), Env("SAMPLE_STEPS")] = (
        Field(
            None,
            ge=1,
            le=128,
            description="Steps of flow matching: more are slower and better. none means 32 for v3 and v5dev, 8 for v4, 4 for"
            " v5turbo; v5 takes 4, 8, 16 or 32.",
        )
    )
    cfg_rate: Annotated[float | None, BeforeValidator(values_.empty_is_none), Env("CFG_RATE")] = (
        Field(
            None,
            ge=0,
            le=2,
            description="Strength of guidance (v5): above 0 each step costs twice as much. none means 1.3 for v5dev, 0 for"
            " v5turbo.",
        )
    )
    fragment_interval: Annotated[float, Env("FRAGMENT_INTERVAL")] = Field(
        0.3, ge=0, le=5, description="Silence after each sentence, in seconds."
    )
    pause_comma: Annotated[float | None, Env("PAUSE_COMMA")] = Field(
        None,
        ge=0,
        le=5,
        description="Silence where a part of a sentence ends; none means half of `fragment_interval`.",
    )
    pause_question: Annotated[float | None, Env("PAUSE_QUESTION")] = Field(
        None,
        ge=0,
        le=5,
        description="Silence after a question; none means 1.3 times `fragment_interval`.",
    )
    pause_item: Annotated[float | None, Env("PAUSE_ITEM")] = Field(
        None,
        ge=0,
        le=5,
        description="Silence before a new line or list item; none means 1.2 times `fragment_interval`.",
    )
    pause_paragraph: Annotated[float | None, Env("PAUSE_PARAGRAPH")] = Field(
        None,
        ge=0,
        le=10,
        description="Silence before a new paragraph; none means twice `fragment_interval`.",
    )
    pause_spread: Annotated[float, Env("PAUSE_SPREAD")] = Field(
        0.15,
        ge=0,
        le=1,
        description="Share by which pauses vary, by seed and sentence.",
    )
    mode: Annotated[Literal["latency", "throughput"], _WORD, Env("SPEECH_MODE")] = Field(
        "latency",
        description="Send sound while a sentence is being decoded (latency), or sentence by sentence (throughput).",
    )
    first_window: Annotated[float, Env("FIRST_WINDOW")] = Field(
        0.4, ge=0.05, le=5, description="Length of a sentence's first window of sound, in seconds."
    )
    window: Annotated[float, Env("WINDOW")] = Field(
        1.6, ge=0.05, le=30, description="Longest later window of sound, in seconds."
    )
    attempts: Annotated[int, Env("ATTEMPTS")] = Field(
        3, ge=1, le=10, description="Attempts at a sentence before it fails with an error."
    )
    content_check: Annotated[
        Literal["off", "ahead", "whole", "sound"], _WORD, Env("CONTENT_CHECK")
    ] = Field(
        "ahead",
        description="When to check for missing or extra words (needs a pack with a code table): ahead of"
        " playback, per sentence (whole), or also on the audio (sound).",
    )
    batch_size: Annotated[int, Env("BATCH_SIZE")] = Field(
        4, ge=1, le=64, description="Sentences decoded together in throughput mode."
    )
    join_short: Annotated[bool, Env("JOIN_SHORT")] = Field(
        True,
        description="Speak short sentences together; false suits a voice that ends at the first stop.",
    )
    short_parts: Annotated[bool, Env("SHORT_PARTS")] = Field(
        False,
        description="Divide sentences of more than six seconds at their commas, and end the parts with stops; for voices"
        " trained on short sentences.",
    )
    edge_silence: Annotated[float, Env("EDGE_SILENCE")] = Field(
        0.1,
        ge=0,
        le=5,
        description="Quiet to keep before and after a sentence's speech, in seconds.",
    )

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, values: object) -> object:
        return values_.as_written(cls, values)
