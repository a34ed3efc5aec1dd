"""Whether OpenVINO, an optional package, makes the sound on a Linux CPU."""

from __future__ import annotations

import importlib.util
from typing import Literal

from dora_mlx_tts.errors import SettingError

GeneratorChoice = Literal["auto", "mlx", "openvino"]


def is_chosen(choice: GeneratorChoice) -> bool:
    """Whether OpenVINO is to be used; "auto" uses it if it is installed.

    Raises:
        SettingError: it is demanded, but not installed.
    """
    if choice == "mlx":
        return False
    is_installed = importlib.util.find_spec("openvino") is not None
    if choice == "openvino" and not is_installed:
        raise SettingError(
            "cpu_generator must be auto or mlx without the package openvino"
            " (pip install 'dora-mlx-tts[openvino]'), got 'openvino'"
        )
    return is_installed
