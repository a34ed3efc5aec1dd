"""Tools of the command line that synthesis does not need."""
