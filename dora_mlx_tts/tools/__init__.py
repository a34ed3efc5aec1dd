"""Tools of the command line that no synthesis needs."""
