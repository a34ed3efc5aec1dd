"""Numbers, units and signs of Korean text, written out as words."""
