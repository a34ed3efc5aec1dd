"""Rude conversations beside the model of the node's contract, for as long as you like.

    python scripts/rude_conversations.py --minutes 60

The rules are those of `tests/node/test_rude_conversations.py`, in longer runs and with new seeds each time. What fails is
shrunk and printed as a sequence of steps, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "node")]

from test_rude_conversations import RudeConversations

EXAMPLES = 100


class Counted(RudeConversations):
    """Counts the steps that were taken."""

    steps = 0

    def check_invariants(self, *args: object, **options: object) -> None:
        """Called after every step."""
        Counted.steps += 1
        super().check_invariants(*args, **options)


def main() -> int:
    """Run until the time is over; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--steps", type=int, default=100, help="of one conversation")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    end = time.monotonic() + 60 * options.minutes
    while time.monotonic() < end:
        run_state_machine_as_test(
            Counted,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=options.steps,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        print(f"{Counted.steps} steps without a fault", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
