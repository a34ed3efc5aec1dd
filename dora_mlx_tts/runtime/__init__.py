"""The machine: MLX device, precision, native libraries."""
