#!/usr/bin/env bash
# Runs this node among others that it fetches from PyPI, each set in an environment of its own under out/neighbours.
# dora-pyaudio is built from source: on Debian, apt install portaudio19-dev libasound2-dev.
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python -m pytest -m neighbours tests/neighbours "$@"
