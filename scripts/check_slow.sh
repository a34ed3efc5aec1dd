#!/usr/bin/env bash
# What is too slow for every change: full-size networks and long runs; on a machine with a GPU also what needs one.
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python -m pytest -m "slow or gpu" "$@"
