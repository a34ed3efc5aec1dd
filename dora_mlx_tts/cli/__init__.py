"""Commands of the console script, one a file."""
