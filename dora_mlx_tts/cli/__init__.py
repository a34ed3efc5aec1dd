"""Commands of the console script, one per file."""
