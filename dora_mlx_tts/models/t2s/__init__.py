"""The autoregressive text-to-semantic network and its decoding."""
