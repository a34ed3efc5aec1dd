"""Tables of which semantic codes each phone is spoken with."""
