"""Korean words to phones."""
