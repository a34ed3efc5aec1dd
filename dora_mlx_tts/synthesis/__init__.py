"""Turns sentences into audio fragments."""
