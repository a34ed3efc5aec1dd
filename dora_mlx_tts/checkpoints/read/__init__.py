"""Reads checkpoint files without executing anything in them."""
