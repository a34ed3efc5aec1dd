"""Figures follow a scripted clock."""

from __future__ import annotations

import pytest

from dora_mlx_tts.node.metrics import NO_AUDIO, NodeMeter, SpeechMeter


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_figures_of_a_spoken_text():
    clock = Clock()
    meter = SpeechMeter(received_s=99.0, characters=5, clock=clock)
    meter.resume()
    clock.now = 100.5
    meter.produced()
    meter.sent(1.0, tokens=25)
    clock.now = 101.0
    meter.produced()
    meter.sent(1.5, tokens=30)
    clock.now = 101.25
    figures = meter.figures()
    assert figures.queue_ms == pytest.approx(1000)
    assert figures.ttfb_ms == pytest.approx(1500)
    assert figures.synthesis_ms == pytest.approx(1250)
    assert figures.rtf == pytest.approx(0.5)
    assert (figures.audio_s, figures.fragments, figures.tokens) == (2.5, 2, 55)
    assert figures.characters == 5


@pytest.mark.parametrize("produced", [False, True])
def test_without_audio_there_is_no_ttfb_and_no_rtf(produced):
    meter = SpeechMeter(99.0, 5, Clock())
    meter.resume()
    if produced:  # made, but nobody wanted it any more
        meter.produced()
    figures = meter.figures()
    assert (figures.ttfb_ms, figures.rtf, figures.audio_s) == (NO_AUDIO, NO_AUDIO, 0.0)


def test_a_text_that_never_began_only_waited():
    figures = SpeechMeter(99.0, 5, Clock()).figures()
    assert figures.queue_ms == pytest.approx(1000)
    assert figures.synthesis_ms == 0


def test_the_node_counts_and_sums():
    clock = Clock()
    meter = NodeMeter(clock)
    for name in ["received", "received", "completed", "error", "refused"]:
        meter.count(name)
    speech = SpeechMeter(99.0, 1, clock)
    speech.resume()
    clock.now += 2
    speech.sent(4.0, tokens=100)
    meter.spoken(speech.figures())
    figures = meter.figures(queue_depth=3, open_texts=4)
    assert (figures.received, figures.completed, figures.errors, figures.refused) == (2, 1, 1, 1)
    assert (figures.queue_depth, figures.open_texts) == (3, 4)
    assert (figures.audio_s, figures.synthesis_s, figures.uptime_s) == (4.0, 2.0, 2.0)
    assert figures.as_metadata()["received"] == 2
