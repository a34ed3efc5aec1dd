"""Conditional flow matching: features to a mel spectrogram, for SoVITS v3 and v4."""
