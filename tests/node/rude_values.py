"""Values of the messages in `test_rude_conversations.py`."""

from __future__ import annotations

import pyarrow as pa

SESSIONS = ["a", "b", 3, None]
BAD_VALUES = {
    "settings": {"speed": "fast"},
    "protocol": {"fin": "perhaps"},
    "seq": {"seq": "9" * 23},
    "value": None,
}
STRANGE_COMMANDS = [
    "{broken",
    "",
    "dance",
    "set:",
    "set:speed=99",
    "change_voice:ghost",
    '{"command": "cancel", "session_id": ["x"]}',
    '{"command": "cancel", "session_id": "\\ud800"}',
    '{"command": "stats", "question_id": ' + "9" * 100 + "}",
    "x" * 5000,
    pa.array([1, 2, 3]),
    pa.array([None], pa.string()),
]
