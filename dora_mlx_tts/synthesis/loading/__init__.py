"""Loads packs, prepares prompts and keeps voices ready."""
