"""Converts GPT-SoVITS checkpoints into voice packs, offline."""
