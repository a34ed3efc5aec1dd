#!/bin/bash
# The whole training on one machine with a GPU or two, in the background; usage: device.sh STAGE [ARGS]
#   start GEN TOK S2 S1: the teacher reads for GEN seconds on both GPUs; then SoVITS trains on GPU 0 for S2 seconds, with the
#         old tokenizer's codes until the new ones are there, and on GPU 1 the tokenizer for TOK seconds, then the
#         text-to-semantic decoder for S1 seconds
#   pack GEN S1 ALL JUDGE: on one GPU, from the pack in pack/ (its tokenizer is kept) and start/s2_rest.pt: the teacher reads for
#         GEN seconds; then the decoder trains for S1 seconds, the recogniser for JUDGE, and, beside them, SoVITS until ALL
#         seconds after the call
#   look: how far everything is      home FOLDER FILES: what has come out, cut into parts of 15 MB
# $SV holds what the stages need: onnx parts, src/ (kokoro, config.json), voices/, tok/, start/ (s1.pt, s2.pt, s2_rest.pt,
# references.pt), corpus.jsonl.gz, gs/, code/. Whatever hangs is ended; checkpoints are written all the while.
set -u
SV=${SV:-$HOME/sv}
export GS=$SV/gs PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export PYTHONPATH=$SV/code:$SV/package${PYTHONPATH:+:$PYTHONPATH}
cd "$SV" || exit 1
BEGUN=$(date +%s)
WORKERS=${WORKERS:-15}
DEVICE=${DEVICE:-cuda}
PYTHON=${PYTHON:-python3}
GPUS=$(nvidia-smi --list-gpus 2> /dev/null | wc -l)
[ "$GPUS" -gt 0 ] || GPUS=1

limited() { # SECONDS COMMAND: ends it, if it must, a little later than it should end itself
  timeout -k 5 "$(($1 + 25))" "$PYTHON" "${@:2}"
}

unpacked() { # FILE, to stdout
  if command -v xz > /dev/null; then xz -dc "$1"; else "$PYTHON" -c "import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)" "$1"; fi
}

prepare() {
  mkdir -p data out log
  # an allocation on the host, which no CUDA graph may hold
  sed -i 's/torch.zeros(x.size(0)).to(dtype=x.dtype, device=x.device)/torch.zeros(x.size(0), dtype=x.dtype, device=x.device)/' gs/module/modules.py
  if [ -f kokoro.onnx.xz ]; then unpacked kokoro.onnx.xz > kokoro.onnx; else cat part*.bin > kokoro.onnx; fi
  [ -f corpus.jsonl.gz ] || unpacked corpus.jsonl.xz | gzip -1 > corpus.jsonl.gz
  limited 60 code/teacher.py kokoro.onnx src kt.pt 2>&1 | grep teacher:
}

read_aloud() { # SECONDS
  for i in $(seq 0 $((WORKERS - 1))); do
    CUDA_VISIBLE_DEVICES=$((i % GPUS)) limited "$1" code/synthesize.py "$i" "$WORKERS" "$1" "$DEVICE" corpus.jsonl.gz data src kt.pt voices > "log/gen$i" 2>&1 &
  done
  wait
}

acoustic() { # SECONDS
  export CUDA_VISIBLE_DEVICES=0 OMP_NUM_THREADS=4
  "$PYTHON" code/encode.py data tok codes_old cuda whole > log/encode_old 2>&1
  until [ -f start/s2_rest.pt ]; do sleep 1; done
  "$PYTHON" code/train_sovits.py --data data --tokenizer tok --codes codes_old --later codes --later-tokenizer out/tok --out out \
    --batch 20 --rate 3e-4 --start start --seconds "$1" > log/s2 2>&1
}

tokens() { # SECONDS SECONDS
  export CUDA_VISIBLE_DEVICES=1 OMP_NUM_THREADS=4
  "$PYTHON" code/train_tokenizer.py --data data --start tok --out out/tok --seconds "$1" > log/tok 2>&1
  "$PYTHON" code/encode.py data out/tok codes cuda > log/encode 2>&1
  "$PYTHON" code/train_gpt.py --data data --codes codes --out out --seconds "$2" > log/s1 2>&1
}

from_pack() { # which may arrive while the teacher reads
  until [ -f pack/done ]; do sleep 1; done
  [ -f start/s2_rest.pt ] || unpacked start/s2_rest.pt.xz > start/s2_rest.pt
  limited 60 code/from_pack.py pack . > log/from_pack 2>&1
  touch start/done
}

case $1 in
start)
  prepare
  read_aloud "$2"
  acoustic "$4" &
  tokens "$3" "$5" &
  wait ;;
pack)
  prepare
  from_pack &
  read_aloud "$2"
  until [ -f start/done ]; do sleep 1; done
  export OMP_NUM_THREADS=3
  limited 100 code/encode.py data tok codes "$DEVICE" > log/encode 2>&1
  [ -f deadline ] || echo $((BEGUN + $4)) > deadline # a later call may set another time
  left=$(($(cat deadline) - $(date +%s)))
  echo "$left s left for SoVITS" > log/left
  {
    limited "$3" code/train_gpt.py --data data --codes codes --out out --start start/s1.pt --references start/references.pt \
      --rate 4e-4 --seconds "$3" --device "$DEVICE" ${STEPS:+--steps $STEPS} > log/s1 2>&1
    limited "$5" code/train_recogniser.py --data data --out out --seconds "$5" \
      --device "$DEVICE" --hours "${HOURS:-60}" ${STEPS:+--steps $STEPS} > log/recogniser 2>&1
  } &
  limited "$left" code/train_sovits.py --data data --tokenizer tok --codes codes --out out --batch "${BATCH:-20}" --rate 2.5e-4 \
    --start start --references start/references.pt --prior-only --settle "${SETTLE:-250}" --seconds "$left" --save-every 60 \
    --device "$DEVICE" --hours "${HOURS:-60}" ${STEPS:+--steps $STEPS} > log/s2 2>&1 &
  wait
  echo "all done" > log/done ;;
look)
  date +%T
  echo "$(ls data/*.json 2> /dev/null | wc -l) parts, $(du -sm data | cut -f1) MB"
  tail -qn 1 log/gen0 log/gen1 log/from_pack log/encode* log/left 2> /dev/null
  tail -qn "${2:-2}" log/tok log/s2 log/s1 log/recogniser 2> /dev/null
  nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader 2> /dev/null ;;
home)
  cd out || exit 1
  for f in $3; do
    n=$(basename "$f")
    [ -f "$f" ] && case $f in *.json) cp "$f" "$2/" ;; *) split -b 15000000 -d -a 1 "$f" "$2/$n." ;; esac
  done
  ls -la "$2" ;;
esac
