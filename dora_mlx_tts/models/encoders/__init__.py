"""Networks that encode a reference recording or a text."""
