#!/usr/bin/env bash
# Measures many callers at once on this machine's GPU, starter voice and full size, the most important first, in about four minutes.
#
#   OUT=out/crowd bash scripts/measure_crowd.sh
set -euo pipefail
cd "$(dirname "$0")/.."
out="${OUT:-out/crowd}"
mkdir -p "$out"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1 DEVICE="${DEVICE:-gpu}"

crowd() { # name, then options; what was measured before the limit is kept
  local name="$1"
  shift
  echo "== $name, $(date +%T)"
  timeout -k 5 "${LIMIT:-100}" python benchmarks/crowd.py --sentences 2 --limit "${EACH:-30}" --json "$out/$name.json" "$@" \
    >"$out/$name.log" 2>&1 || echo "$name: ended with $?" >&2
  tail -n 40 "$out/$name.log"
}

crowd starter --policies parts,apart,windows --crowds 1,16,32
crowd v2 --size v2 --policies parts,windows --crowds 1,16,32
crowd starter-more --policies windows,parts --crowds 64 --rates 10,20 --seconds 4
crowd v2-more --size v2 --policies windows,parts --rates 5 --seconds 4
FREED_MEMORY=1000000 crowd starter-unlimited --policies windows --crowds 32
FREED_MEMORY=256 crowd starter-256 --policies windows --crowds 32
