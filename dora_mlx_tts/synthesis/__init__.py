"""One sentence to audio fragments."""
