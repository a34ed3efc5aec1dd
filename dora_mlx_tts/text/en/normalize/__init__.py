"""Numbers, dates, units and signs of English text, written out as words."""
