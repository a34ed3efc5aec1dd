"""Spectrograms to samples, for SoVITS v3 (BigVGAN) and v4 and v5 (HiFi-GAN)."""
