"""English words to ARPAbet phones."""
