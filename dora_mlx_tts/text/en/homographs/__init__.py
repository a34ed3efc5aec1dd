"""English words with several pronunciations, told apart by context."""
