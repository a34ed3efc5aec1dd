#!/bin/bash
# The whole training on one machine with two GPUs, in the background; usage: device.sh STAGE [ARGS]
#   start GEN TOK S2 S1: the teacher reads for GEN seconds on both GPUs; then SoVITS trains on GPU 0 for S2 seconds, with the
#         old tokenizer's codes until the new ones are there, and on GPU 1 the tokenizer for TOK seconds, then the
#         text-to-semantic decoder for S1 seconds
#   more GEN S1 S2 FROM TO: on one GPU, with the tokenizer in tok/: the teacher reads for GEN seconds, the decoder goes on for S1
#         seconds (0: not at all), SoVITS for S2 seconds, from part FROM to part TO of its schedule
#   look: how far everything is      home FOLDER FILES: what has come out, cut into parts of 15 MB
# $SV holds what the stages need: onnx parts, src/ (kokoro, config.json), voices/, tok/, start/ (s1.pt, s2.pt, s2_rest.pt), corpus.jsonl.gz, gs/, code/
set -u
SV=${SV:-$HOME/sv}
export GS=$SV/gs PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd "$SV" || exit 1
WORKERS=10
GPUS=$(nvidia-smi --list-gpus | wc -l)

prepare() {
  mkdir -p data out log
  # an allocation on the host, which no CUDA graph may hold
  sed -i 's/torch.zeros(x.size(0)).to(dtype=x.dtype, device=x.device)/torch.zeros(x.size(0), dtype=x.dtype, device=x.device)/' gs/module/modules.py
  cat part*.bin > kokoro.onnx
  python3 code/teacher.py kokoro.onnx src kt.pt 2>&1 | grep teacher:
}

read_aloud() { # SECONDS
  for i in $(seq 0 $((WORKERS - 1))); do
    CUDA_VISIBLE_DEVICES=$((i % GPUS)) python3 code/synthesize.py "$i" $WORKERS "$1" cuda corpus.jsonl.gz data src kt.pt voices > "log/gen$i" 2>&1 &
  done
  wait
}

acoustic() { # SECONDS
  export CUDA_VISIBLE_DEVICES=0 OMP_NUM_THREADS=4
  python3 code/encode.py data tok codes_old cuda whole > log/encode_old 2>&1
  until [ -f start/s2_rest.pt ]; do sleep 1; done
  python3 code/train_sovits.py --data data --tokenizer tok --codes codes_old --later codes --later-tokenizer out/tok --out out \
    --batch 20 --rate 3e-4 --start start --seconds "$1" > log/s2 2>&1
}

tokens() { # SECONDS SECONDS
  export CUDA_VISIBLE_DEVICES=1 OMP_NUM_THREADS=4
  python3 code/train_tokenizer.py --data data --start tok --out out/tok --seconds "$1" > log/tok 2>&1
  python3 code/encode.py data out/tok codes cuda > log/encode 2>&1
  python3 code/train_gpt.py --data data --codes codes --out out --seconds "$2" > log/s1 2>&1
}

case $1 in
start)
  prepare
  read_aloud "$2"
  acoustic "$4" &
  tokens "$3" "$5" &
  wait ;;
more)
  prepare
  read_aloud "$2"
  export OMP_NUM_THREADS=4
  python3 code/encode.py data tok codes cuda $([ "$3" = 0 ] && echo whole) > log/encode 2>&1
  [ "$3" = 0 ] || python3 code/train_gpt.py --data data --codes codes --out out --start start/s1.pt --rate 4e-4 --seconds "$3" > log/s1 2>&1
  until [ -f start/s2_rest.pt ]; do sleep 1; done
  python3 code/train_sovits.py --data data --tokenizer tok --codes codes --out out --batch 20 --rate 3e-4 --start start \
    --seconds "$4" --part "$5" "$6" > log/s2 2>&1 ;;
look)
  date +%T
  echo "$(ls data/*.json 2> /dev/null | wc -l) parts, $(du -sm data | cut -f1) MB"
  tail -qn 1 log/gen0 log/gen1 log/encode* 2> /dev/null
  tail -qn "${2:-2}" log/tok log/s2 log/s1 2> /dev/null
  nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader ;;
home)
  cd out || exit 1
  for f in $3; do
    n=$(basename "$f")
    [ -f "$f" ] && case $f in *.json) cp "$f" "$2/" ;; *) split -b 15000000 -d -a 1 "$f" "$2/$n." ;; esac
  done
  ls -la "$2" ;;
esac
