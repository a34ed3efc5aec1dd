"""Mandarin words to syllables and phones."""
