"""Markdown, speech markup (a subset of SSML) and reading notes."""
