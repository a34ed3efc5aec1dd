"""What OpenVINO, an optional package, does on a Linux CPU."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any, Final, Literal

from dora_mlx_tts.config.precision import Precision
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
    """Whether OpenVINO is to run the generator; "auto" uses it if it is installed.

    Raises:
        SettingError: it is demanded, but not installed.
    """
    if choice == "openvino":
        _require("cpu_generator must be auto or mlx", choice)
    return choice != "mlx" and _is_installed()


def is_in_8_bits(precision: Precision) -> bool:
    """Whether OpenVINO is to run the text-to-semantic network with 8-bit weights.

    Raises:
        SettingError: it is demanded, but not installed.
    """
    if precision == "int8":
        _require("precision must be auto or float32", precision)
    return precision == "int8"


def _is_installed() -> bool:
    return importlib.util.find_spec("openvino") is not None


def _require(allowed: str, value: str) -> None:
    if not _is_installed():
        raise SettingError(
            f"{allowed} without the package openvino (pip install 'dora-mlx-tts[openvino]'), got {value!r}"
        )
