"""Mandarin text divided into words."""
