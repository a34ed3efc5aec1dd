"""The hands of the node: one hears, one speaks, one obeys, and what they send with."""
