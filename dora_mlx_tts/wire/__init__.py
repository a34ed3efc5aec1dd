"""What goes over the wire, as plain records: metadata that strangers wrote, and texts that carry more than text."""
