"""Nothing but errors of this package leaves it, and each says what caused it."""

from __future__ import annotations

import pytest

from dora_mlx_tts.errors import (
    BackendError,
    LanguageError,
    PackError,
    SynthesisError,
    TtsError,
    VoiceError,
)
from dora_mlx_tts.models.sovits.stream import SoVITSStream
from dora_mlx_tts.models.t2s.model import T2S
from dora_mlx_tts.runtime.cancel import CancelToken
from dora_mlx_tts.synthesis.fragment_stream import typed_errors
from dora_mlx_tts.synthesis.loading.voice_pool import VoicePool
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

SENTENCES = ["The morning train was late again, sir.", "How are you today, my dear old friend?"]
TEXT = " ".join(SENTENCES)
CAUSES = [
    (RuntimeError("[metal] out of memory"), BackendError),
    (MemoryError(), BackendError),
    (ValueError("[matmul] shapes do not fit"), SynthesisError),
    (KeyError("heads"), SynthesisError),
    (AssertionError(), SynthesisError),
    (ZeroDivisionError("x"), SynthesisError),
]


def fails(error: Exception):
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


@pytest.mark.parametrize(("cause", "kind"), CAUSES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("where", [(T2S, "prefill"), (SoVITSStream, "speak")], ids=str)
def test_what_the_networks_raise(
    synthesizer: Synthesizer,
    monkeypatch: pytest.MonkeyPatch,
    where: tuple[type, str],
    cause: Exception,
    kind: type[TtsError],
) -> None:
    monkeypatch.setattr(*where, fails(cause))
    with pytest.raises(kind) as caught:
        list(synthesizer.stream(TEXT, seed=1))
    assert caught.value.__cause__ is cause
    assert type(cause).__name__ in str(caught.value)
    assert str(cause) in str(caught.value)
    monkeypatch.undo()
    assert len(synthesizer.speak("Good morning.", seed=1).samples)  # the next text is spoken


@pytest.mark.parametrize(("cause", "kind"), [CAUSES[0], (KeyError("heads"), PackError)])
def test_what_loading_raises(
    synthesizer: Synthesizer,
    monkeypatch: pytest.MonkeyPatch,
    cause: Exception,
    kind: type[TtsError],
) -> None:
    monkeypatch.setattr(VoicePool, "get", fails(cause))
    with pytest.raises(kind, match="loading voice 'starter-en' failed") as caught:
        synthesizer.stream(TEXT)
    assert caught.value.__cause__ is cause


def test_typed_errors_and_cancels_pass_as_they_are(synthesizer: Synthesizer) -> None:
    error = VoiceError("no such voice")
    with pytest.raises(VoiceError) as caught, typed_errors("speaking"):
        raise error
    assert caught.value is error
    token = CancelToken()
    token.cancel("enough")
    assert list(synthesizer.stream(TEXT, cancelled=token)) == []


def test_an_error_names_its_sentence(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LanguageError) as refused:
        list(synthesizer.stream(TEXT, language="tlh"))
    assert refused.value.sentence_text == SENTENCES[0]
    monkeypatch.setattr(SoVITSStream, "speak", fails(SynthesisError("bad")))
    with pytest.raises(SynthesisError) as failed:
        list(synthesizer.stream(TEXT))
    assert failed.value.sentence_text == SENTENCES[0]
    assert TtsError("x").sentence_text == ""
