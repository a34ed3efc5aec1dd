"""Find the data files of packages we depend on without importing the packages.

Importing pypinyin builds a prefix tree, which costs more time than the first sentence has. Its data
files are all that is needed here.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from dora_mlx_tts.errors import LanguageError


@cache
def package_file(package: str, name: str) -> Path:
    """Path of the data file `name` of an installed package.

    Raises:
        LanguageError: the package is not installed or has no such file.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, name)
        if path.is_file():
            return path
    state = f"has no file {name!r} in its installed version" if spec else "is not installed"
    raise LanguageError(f"Mandarin needs the package {package!r}, which {state}; reinstall it")
