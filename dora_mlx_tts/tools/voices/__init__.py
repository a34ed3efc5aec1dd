"""Creates, imports and checks voices."""
