"""Print what each package of an environment takes on disk: `python scripts/installed_size.py` in that environment.

Sizes are of the blocks that files take, bytecode included where the installer wrote it. pip and setuptools
are the environment's own and not counted.
"""

from __future__ import annotations

from importlib import metadata

UNCOUNTED = {"pip", "setuptools", "wheel"}
BLOCK = 512
MB = 1 << 20


def size(package: metadata.Distribution) -> tuple[int, int]:
    """Bytes on disk, and how many of them are bytecode."""
    whole = bytecode = 0
    for file in package.files or ():
        try:
            taken = file.locate().stat().st_blocks * BLOCK  # type: ignore[attr-defined]
        except OSError:
            continue
        whole += taken
        bytecode += taken if file.suffix == ".pyc" else 0
    return whole, bytecode


def main() -> None:
    """Print a table, largest first."""
    sizes = {
        f"{package.name} {package.version}": size(package)
        for package in metadata.distributions()
        if package.name not in UNCOUNTED
    }
    print("| package | MB | of it bytecode |\n| -- | --: | --: |")
    rows = sorted(sizes.items(), key=lambda item: -item[1][0])
    total = tuple(map(sum, zip(*sizes.values(), strict=True)))
    for name, (whole, bytecode) in [*rows, ("**all**", total)]:
        print(f"| {name} | {whole / MB:.1f} | {bytecode / MB:.1f} |")


if __name__ == "__main__":
    main()
