"""What semantic codes say about phones."""
