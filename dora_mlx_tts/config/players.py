"""What known players need, as defaults of the settings that decide how audio leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

PlayerName = Literal["default", "pyaudio"]

PLAYERS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "default": MappingProxyType({}),
        # dora-pyaudio plays one second of a message while another waits, multiplies by 70,000, opens the sound
        # card for the first message's rate, and has a queue of ten where its dataflow says nothing.
        "pyaudio": MappingProxyType(
            {"max_message": 1.0, "max_ahead": 2.0, "peak_limit": 0.46, "sample_rate": 48_000}
        ),
    }
)
"""Settings by player; what the file or the environment says itself comes first."""


def with_player(values: object) -> object:
    """Settings with those of their player where they say nothing."""
    if not isinstance(values, Mapping):
        return values
    profile = PLAYERS.get(str(values.get("player", "default")), {})
    return {**profile, **values}


def order_marks(said: dict[str, Any], otherwise: Callable[[str], Any], remarks: list[str]) -> None:
    """Let the low mark of the player's buffer lie below the high one, where the environment sets one of them.

    Args:
        said: what the environment says; the low mark is changed there.
        otherwise: a setting's value where the environment says nothing.
        remarks: gets a sentence about the change.
    """
    low, high = (float(said.get(n, otherwise(n))) for n in ("buffer_low", "buffer_high"))
    if low >= high and not said.keys().isdisjoint({"buffer_low", "buffer_high"}):
        said["buffer_low"] = high / 2
        remarks.append(f"buffer_low must be below buffer_high, got {low:g}; using {high / 2:g}")
