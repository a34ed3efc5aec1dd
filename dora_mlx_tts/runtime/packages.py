"""Problems with required packages, as messages that say what to do."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib import metadata
from typing import Final

from dora_mlx_tts.errors import BackendError

_NEEDED: Final = (
    "numpy", "pyarrow", "mlx.core", "dora", "opencc", "safetensors", "soundfile", "soxr",
    "threadpoolctl",
)  # fmt: skip
_READ: Final = ("pypinyin",)
"""Packages whose files are read; they are never imported."""
_BUILDS: Final = ("mlx-cpu", "mlx-cuda-12", "mlx-cuda-13")
_LIBRARY: Final = "mlx/lib/libmlx.so"
_DISTRIBUTIONS: Final = {"dora": "dora-rs", "yaml": "PyYAML", "_cffi_backend": "cffi"}
"""Distributions whose modules have another name."""
_COMPLETE: Final = "pip install dora-mlx-tts"
"""Installs what is missing, from wherever this package itself came."""


def explained(error: ImportError) -> BackendError:
    """Turn a failed import into an error that says what to do."""
    if "pyarrow requires numpy" in str(error).lower():
        return BackendError(
            f"pyarrow {_version('pyarrow')} does not work with numpy {_version('numpy')}:"
            " pip install 'pyarrow<26'"
        )
    name = (error.name or "").partition(".")[0]
    if name == "mlx" or "libmlx" in str(error):
        return BackendError(f"MLX is missing or incomplete ({error}): {_again('mlx')}")
    if not name:
        return BackendError(f"a package cannot be imported ({error}): {_COMPLETE}")
    again = _again(_DISTRIBUTIONS.get(name, name))
    return BackendError(f"package {name!r} cannot be imported ({error}): {again}")


def _again(name: str) -> str:
    """The command that brings a package back: one that is missing, or one whose files are broken."""
    names = (name, *(_BUILDS if name == "mlx" else ()))
    found = [f"{one}=={version}" for one in names if (version := _version(one)) != "missing"]
    needs_build = name == "mlx" and sys.platform == "linux"
    if _version(name) == "missing" or (needs_build and len(found) == 1):
        return _COMPLETE
    return f"pip install --force-reinstall --no-deps {' '.join(found)}"


def problems() -> list[str]:
    """A line for each package that cannot be imported, and for each build of MLX that another one has overwritten."""
    found = []
    for name in _NEEDED:
        try:
            importlib.import_module(name)
        except ImportError as error:
            found.append(str(explained(error)))
    for name in _READ:
        if importlib.util.find_spec(name) is None:
            missing = ModuleNotFoundError(f"No module named {name!r}", name=name)
            found.append(str(explained(missing)))
    return [*dict.fromkeys(found), *_hidden_builds()]


def _hidden_builds() -> list[str]:
    """Builds of MLX overwrite each other's library: the last one installed is used."""
    builds = {name: version for name in _BUILDS if (version := _version(name)) != "missing"}
    mlx = _version("mlx")
    found = [
        f"{name} {version} does not fit mlx {mlx}: pip install '{name}=={mlx}'"
        for name, version in builds.items()
        if version != mlx
    ]
    gpus = [name for name in builds if name != "mlx-cpu"]
    if "mlx-cpu" in builds and gpus and _owns_library("mlx-cpu"):
        again = f"pip install --force-reinstall --no-deps {gpus[0]}"
        found.append(f"mlx-cpu has overwritten the library of {gpus[0]}: {again}")
    return found


def _owns_library(name: str) -> bool:
    """Whether the installed library has the size of this build's library."""
    for file in metadata.files(name) or ():
        if str(file) == _LIBRARY:
            try:
                return file.locate().stat().st_size == file.size  # type: ignore[attr-defined,no-any-return]
            except OSError:
                return False
    return False


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
