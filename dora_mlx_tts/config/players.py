"""The needs of known players, as defaults of the settings for outgoing audio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from dora_mlx_tts.config.values import word

PlayerName = Literal["default", "pyaudio"]

PLAYERS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "default": MappingProxyType({}),
        # dora-pyaudio plays one second of a message while another waits, multiplies by 70,000, opens the sound
        # card at the first message's rate, and has a queue of ten by default.
        "pyaudio": MappingProxyType(
            {"max_message": 1.0, "max_ahead": 2.0, "peak_limit": 0.46, "sample_rate": 48_000}
        ),
    }
)
"""Settings by player; values in the file or the environment take precedence."""


def with_player(values: object) -> object:
    """Settings, completed with those of their player."""
    if not isinstance(values, Mapping):
        return values
    profile = PLAYERS.get(str(word(values.get("player", "default"))), {})
    return {**profile, **values}


def order_marks(said: dict[str, Any], otherwise: Callable[[str], Any], remarks: list[str]) -> None:
    """Make sure that the low buffer mark is below the high one if the environment sets one of them.

    Args:
        said: settings in the environment; the low mark is changed there.
        otherwise: returns a setting's value if the environment does not set it.
        remarks: receives a sentence about the change.
    """
    low, high = (float(said.get(n, otherwise(n))) for n in ("buffer_low", "buffer_high"))
    if low >= high and not said.keys().isdisjoint({"buffer_low", "buffer_high"}):
        said["buffer_low"] = high / 2
        remarks.append(f"buffer_low must be below buffer_high, got {low:g}; using {high / 2:g}")
