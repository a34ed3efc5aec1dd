"""Sessions, texts and turns: who speaks next, and what is cancelled."""
