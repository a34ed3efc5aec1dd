"""The dora node."""

from dora_mlx_tts.node.app import run_node, serve

__all__ = ["run_node", "serve"]
