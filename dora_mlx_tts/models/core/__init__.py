"""Layers and operations that the networks share."""
