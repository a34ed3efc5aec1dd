"""Sizes of the stages that `full_size.py` and the reference's process both run."""

PHONES = 60
PROMPT = 125
TOKENS = 125
