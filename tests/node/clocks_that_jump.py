"""A clock that goes on whenever somebody looks at it, so that two looks never agree."""

from __future__ import annotations

import time


class JumpingClock:
    """Stands for `time.monotonic`.

    Attributes:
        step_s: seconds that a look takes.
    """

    step_s = 0.0

    def __init__(self):
        self._now = time.monotonic
        self._ahead_s = 0.0

    def __call__(self):
        self._ahead_s += self.step_s
        return self._now() + self._ahead_s


clock = JumpingClock()
