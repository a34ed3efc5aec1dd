"""Tone sandhi, neutral tones and erhua of Mandarin."""
