"""Player reports: how much has been played, in seconds or samples, and when that was true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from dora_mlx_tts.errors import ProtocolError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.node.protocol.arrow import one_number
from dora_mlx_tts.node.protocol.messages import Plain, Played
from dora_mlx_tts.node.protocol.metadata import read_flag, read_whole

_OLDEST_S: Final = 2.0
_LARGEST: Final = 2**53


def decode_played(
    value: object, metadata: Mapping[str, object], echo: Mapping[str, Plain], received_s: float
) -> Played:
    """Read a report: one number, in samples if the metadata has a `sample_rate`, else in seconds.

    Raises:
        ProtocolError: It is not a number, is negative, or its metadata is malformed.
    """
    number = one_number(value)
    if not 0 <= number <= _LARGEST:
        raise ProtocolError(must_be("a position", "from 0 to 2^53", number))
    rate = read_whole(metadata, "sample_rate")
    if rate == 0:
        raise ProtocolError(must_be("metadata sample_rate", "above 0", rate))
    return Played(
        position_s=number if rate is None else number / rate,
        at_s=received_s - _age_s(metadata.get("timestamp")),
        text_index=read_whole(metadata, "text_index"),
        stopped=read_flag(metadata, "stopped"),
        echo=echo,
    )


def _age_s(sent: object) -> float:
    """Age of a message by dora's time stamp; implausible stamps are ignored."""
    if not isinstance(sent, datetime) or sent.tzinfo is None:
        return 0.0
    age = (datetime.now(UTC) - sent).total_seconds()
    return age if 0 <= age <= _OLDEST_S else 0.0
