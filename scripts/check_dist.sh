#!/usr/bin/env bash
# Builds wheel and sdist, checks what they say of themselves, installs each into a fresh environment and lets it speak.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
out=out/dist
rm -rf "$out" && mkdir -p "$out"
"$python" -m build --quiet --outdir "$out" .
"$python" -m twine check --strict "$out"/*
for file in "$out"/*.whl "$out"/*.tar.gz; do
	"$python" -m venv --clear "$out/venv"
	"$out/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$file"
	(cd "$out" && venv/bin/dora-mlx-tts doctor && venv/bin/dora-mlx-tts speak "It speaks." -o spoken.flac)
	echo "$file: $("$out/venv/bin/python" scripts/installed_size.py | tail -n 1)"
done
