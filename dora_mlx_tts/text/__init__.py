"""From text to phones: pure Python, no networks."""
