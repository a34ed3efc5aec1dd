"""Spectrograms to samples, for SoVITS v3 (BigVGAN) and v4 (HiFi-GAN)."""
