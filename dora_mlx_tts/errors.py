"""Every error this package raises on purpose.

::

    TtsError
    ├── SettingError            a setting, option or request value is not allowed
    ├── TextError               a text cannot be read aloud
    │   ├── EmptyTextError      nothing in it can be pronounced
    │   └── LanguageError       an unknown language, or one whose extra is not installed
    ├── VoiceError              a voice file is missing, unknown or wrong
    │   └── ReferenceAudioError the reference recording cannot be used
    ├── WeightsError            a checkpoint or pack cannot be used
    │   ├── UnsafeFileError     a file asks for more than data
    │   ├── PackError           a pack is damaged or does not fit this version
    │   └── DownloadError       a file cannot be had from a hub
    ├── AudioError              an audio file cannot be read or written
    ├── SynthesisError          the networks gave something that is not speech
    │   ├── MisspokenError      they said something else than the text
    │   └── SynthesisTimeoutError  they worked longer than a sentence may take
    ├── BackendError            MLX or a native library is missing or unusable
    └── ProtocolError           a message that breaks the node's contract

A message says what is wrong, where, and what is allowed.
"""

from __future__ import annotations


class TtsError(Exception):
    """Base of all errors of this package.

    Attributes:
        sentence: number of the sentence that failed, from 0, where a text of several was spoken.
        sentence_text: that sentence; empty where the error has nothing to do with one.
    """

    sentence: int | None = None
    sentence_text: str = ""


class SettingError(TtsError, ValueError):
    """A setting, option or request value is not allowed."""


class TextError(TtsError, ValueError):
    """A text cannot be read aloud."""


class EmptyTextError(TextError):
    """A text holds nothing that can be pronounced."""


class LanguageError(TextError):
    """A language is unknown, or its optional packages are not installed."""


class VoiceError(TtsError):
    """A voice is unknown, or its file is missing or wrong."""


class ReferenceAudioError(VoiceError):
    """A reference recording cannot be used (length, level, format)."""


class WeightsError(TtsError):
    """A checkpoint or weight file cannot be used."""


class UnsafeFileError(WeightsError):
    """A checkpoint asks for more than data: foreign pickle globals, paths that climb out."""


class PackError(WeightsError):
    """A voice pack is damaged or does not fit this version."""


class DownloadError(WeightsError):
    """A file cannot be had from a hub: no connection, no such file, a wrong hash, a full disk."""


class AudioError(TtsError):
    """An audio file cannot be read or written."""


class SynthesisError(TtsError):
    """The networks produced something that is not speech."""


class MisspokenError(SynthesisError):
    """The networks said something else than the text: words left out, repeated or invented.

    Attributes:
        heard: whether some of it had left by then.
    """

    def __init__(self, message: str, *, heard: bool = False) -> None:
        super().__init__(message)
        self.heard = heard


class SynthesisTimeoutError(SynthesisError):
    """A sentence took more work than the setting `synthesis_timeout` allows."""


class BackendError(TtsError):
    """MLX or a native library is missing or unusable."""


class ProtocolError(TtsError, ValueError):
    """A message breaks the node's contract."""
