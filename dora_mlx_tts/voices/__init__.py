"""Voices and the packs they use."""
