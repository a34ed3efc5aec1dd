"""The names of the node's inputs and outputs, and the version of their messages."""

from typing import Final

TEXT: Final = "text"
CONTROL: Final = "control"
BUFFER_STATUS: Final = "buffer_status"
PLAYED: Final = "played"
INPUTS: Final = (TEXT, CONTROL, BUFFER_STATUS, PLAYED)
AUDIO: Final = "audio"
SEGMENT_COMPLETE: Final = "segment_complete"
STATUS: Final = "status"
LOG: Final = "log"
WORDS: Final = "words"
OUTPUTS: Final = (AUDIO, SEGMENT_COMPLETE, STATUS, LOG, WORDS)
WIRE_FORMAT: Final = 1
"""Incremented when readers or writers of these ports must change; docs/wire-format.md gives the rules."""
