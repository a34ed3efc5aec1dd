"""Conditional flow matching: features to a mel spectrogram, for SoVITS v3, v4 and v5."""
