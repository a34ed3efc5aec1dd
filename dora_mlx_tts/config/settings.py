"""Every setting, in one place and with one precedence.

defaults < `dora-mlx-tts.yml` < voice file < environment < message metadata

Settings of the process (`Settings`) are read once at start. Settings of speech (`SpeechSettings`)
may also come from a voice and from each request, so `Settings` keeps what the file and the
environment said about them and `Settings.speech` lays the layers over each other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dora_mlx_tts.config.sources import (
    Env,
    from_environment,
    read_file,
    validated,
    validated_part,
)

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

SLOWEST: Final = 0.5
FASTEST: Final = 2.0
"""Bounds of the speaking rate, whoever asks for it."""

_DEVICES = {"cuda": "gpu", "mps": "gpu", "metal": "gpu", "mlx": "auto", "": "auto"}


def _seed(value: object) -> object:
    """-1 is the ecosystem's way to say "any seed"."""
    return None if value in (-1, "-1", "") else value


def _device(value: object) -> object:
    return _DEVICES.get(value.lower(), value.lower()) if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _folders(value: object) -> object:
    return value.split(os.pathsep) if isinstance(value, str) else value


def _names(value: object) -> object:
    """Names from "a, b"."""
    if not isinstance(value, str):
        return value
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _or_none(value: object) -> object:
    """0 and nothing both mean "not set"."""
    return None if value in (0, "0", "") else value


def _empty_is_none(value: object) -> object:
    """An empty string means "not set", as an environment has it."""
    return None if value == "" else value


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
        15, ge=1, le=1025, description="Draw from the k likeliest tokens only."
    )
    top_p: Annotated[float, Env("TOP_P")] = Field(
        1.0, gt=0, le=1, description="Draw from this share of probability."
    )
    temperature: Annotated[float, Env("TEMPERATURE")] = Field(
        1.0,
        ge=0.01,
        le=2,
        description="Sampling temperature: lower is flatter, higher more varied.",
    )
    repetition_penalty: Annotated[float, Env("REPETITION_PENALTY")] = Field(
        1.35, ge=1, le=3, description="Above 1 discourages tokens already used."
    )
    seed: Annotated[int | None, BeforeValidator(_seed), Env("SEED")] = Field(
        None,
        ge=0,
        lt=2**32,
        description="Same seed, same speech; -1 or none for a new one each time.",
    )
    noise_scale: Annotated[float, Env("NOISE_SCALE")] = Field(
        0.5, ge=0, le=1.5, description="Variation of the acoustic model."
    )
    sample_steps: Annotated[int | None, BeforeValidator(_or_none), Env("SAMPLE_STEPS")] = Field(
        None,
        ge=1,
        le=128,
        description="Steps of flow matching: more are slower and better; none is 32 for v3 and v5dev, 8"
        " for v4, 4 for v5turbo. v5 takes 4, 8, 16 or 32.",
    )
    cfg_rate: Annotated[float | None, BeforeValidator(_empty_is_none), Env("CFG_RATE")] = Field(
        None,
        ge=0,
        le=2,
        description="Strength of guidance (v5): above 0 each step costs twice as much; none is 1.3 for"
        " v5dev, 0 for v5turbo.",
    )
    fragment_interval: Annotated[float, Env("FRAGMENT_INTERVAL")] = Field(
        0.3, ge=0, le=5, description="Silence after each sentence, in seconds."
    )
    mode: Annotated[Literal["latency", "throughput"], Env("SPEECH_MODE")] = Field(
        "latency", description="Sound while a sentence is decoded, or sentence by sentence."
    )
    first_window: Annotated[float, Env("FIRST_WINDOW")] = Field(
        0.4, ge=0.05, le=5, description="Sound that a sentence begins with, in seconds."
    )
    window: Annotated[float, Env("WINDOW")] = Field(
        1.6, ge=0.05, le=30, description="Largest later piece of sound, in seconds."
    )
    attempts: Annotated[int, Env("ATTEMPTS")] = Field(
        3, ge=1, le=10, description="Tries at a sentence before its failure is an error."
    )
    content_check: Annotated[Literal["off", "ahead", "whole", "sound"], Env("CONTENT_CHECK")] = (
        Field(
            "ahead",
            description="When to check for missing or extra words (needs a pack with a code table): ahead of"
            " playback, per sentence (whole), or also on the audio (sound).",
        )
    )
    batch_size: Annotated[int, Env("BATCH_SIZE")] = Field(
        4, ge=1, le=64, description="Sentences decoded together in throughput mode."
    )
    join_short: Annotated[bool, Env("JOIN_SHORT")] = Field(
        True,
        description="Speak short sentences together; false for a voice that ends at the first stop.",
    )
    short_parts: Annotated[bool, Env("SHORT_PARTS")] = Field(
        False,
        description="Divide sentences of more than six seconds at their commas, with stops instead; for a"
        " voice that was taught short sentences.",
    )
    edge_silence: Annotated[float, Env("EDGE_SILENCE")] = Field(
        0.1, ge=0, le=5, description="Quiet kept before and after a sentence's speech, in seconds."
    )


class Settings(BaseModel):
    """Settings of the process, read once at start."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    voice: Annotated[str, Env("VOICE_NAME", "VOICE")] = Field(
        "starter-en", description="Voice to speak with."
    )
    voices: Annotated[
        tuple[Path, ...], BeforeValidator(_folders), Env("VOICE_FOLDERS", "DORA_MLX_TTS_VOICES")
    ] = Field((), description="Folders with voice files, besides the ones that ship.")
    cache: Annotated[Path, Env("DORA_MLX_TTS_CACHE")] = Field(
        Path("~/.cache/dora-mlx-tts"), description="Folder for prepared references."
    )
    device: Annotated[Literal["auto", "cpu", "gpu"], BeforeValidator(_device), Env("DEVICE")] = (
        Field("auto", description="Where the networks run.")
    )
    kernels: Annotated[Literal["auto", "off"], Env("DORA_MLX_TTS_KERNELS")] = Field(
        "auto",
        description="Use the custom CUDA kernels when the network supports them.",
    )
    cuda_layers: Annotated[Literal["mlx", "products"], Env("DORA_MLX_TTS_CUDA_LAYERS")] = Field(
        "products",
        description="Convolutions and prefills on CUDA: as matrix products, or MLX's convolutions (mlx),"
        " which re-plan for every new sentence length.",
    )
    precision: Annotated[Literal["auto", "float32"], Env("DORA_MLX_TTS_PRECISION")] = Field(
        "auto",
        description="float32 everywhere, or (auto) half precision and 8 bits on a GPU where they are as good.",
    )
    blas: Annotated[str, Env("DORA_MLX_TTS_BLAS")] = Field(
        "auto", description="BLAS for MLX on the Linux CPU: auto, off, or a library's path."
    )
    blas_threads: Annotated[int, Env("DORA_MLX_TTS_BLAS_THREADS")] = Field(
        1,
        ge=1,
        le=256,
        description="Threads of that BLAS; more than 1 pays on an idle machine only.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_upper), Env("LOG_LEVEL")] = Field(
        "INFO", description="Least severe messages to log."
    )
    return_fragment: Annotated[bool, Env("RETURN_FRAGMENT")] = Field(
        True, description="Send audio piece by piece; false sends one message per text."
    )
    audio_layout: Annotated[Literal["flat", "nested"], Env("AUDIO_LAYOUT")] = Field(
        "flat", description="float32 samples as they are, or as one list (dora-primespeech)."
    )
    queue_limit: Annotated[int, Env("QUEUE_LIMIT", "DORA_MLX_TTS_QUEUE")] = Field(
        1000, ge=1, le=1_000_000, description="Texts that may wait; further ones are refused."
    )
    text_limit: Annotated[int, Env("TEXT_LIMIT")] = Field(
        20_000, ge=1, le=10_000_000, description="Characters a text message may have."
    )
    text_mode: Annotated[Literal["auto", "whole", "stream"], Env("TEXT_MODE")] = Field(
        "auto",
        description="What a text message is: whole text, piece of a stream, or (auto) a piece where it has"
        " `seq`, `fin` or `segment_id`.",
    )
    text_filters: Annotated[bool, Env("TEXT_FILTERS")] = Field(
        True, description="Leave out Markdown, emoji, `<think>` and `<tool_call>`."
    )
    text_commands: Annotated[bool, Env("TEXT_COMMANDS")] = Field(
        False, description="Accept the `VOICE:…` prefix and JSON texts of dora-primespeech."
    )
    sentence_mode: Annotated[Literal["sentence", "clause", "none"], Env("SENTENCE_MODE")] = Field(
        "sentence", description="Where streamed text is divided; none waits for its end."
    )
    first_clause: Annotated[bool, Env("FIRST_CLAUSE")] = Field(
        False, description="Speak the first clause of a stream without waiting for its sentence."
    )
    stream_idle: Annotated[float, Env("STREAM_IDLE")] = Field(
        0.8,
        gt=0,
        le=3600,
        description="Speak buffered text after this many seconds without a new piece.",
    )
    stream_timeout: Annotated[float, Env("STREAM_TIMEOUT")] = Field(
        30.0, gt=0, le=86400, description="Seconds to wait for the `fin` of a stream that uses it."
    )
    speech_markup: Annotated[Literal["off", "text", "strict"], Env("SPEECH_MARKUP")] = Field(
        "text",
        description="Read SSML tags, `行{hang2}` and `{500ms}`: malformed ones as text or (strict) not at all.",
    )
    lexicon: Annotated[Path | None, Env("LEXICON")] = Field(
        None, description="YAML file of readings for all voices: language, word, reading."
    )
    polyphone_model: Annotated[Path | None, Env("POLYPHONE_MODEL")] = Field(
        None, description="Folder with the files of the G2PW model; none reads by dictionary."
    )
    sample_rate: Annotated[int | None, BeforeValidator(_or_none), Env("SAMPLE_RATE")] = Field(
        None, ge=8000, le=192_000, description="Resample to this rate; none keeps the voice's."
    )
    peak_limit: Annotated[float, Env("PEAK_LIMIT")] = Field(
        1.0, gt=0, le=1, description="Full scale of the audio; 0.46 for dora-pyaudio."
    )
    flush_audio: Annotated[bool, Env("FLUSH_AUDIO")] = Field(
        False,
        description="After a cut, have dora drop the audio that waits at the receiver, of any conversation.",
    )
    max_ahead: Annotated[float, Env("MAX_AHEAD")] = Field(
        0.0, ge=0, le=3600, description="Seconds of audio to send ahead of playback; 0 is no limit."
    )
    buffer_high: Annotated[float, Env("AUDIO_BUFFER_HIGH_WATER_MARK")] = Field(
        60.0, gt=0, le=100, description="Percent on `buffer_status` above which speech waits."
    )
    buffer_low: Annotated[float, Env("AUDIO_BUFFER_LOW_WATER_MARK")] = Field(
        30.0, ge=0, lt=100, description="Percent on `buffer_status` below which it goes on."
    )
    transport: Annotated[Literal["daemon", "direct"], Env("TRANSPORT")] = Field(
        "daemon",
        description="Messages through dora's daemon, or on its direct path, which drops some when busy.",
    )
    otlp_endpoint: Annotated[str | None, BeforeValidator(_or_none), Env("OTLP_ENDPOINT")] = Field(
        None,
        pattern=r"^https?://\S+$",
        description="OpenTelemetry collector (OTLP over HTTP) for spans and metrics; none sends nothing.",
    )
    preload: Annotated[tuple[str, ...], BeforeValidator(_names), Env("PRELOAD_VOICES")] = Field(
        (), description="Voices to load before the node is ready, separated by commas."
    )
    voice_memory: Annotated[int, Env("VOICE_MEMORY")] = Field(
        0, ge=0, description="MiB of loaded voices above which unused ones go; 0 is no limit."
    )
    voices_poll: Annotated[float, Env("VOICES_POLL")] = Field(
        2.0, ge=0, description="Seconds between looks for changed voice files; 0 never looks."
    )
    state: Annotated[Path | None, Env("STATE_FILE")] = Field(
        None,
        description="File for settings changed at run time; none is one in `cache` per dataflow and node.",
    )
    file_speech: Mapping[str, Any] = Field(default_factory=dict, exclude=True)
    environment_speech: Mapping[str, Any] = Field(default_factory=dict, exclude=True)

    @model_validator(mode="after")
    def _marks_in_order(self) -> Self:
        if self.buffer_low >= self.buffer_high:
            raise ValueError("buffer_low must be below buffer_high")
        return self

    @classmethod
    def load(cls, path: Path | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """Read the configuration file and the environment.

        Args:
            path: configuration file; None takes `dora-mlx-tts.yml` of the current folder if there
                is one, or the file that DORA_MLX_TTS_CONFIG names.
            environ: the environment; None is the process's own.

        Raises:
            SettingError: a name is unknown or a value not allowed; says which and where.
        """
        environ = os.environ if environ is None else environ
        file = read_file(path, environ, internal=("file_speech", "environment_speech"))
        values, origin = (dict(file.values), file) if file else ({}, "settings")
        file_speech = values.pop("speech", None) or {}
        validated(SpeechSettings, file_speech, origin, ("speech",))
        speech = from_environment(SpeechSettings, environ)
        validated(SpeechSettings, speech, "environment")
        own = from_environment(cls, environ)
        validated(cls, own, "environment")
        layers = {"file_speech": file_speech, "environment_speech": speech}
        return validated(cls, {**values, **own, **layers}, origin)

    def speech(
        self, voice: Mapping[str, Any] | None = None, request: Mapping[str, Any] | None = None
    ) -> SpeechSettings:
        """Lay a voice's defaults and a request's values over the file's and the environment's.

        Raises:
            SettingError: a value of the request or voice is not allowed.
        """
        values = {
            **self.file_speech,
            **validated_part(SpeechSettings, voice or {}, "voice"),
            **self.environment_speech,
            **validated_part(SpeechSettings, request or {}, "request"),
        }
        return validated(SpeechSettings, values, "settings")
