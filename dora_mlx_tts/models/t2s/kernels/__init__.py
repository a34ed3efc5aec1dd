"""Sources of kernels for GPUs."""
