#!/usr/bin/env bash
# Measures many callers at once on this machine's GPU, starter voice and full size, in about four minutes.
#
#   OUT=out/crowd bash scripts/measure_crowd.sh
set -euo pipefail
cd "$(dirname "$0")/.."
out="${OUT:-out/crowd}"
mkdir -p "$out"
export PYTHONPATH="$PWD" DEVICE="${DEVICE:-gpu}"

crowd() { # name, then options
  local name="$1"
  shift
  echo "== $name"
  timeout "${LIMIT:-100}" python benchmarks/crowd.py --sentences 2 --json "$out/$name.json" "$@" ||
    echo "$name did not end in time" >&2
}

crowd starter --policies parts,windows --crowds 1,16,32,64 --rates 10 --seconds 4
crowd starter-apart --policies apart --crowds 1,16,32 --rates 10 --seconds 3
FREED_MEMORY=1000000 crowd starter-unlimited --policies windows --crowds 32
FREED_MEMORY=256 crowd starter-256 --policies windows --crowds 32
crowd v2 --size v2 --policies parts,windows --crowds 1,16,32 --rates 5 --seconds 4
