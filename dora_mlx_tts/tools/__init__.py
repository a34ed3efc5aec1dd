"""Tools for the command line that synthesis does not need."""
