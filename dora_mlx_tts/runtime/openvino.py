"""Whether OpenVINO, an optional package, makes the sound on a Linux CPU."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any, Final, Literal

from dora_mlx_tts.errors import SettingError

GeneratorChoice = Literal["auto", "mlx", "openvino"]

_TELEMETRY: Final = "openvino_telemetry"


def load() -> Any:  # noqa: ANN401  a module without types
    """Import OpenVINO without its telemetry, which reports every import to Google Analytics.

    Where that package cannot be imported, which None in `sys.modules` means, OpenVINO does without it.

    Raises:
        ImportError: OpenVINO is not installed, or broken.
    """
    is_blocked = _TELEMETRY not in sys.modules
    if is_blocked:
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("openvino")
    finally:
        if is_blocked:
            del sys.modules[_TELEMETRY]


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
