"""Where the time of a text goes: the node's figures, with the starter voice."""

from __future__ import annotations

import pytest
from node_fakes import FakeEngine, FakeNode, spoken

from dora_mlx_tts.config.settings import Settings
from dora_mlx_tts.node.app import serve
from dora_mlx_tts.node.metrics import WORK, NodeMeter, SpeechMeter
from dora_mlx_tts.synthesis.synthesizer import Synthesizer
from dora_mlx_tts.synthesis.work_clock import Work

PARTS = ("waiting_ms", *(f"{kind}_ms" for kind in WORK))


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_the_nodes_kinds_of_work_are_the_engines():
    assert tuple(Work) == WORK


@pytest.fixture(scope="module")
def replies(tmp_path_factory):
    environ = {"DORA_MLX_TTS_CACHE": str(tmp_path_factory.mktemp("cache"))}
    engine = Synthesizer.load(settings=Settings.load(environ=environ), warm_up=False)
    node = FakeNode()
    first = ("The morning train was late again, and so were we. ", {"segment_id": "a", "seq": 0})
    last = (
        "So we waited and talked about the weather.",
        {"segment_id": "a", "seq": 1, "fin": True},
    )
    for text, metadata in (("The weather has been fine all week long.", {}), first, last):
        node.text(text, **metadata)
    node.end()
    assert serve(node, engine, engine.settings) == 0  # on the thread that owns MLX
    return node.replies()


def test_the_parts_make_the_whole(replies):
    assert [outcome for outcome, _ in replies] == ["completed"] * 2
    for _, figures in replies:
        assert sum(figures[part] for part in PARTS) == pytest.approx(figures["total_ms"], rel=0.05)
        for part in ("front_end_ms", "prefill_ms", "tokens_ms", "sound_ms"):
            assert figures[part] > 0
    assert replies[0][1]["voice_ms"] > 0
    assert replies[1][1]["waiting_ms"] >= replies[1][1]["queue_ms"]


def test_an_engine_that_says_nothing_spends_nothing():
    ((_, figures),) = spoken(["Hello."], FakeEngine()).replies()
    assert [figures[f"{kind}_ms"] for kind in WORK] == [0.0] * len(WORK)


def test_the_node_adds_them_up():
    clock = Clock()
    node = NodeMeter(clock)
    for tokens in (1.0, 2.0):
        meter = SpeechMeter(clock.now, 5, clock)
        clock.now += 0.5
        meter.resume()
        clock.now += 4.0
        meter.pause()
        meter.worked({"tokens": tokens, "sound": 0.25, "magic": 9.0})
        node.spoken(meter.figures())
    figures = node.figures(queue_depth=0, open_texts=0)
    assert (figures.waiting_s, figures.tokens_s, figures.sound_s) == (1.0, 3.0, 0.5)
    assert figures.synthesis_s == 8.0
