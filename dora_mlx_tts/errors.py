"""Every error this package raises on purpose.

::

    TtsError
    ├── SettingError            a setting, option or request value is invalid
    ├── TextError               a text cannot be read aloud
    │   ├── EmptyTextError      nothing in it can be pronounced
    │   └── LanguageError       a language is unknown, or its extra is not installed
    ├── VoiceError              a voice file is missing, unknown or wrong
    │   └── ReferenceAudioError the reference recording cannot be used
    ├── WeightsError            a checkpoint or pack cannot be used
    │   ├── UnsafeFileError     a file contains more than data
    │   ├── PackError           a pack is damaged or does not fit this version
    │   └── DownloadError       a file cannot be downloaded
    ├── AudioError              an audio file cannot be read or written
    ├── SynthesisError          the networks produced something that is not speech
    │   ├── MisspokenError      they said something other than the text
    │   └── SynthesisTimeoutError  a sentence took too much work
    ├── BackendError            MLX or a native library is missing or unusable
    └── ProtocolError           a message breaks the node's contract

A message says what is wrong, where, and what is allowed.
"""

from __future__ import annotations


class TtsError(Exception):
    """Base of all errors of this package.

    Attributes:
        sentence: index of the failed sentence, from 0, in a text of several sentences.
        sentence_text: that sentence; empty if the error does not concern one.
    """

    sentence: int | None = None
    sentence_text: str = ""


class SettingError(TtsError, ValueError):
    """A setting, option or request value is invalid."""


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
    """A checkpoint contains more than data: foreign pickle globals, or paths outside it."""


class PackError(WeightsError):
    """A voice pack is damaged or was made for another version."""


class DownloadError(WeightsError):
    """A file cannot be downloaded: no connection, no such file, a wrong hash, or a full disk."""


class AudioError(TtsError):
    """An audio file cannot be read or written."""


class SynthesisError(TtsError):
    """The networks produced something that is not speech."""


class MisspokenError(SynthesisError):
    """The networks said something other than the text: words missing, repeated or added.

    Attributes:
        heard: whether some of it had already been sent.
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
