"""Every setting, in one place and with one precedence.

defaults < `dora-mlx-tts.yml` < pack < voice file < environment < message metadata

Settings of the process (`Settings`) are read once at start. Settings of speech (`SpeechSettings`)
may also come from a pack, a voice and each request, so `Settings` keeps their values from the file and the
environment, and `Settings.speech` combines the layers.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dora_mlx_tts.config import profiles
from dora_mlx_tts.config import values as values_
from dora_mlx_tts.config.environment import Env, dataflow_variables, read_environment
from dora_mlx_tts.config.players import PlayerName, order_marks, with_player
from dora_mlx_tts.config.precision import Precision
from dora_mlx_tts.config.sources import filled, read_file, validated
from dora_mlx_tts.config.speech_layers import SpeechLayers, check_speech
from dora_mlx_tts.config.speech_settings import FASTEST, SLOWEST, SpeechSettings
from dora_mlx_tts.config.values import merged

__all__ = ["FASTEST", "SLOWEST", "LogLevel", "Settings", "SpeechSettings"]

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_INTERNAL: Final = ("file_speech", "environment_speech", "remarks")

_Values = Mapping[str, Any] | None
_HOME: Final = AfterValidator(values_.at_home)
_HOME_OR_NONE: Final = AfterValidator(lambda path: path and values_.at_home(path))
_WORD: Final = BeforeValidator(values_.word)
_MIB: Final = Field(ge=0, le=values_.MOST_MIB)


class Settings(BaseModel):
    """Settings of the process, read once at start."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    voice: Annotated[str, Env("VOICE_NAME", "VOICE", "VOICE_CHARACTER")] = Field(
        "starter-en", description="Voice to speak with."
    )
    voice_aliases: Annotated[
        Mapping[str, str], BeforeValidator(values_.pairs), Env("VOICE_ALIASES")
    ] = Field(
        default_factory=dict,
        description="Additional names of voices, such as `Anna=starter-en, af_*=starter-en`.",
    )
    voice_fallback: Annotated[str | None, Env("VOICE_FALLBACK")] = Field(
        None, description="Voice that replaces an unknown one; none makes that an error."
    )
    voices: Annotated[
        tuple[Path, ...],
        BeforeValidator(values_.folders),
        AfterValidator(values_.all_at_home),
        Env("VOICE_FOLDERS", "DORA_MLX_TTS_VOICES"),
    ] = Field((), description="Folders with voice files, in addition to the voices that ship.")
    profile: Annotated[Literal["auto", "none", "primespeech", "kokoro"], _WORD, Env("PROFILE")] = (
        Field(
            "auto",
            description="Node to stand in for, with what its dataflows expect; auto recognizes it by their variables.",
        )
    )
    cache: Annotated[Path, _HOME, Env("DORA_MLX_TTS_CACHE")] = Field(
        Path("~/.cache/dora-mlx-tts"),
        description="Folder for results kept between runs.",
    )
    device: Annotated[
        Literal["auto", "cpu", "gpu"], BeforeValidator(values_.device), Env("DEVICE")
    ] = Field("auto", description="Device that runs the networks.")
    kernels: Annotated[Literal["auto", "on", "off"], _WORD, Env("DORA_MLX_TTS_KERNELS")] = Field(
        "auto",
        description="Custom GPU kernels: auto uses those that a trial on this GPU finds equal and faster, on all, off none.",
    )
    cuda_layers: Annotated[Literal["mlx", "products"], _WORD, Env("DORA_MLX_TTS_CUDA_LAYERS")] = (
        Field(
            "products",
            description="Convolutions and prefills on CUDA: matrix products, or MLX's (mlx), which re-plan for every new length.",
        )
    )
    cpu_generator: Annotated[
        Literal["auto", "mlx", "openvino"], _WORD, Env("DORA_MLX_TTS_CPU_GENERATOR")
    ] = Field("auto", description="What makes sound on the Linux CPU; auto: OpenVINO if installed.")
    precision: Annotated[Precision, _WORD, Env("DORA_MLX_TTS_PRECISION")] = Field(
        "auto",
        description="float32 everywhere; auto: half precision and 8 bits where they are as good; int8: on the Linux CPU 8-bit products of T2S and BERT for all packs (extra `openvino`).",
    )
    blas: Annotated[str, BeforeValidator(values_.library), Env("DORA_MLX_TTS_BLAS")] = Field(
        "auto", description="BLAS for MLX on the Linux CPU: auto, off, or the path of a library."
    )
    blas_threads: Annotated[int, Env("DORA_MLX_TTS_BLAS_THREADS")] = Field(
        1,
        ge=1,
        le=256,
        description="Threads of that BLAS; more than 1 helps only on an idle machine.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(values_.log_level), Env("LOG_LEVEL")] = Field(
        "INFO", description="Least severe messages to log."
    )
    return_fragment: Annotated[bool, Env("RETURN_FRAGMENT")] = Field(
        True, description="Send audio in fragments; false sends one message per text."
    )
    audio_layout: Annotated[Literal["flat", "nested"], _WORD, Env("AUDIO_LAYOUT")] = Field(
        "flat", description="float32 samples flat, or nested in one list (dora-primespeech)."
    )
    queue_limit: Annotated[int, Env("QUEUE_LIMIT", "DORA_MLX_TTS_QUEUE")] = Field(
        1000, ge=1, le=1_000_000, description="Texts that may wait; further ones are rejected."
    )
    text_limit: Annotated[int, Env("TEXT_LIMIT")] = Field(
        20_000, ge=1, le=10_000_000, description="Longest text message, in characters."
    )
    text_mode: Annotated[Literal["auto", "whole", "stream"], _WORD, Env("TEXT_MODE")] = Field(
        "auto",
        description="What a text message is: a whole text, a piece of a stream, or (auto) a piece if it has `seq`, `fin` or"
        " `segment_id`.",
    )
    text_filters: Annotated[bool, Env("TEXT_FILTERS")] = Field(
        True,
        description="Leave out Markdown, tags, emoji, reasoning (`<think>`), chat-template tokens and source marks.",
    )
    text_commands: Annotated[bool, Env("TEXT_COMMANDS")] = Field(
        False, description="Accept the `VOICE:…` prefix and JSON texts of dora-primespeech."
    )
    sentence_mode: Annotated[
        Literal["sentence", "words", "clause", "none"], _WORD, Env("SENTENCE_MODE")
    ] = Field(
        "words",
        description="Where streamed text is divided; words speaks the first sentence as it is written, none waits for the end.",
    )
    grow_words: Annotated[int, Env("GROW_WORDS")] = Field(
        4,
        ge=1,
        le=50,
        description="Word with whose first letter an unfinished sentence begins to be spoken.",
    )
    grow_characters: Annotated[int, Env("GROW_CHARACTERS")] = Field(
        6, ge=1, le=50, description="The same for Chinese, in characters."
    )
    grow_margin: Annotated[int, Env("GROW_MARGIN")] = Field(
        8, ge=2, le=50, description="Phones of an unfinished sentence that wait for what follows."
    )
    grow_first_margin: Annotated[int, Env("GROW_FIRST_MARGIN")] = Field(
        4,
        ge=2,
        le=50,
        description="The same before its first sound, and where its sound is about to run out.",
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
    speech_markup: Annotated[Literal["off", "text", "strict"], _WORD, Env("SPEECH_MARKUP")] = Field(
        "text",
        description="Read SSML tags, `行{hang2}` and `{500ms}`; malformed ones are read as text or (strict) rejected.",
    )
    lexicon: Annotated[Path | None, _HOME_OR_NONE, Env("LEXICON")] = Field(
        None, description="YAML file with readings for all voices: language, word, reading."
    )
    polyphone_model: Annotated[Path | None, _HOME_OR_NONE, Env("POLYPHONE_MODEL")] = Field(
        None, description="Folder with the files of the G2PW model; none reads by dictionary."
    )
    sample_rate: Annotated[int | None, BeforeValidator(values_.or_none), Env("SAMPLE_RATE")] = (
        Field(
            None,
            ge=8000,
            le=192_000,
            description="Resample to this rate; none keeps the voice's rate.",
        )
    )
    synthesis_timeout: Annotated[float, Env("SYNTHESIS_TIMEOUT")] = Field(
        300.0,
        ge=0,
        le=86400,
        description="Seconds of work after which a sentence fails with an error; 0 means no limit.",
    )
    peak_limit: Annotated[float, Env("PEAK_LIMIT")] = Field(
        1.0, gt=0, le=1, description="Highest peak of the audio; 0.46 suits dora-pyaudio."
    )
    flush_audio: Annotated[bool, Env("FLUSH_AUDIO")] = Field(
        False,
        description="After a cancel, have dora drop the audio that waits at the receiver, of any conversation.",
    )
    player: Annotated[PlayerName, _WORD, Env("PLAYER")] = Field(
        "default",
        description="Player of the audio; pyaudio sets `max_message`, `max_ahead`, `peak_limit` and `sample_rate` for"
        " dora-pyaudio unless they are set.",
    )
    max_message: Annotated[float, Env("MAX_MESSAGE")] = Field(
        1.0, ge=0, le=3600, description="Longest audio message, in seconds; 0 means no limit."
    )
    max_ahead: Annotated[float, Env("MAX_AHEAD")] = Field(
        0.0,
        ge=0,
        le=3600,
        description="Seconds of audio to send ahead of playback; 0 means no limit.",
    )
    buffer_high: Annotated[float, Env("AUDIO_BUFFER_HIGH_WATER_MARK")] = Field(
        60.0, gt=0, le=100, description="Percent on `buffer_status` above which speech waits."
    )
    buffer_low: Annotated[float, Env("AUDIO_BUFFER_LOW_WATER_MARK")] = Field(
        30.0, ge=0, lt=100, description="Percent on `buffer_status` below which it continues."
    )
    transport: Annotated[Literal["daemon", "direct"], _WORD, Env("TRANSPORT")] = Field(
        "daemon",
        description="Messages through dora's daemon, or on its direct path, which drops some when busy.",
    )
    otlp_endpoint: Annotated[str | None, BeforeValidator(values_.or_none), Env("OTLP_ENDPOINT")] = (
        Field(
            None,
            pattern=r"^https?://\S+$",
            description="OpenTelemetry collector (OTLP over HTTP) for spans and metrics; without it nothing is sent.",
        )
    )
    resume_window: Annotated[float, Env("RESUME_WINDOW")] = Field(
        30.0,
        ge=0,
        le=3600,
        description="Seconds after a `cancel` with `keep` during which a text can be resumed; 0 keeps no audio.",
    )
    preload: Annotated[tuple[str, ...], BeforeValidator(values_.names), Env("PRELOAD_VOICES")] = (
        Field((), description="Voices to load before the node is ready, separated by commas.")
    )
    voice_memory: Annotated[int | None, _MIB, Env("VOICE_MEMORY")] = Field(
        None,
        description="MiB of loaded voices above which unused ones go; none means half of the device's memory, 0 no limit.",
    )
    freed_memory: Annotated[int | None, _MIB, Env("FREED_MEMORY")] = Field(
        None,
        description="MiB of freed memory that MLX keeps for reuse; none means 2048 on a GPU and MLX's own limit on a CPU.",
    )
    crowd_limit: Annotated[int, Env("CROWD_LIMIT")] = Field(
        128,
        ge=1,
        le=100_000,
        description="Texts that may be half spoken at once, each with a key-value cache; further ones wait.",
    )
    phrase_cache: Annotated[int, Env("PHRASE_CACHE")] = Field(
        0,
        ge=0,
        le=65536,
        description="MiB of spoken texts to keep, to repeat them without synthesis.",
    )
    max_prepared: Annotated[float, Env("MAX_PREPARED")] = Field(
        60.0, ge=0, le=3600, description="Seconds of audio to make ahead for texts with `prepare`."
    )
    voices_poll: Annotated[float, Env("VOICES_POLL")] = Field(
        2.0,
        ge=0,
        le=86400,
        description="Seconds between checks of the voice files; 0 never checks.",
    )
    state: Annotated[Path | None, _HOME_OR_NONE, Env("STATE_FILE")] = Field(
        None,
        description="File for settings changed at run time; none means one in `cache` per dataflow and node.",
    )
    file_speech: Mapping[str, Any] = Field(default_factory=dict, exclude=True)
    environment_speech: Mapping[str, Any] = Field(default_factory=dict, exclude=True)
    remarks: tuple[str, ...] = Field((), exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, values: object) -> object:
        return with_player(values_.as_written(cls, values))

    @model_validator(mode="after")
    def _marks_in_order(self) -> Self:
        if self.buffer_low >= self.buffer_high:
            raise ValueError("buffer_low must be below buffer_high")
        return self

    @classmethod
    def load(cls, path: Path | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """Read the configuration file and the environment.

        Args:
            path: configuration file; None uses the file that DORA_MLX_TTS_CONFIG names, or `dora-mlx-tts.yml`
                in the current folder, if any.
            environ: the environment; None uses that of the process.

        Raises:
            SettingError: a name is unknown or a value not allowed; the message says which and where.
        """
        environ = os.environ if environ is None else environ
        file = read_file(path, environ, internal=_INTERNAL)
        values, origin = (filled(cls, file.values), file) if file else ({}, "settings")
        file_speech = values.pop("speech", None) or {}
        check_speech(file_speech, origin, ("speech",))
        validated(cls, values, origin)
        named = dataflow_variables(environ)
        own = read_environment(cls, environ, named)
        speech = read_environment(SpeechSettings, environ, named)
        remarks = [*own.remarks, *speech.remarks]
        defaults = cls.model_fields
        order_marks(own.values, lambda name: values.get(name, defaults[name].default), remarks)
        layers = merged(values, own.values)
        profile = profiles.chosen(layers.get("profile", "auto"), named, remarks)
        stands_for = profiles.PROFILES[profile]
        if "language" in speech.values:
            speech.values["language"] = profiles.language_of(profile, speech.values["language"])
        internal = {
            "profile": profile,
            "file_speech": merged(stands_for.speech, file_speech),
            "environment_speech": speech.values,
            "remarks": remarks,
        }
        return validated(cls, merged(stands_for.settings, layers, internal), "settings")

    def log_remarks(self, logger: logging.Logger) -> None:
        """Log warnings about what was changed or ignored when reading the environment."""
        for remark in self.remarks:
            logger.warning("%s", remark)

    def speech(
        self, voice: _Values = None, request: _Values = None, pack: _Values = None
    ) -> SpeechSettings:
        """The speech settings of a text, from `speech_layers`.

        Raises:
            SettingError: a value of the request, the voice or the pack is not allowed.
        """
        return self.speech_layers(voice, request, pack).settings()

    def speech_layers(
        self, voice: _Values = None, request: _Values = None, pack: _Values = None
    ) -> SpeechLayers:
        """The speech settings of file, environment, voice, request and pack, by layer."""
        own = self.file_speech
        return SpeechLayers(own, pack or {}, voice or {}, self.environment_speech, request or {})
