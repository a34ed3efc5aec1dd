"""The only place that meets checkpoint files."""
