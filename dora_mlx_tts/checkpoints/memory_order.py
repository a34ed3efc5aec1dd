"""The order of a tensor's axes in a pack's file: as its network wants them, so that loading never transposes.

It only affects speed. A tensor's shape is always that of the checkpoint, and networks accept every order.
"""

from __future__ import annotations

import re

_INPUTS_FIRST, _TAPS_FIRST = (1, 0), (2, 1, 0)
_MATRIX, _CONVOLUTION = 2, 3

# Products with a single row, as in a T2S step, are faster with the inputs first if the output is wide.
_STEPPED = re.compile(
    r"model\.(h\.layers\.\d+\.(self_attn\.(in_proj_weight|out_proj\.weight)|linear[12]\.weight)"
    r"|ar_predict_layer\.weight)$"
)
# Convolutions are computed as a sum of matrix products, one per tap. Exceptions: transposed and grouped ones.
_TAPPED = re.compile(r"(?!.*\b(ups|pos_conv_embed|conv_pos_embed|dwconv)\.).*\.weight$")


def memory_order(part: str, key: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The order of the axes in the file, or None for row-major.

    Args:
        part: "t2s", "sovits", …
        key: key in the checkpoint.
        shape: shape in the checkpoint's layout: [O, I] or [O, I, k].
    """
    if part == "t2s":
        wide = len(shape) == _MATRIX and shape[0] >= shape[1] and _STEPPED.match(key)
        return _INPUTS_FIRST if wide else None
    turned = len(shape) == _CONVOLUTION and shape[2] > 1 and shape[1] > 1
    return _TAPS_FIRST if turned and _TAPPED.match(key) else None
