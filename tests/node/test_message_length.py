"""No audio message is longer than `max_message`, and nothing of it is lost, doubled or misnumbered."""

from __future__ import annotations

import numpy as np
import pytest
from node_fakes import RATE, FakeEngine, FakeNode, spoken
from test_word_output import OUTPUTS, words_of

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.config.sources import validated
from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.synthesis.records import Fragment

TEXT = "One two three four five six."
SOUND = np.linspace(-0.4, 0.4, 3 * RATE + 777, dtype=np.float32)


class LongEngine(FakeEngine):
    """Speaks every sentence as one long fragment and a pause."""

    def stream(self, text, **_):
        words = words_of(text, 3.0)
        yield Fragment(SOUND, RATE, text, 0, 0, False, 0.0, 75, words)
        pause = np.zeros(5 * RATE, np.float32)
        yield Fragment(pause, RATE, text, 0, 1, True, len(SOUND) / RATE, 0)


def sent(**settings):
    pieces = [(TEXT + " ", {"seq": 0, "fin": False}), ("More.", {"seq": 1, "fin": True})]
    return spoken(pieces, LongEngine(), FakeNode(OUTPUTS), **settings)


@pytest.mark.parametrize("longest", [0.05, 0.3, 1.0, 2.5])
def test_messages_are_short_and_together_they_are_the_audio(longest):
    node = sent(max_message=longest)
    messages = [(value.to_numpy(), m) for port, value, m in node.sent if port == "audio"]
    assert max(len(samples) for samples, _ in messages) <= longest * RATE
    silence = np.zeros(5 * RATE, np.float32)
    whole = np.concatenate([SOUND, silence, SOUND, silence])
    np.testing.assert_array_equal(np.concatenate([samples for samples, _ in messages]), whole)
    metadata = [m for _, m in messages]
    assert [m["seq"] for m in metadata] == list(range(len(messages)))
    assert [m["fin"] for m in metadata] == [False] * (len(messages) - 1) + [True]
    for sentence in (0, 1):
        numbers = [m["fragment_index"] for m in metadata if m["sentence_index"] == sentence]
        assert numbers == list(range(len(numbers)))
    ends = np.cumsum([len(samples) for samples, _ in messages]) / RATE
    starts = [m["start_s"] for m in metadata]
    np.testing.assert_allclose(starts, [0, *ends[:-1]], atol=1e-6)
    ((_, reply),) = node.replies()
    assert (reply["fragments"], reply["tokens"]) == (len(messages), 150)
    assert reply["audio_s"] == pytest.approx(ends[-1], abs=1e-3)


def test_words_leave_with_the_message_they_end_in():
    node = sent(max_message=0.5)
    begins = {m["seq"]: m["start_s"] for _, m in node.on("audio")}
    told = [
        (m["seq"], word, end)
        for words, m in node.on("words")
        for word, end in zip(words, m["ends_s"], strict=True)
    ]
    assert [word for _, word, _ in told] == [
        *["One", "two", "three", "four", "five", "six"],
        "More",
    ]
    for seq, _, end in told:
        assert begins[seq] <= end <= begins.get(seq + 1, end) + 1e-9


def test_no_limit_and_one_message_per_text_leave_everything_whole():
    assert len(sent(max_message=0).on("audio")) == 4
    assert len(sent(return_fragment=False, max_message=0.5).on("audio")) == 1


# ------------------------------------------------------------------------------ player profiles


def test_a_player_sets_what_it_needs_and_what_is_said_comes_first():
    settings = Settings.load(environ={"PLAYER": "pyaudio"})
    assert (settings.max_message, settings.max_ahead) == (1.0, 2.0)
    assert (settings.peak_limit, settings.sample_rate) == (0.46, 48_000)
    settings = Settings.load(environ={"PLAYER": "pyaudio", "PEAK_LIMIT": "0.2", "MAX_AHEAD": "0"})
    assert (settings.peak_limit, settings.max_ahead, settings.sample_rate) == (0.2, 0.0, 48_000)
    assert Settings.load(environ={}).peak_limit == 1.0


def test_an_unknown_player_is_refused():
    with pytest.raises(SettingError, match="player"):
        validated(Settings, {"player": "alsa"}, "settings")
