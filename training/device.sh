#!/bin/bash
# The whole training on one machine with two GPUs, in the background; usage: device.sh STAGE [ARGS]
#   start GEN0 GEN1 S2 S1: the teacher reads for GEN0 seconds on GPU 0 and GEN1 on GPU 1,
#         then SoVITS trains on GPU 0 for S2 seconds and the text-to-semantic decoder on GPU 1 for S1 seconds
#   look: how far everything is      home FOLDER: checkpoints cut into parts of 15 MB
# $SV holds what the stages need: onnx parts, src/ (kokoro, misaki, config.json), voices/, tok/, corpus.jsonl.gz, gs/, code/
set -u
SV=${SV:-$HOME/sv}
export GS=$SV/gs PYTHONPATH=$SV/site PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd "$SV" || exit 1

workers() { # GPU COUNT SECONDS
  for i in $(seq 1 "$2"); do
    CUDA_VISIBLE_DEVICES=$1 python3 code/synthesize.py $(($1 * 100 + i)) "$3" cuda corpus.jsonl.gz data src kt.pt voices tok \
      > "log/gen$1_$i" 2>&1 &
  done
}

tune() { # SECONDS: which form of the step is faster, measured while the teacher still reads
  for form in "" --fast; do
    # shellcheck disable=SC2086
    CUDA_VISIBLE_DEVICES=0 OMP_NUM_THREADS=4 timeout "$1" python3 code/train_sovits.py --data data --tokenizer tok --out out --tune $form
  done > log/tune 2>&1
}

acoustic() { # WORKERS GEN SECONDS
  tune "$2" &
  workers 0 "$1" "$2"
  wait
  flag=$(awk '/^tune plain/ {p=$3} /^tune fast/ {f=$3} END {if (f > 0 && f < 0.9 * p) print "--fast"}' log/tune)
  # shellcheck disable=SC2086
  CUDA_VISIBLE_DEVICES=0 OMP_NUM_THREADS=4 python3 code/train_sovits.py --data data --tokenizer tok --out out --batch 20 --rate 3.5e-4 --seconds "$3" $flag > log/s2 2>&1
}

decoder() { # WORKERS GEN SECONDS
  workers 1 "$1" "$2"
  wait
  CUDA_VISIBLE_DEVICES=1 OMP_NUM_THREADS=4 python3 code/train_gpt.py --data data --out out --seconds "$3" > log/s1 2>&1
}

case $1 in
start)
  mkdir -p data out log
  python3 -m pip install -q --no-index --no-deps --target site ./*.whl
  # an allocation on the host, which no CUDA graph may hold
  sed -i 's/torch.zeros(x.size(0)).to(dtype=x.dtype, device=x.device)/torch.zeros(x.size(0), dtype=x.dtype, device=x.device)/' gs/module/modules.py
  cat part*.bin > kokoro.onnx
  python3 code/teacher.py kokoro.onnx src kt.pt 2>&1 | grep teacher:
  acoustic 8 "$2" "$4" &
  decoder 22 "$3" "$5" &
  wait ;;
look)
  date +%T
  echo "parts $(ls data/*.json 2> /dev/null | wc -l), $(cat data/next 2> /dev/null) lines, $(du -sm data | cut -f1) MB"
  grep -L 'of speech' log/gen* 2> /dev/null | wc -l
  tail -qn 1 log/gen*_1
  tail -n 3 log/tune
  tail -n 4 log/s2 log/s1
  nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader ;;
home)
  cd out || exit 1
  for f in $3; do
    [ -f "$f" ] && case $f in *.json) cp "$f" "$2/" ;; *) split -b 15000000 -d -a 1 "$f" "$2/$f." ;; esac
  done
  ls -la "$2" ;;
esac
