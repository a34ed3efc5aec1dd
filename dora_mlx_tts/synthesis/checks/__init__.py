"""Checks of decoded tokens, spoken content and audio."""
