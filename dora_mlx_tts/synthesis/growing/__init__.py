"""Speaking a sentence while it is being written."""
