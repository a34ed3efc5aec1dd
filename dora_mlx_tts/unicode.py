"""Text that can be written."""

from __future__ import annotations


def valid_unicode(text: str) -> str:
    """The text with its surrogate pairs joined and U+FFFD for lone surrogates, which JSON and YAML can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
