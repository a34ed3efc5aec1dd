"""The order of a tensor's axes in a pack's file: as its network wants them, so that loading transposes nothing.

Only speed depends on it. A tensor's shape is the checkpoint's in any case, and a network copes with every order.
"""

from __future__ import annotations

import re

_INPUTS_FIRST, _TAPS_FIRST = (1, 0), (2, 1, 0)
_MATRIX, _CONVOLUTION = 2, 3

# Products of one row, which a step of T2S consists of, want the inputs first where the output is wide.
_STEPPED = re.compile(
    r"model\.(h\.layers\.\d+\.(self_attn\.(in_proj_weight|out_proj\.weight)|linear[12]\.weight)"
    r"|ar_predict_layer\.weight)$"
)
# Convolutions are computed as a sum of matrix products, one a tap. Others: transposed ones and those in groups.
_TAPPED = re.compile(r"(?!.*\b(ups|pos_conv_embed|conv_pos_embed|dwconv)\.).*\.weight$")


def memory_order(part: str, key: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The order of the axes in the file, or None for row-major.

    Args:
        part: "t2s", "sovits", …
        key: the checkpoint's.
        shape: in the checkpoint's layout: [O, I] or [O, I, k].
    """
    if part == "t2s":
        wide = len(shape) == _MATRIX and shape[0] >= shape[1] and _STEPPED.match(key)
        return _INPUTS_FIRST if wide else None
    turned = len(shape) == _CONVOLUTION and shape[2] > 1 and shape[1] > 1
    return _TAPS_FIRST if turned and _TAPPED.match(key) else None
