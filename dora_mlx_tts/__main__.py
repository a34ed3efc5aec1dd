"""``python -m dora_mlx_tts`` is the console script."""

from __future__ import annotations

import sys

from dora_mlx_tts.main import main

if __name__ == "__main__":
    sys.exit(main())
