"""SoVITS: semantic codes and phones to waveform."""
