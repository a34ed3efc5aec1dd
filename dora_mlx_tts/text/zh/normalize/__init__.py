"""Numbers, dates, units and signs of Chinese text, written out as words."""
