"""Pieces of texts, and a conversation whose clock stands still."""

from __future__ import annotations

from dora_mlx_tts.node.protocol.messages import TextRequest
from dora_mlx_tts.node.turns.scheduler import SpeechQueue
from dora_mlx_tts.node.turns.text_stream import StreamRules


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def queue(clock=None, limit=1000, **rules):
    return SpeechQueue(limit, StreamRules(**rules), clock=clock or Clock())


def piece(text, seq=None, *, fin=None, flush=False, status=None, **echo):
    if status is not None:
        echo["session_status"] = status
    return TextRequest(
        text,
        echo=echo,
        seq=seq,
        fin=bool(fin),
        has_fin=fin is not None,
        flush=flush,
        ended=status == "ended",
        streamed=seq is not None or fin is not None or "segment_id" in echo,
    )


def ready(talk):
    """Texts of the parts that the speaking side would get now, in order."""
    parts = []
    talk.close()
    while (utterance := talk.take()) is not None:
        while (part := talk.next_part(utterance)) is not None:
            parts.append(part)
        talk.end_part(utterance)
        talk.settle(utterance)
    return parts


def kinds(talk, *pieces):
    return [talk.receive(one).kind for one in pieces]


def tokens(text, size=3, **metadata):
    cut = [text[i : i + size] for i in range(0, len(text), size)]
    return [
        (token, {"seq": i, "fin": i == len(cut) - 1, **metadata}) for i, token in enumerate(cut)
    ]
