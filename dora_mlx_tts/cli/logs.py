"""What the command line logs, and how much of it."""

from __future__ import annotations

import logging
import sys


def log_to_stderr(*, verbose: bool) -> None:
    """Warnings in plain words, or everything with where it comes from."""
    level = logging.DEBUG if verbose else logging.WARNING
    form = "%(levelname)s %(name)s: %(message)s" if verbose else "%(message)s"
    root = logging.getLogger()
    logging.basicConfig(level=level, stream=sys.stderr, format=form)
    root.setLevel(level)
    for handler in root.handlers:
        if verbose:
            handler.setFormatter(logging.Formatter(form))
