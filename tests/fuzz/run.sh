#!/usr/bin/env bash
# Runs every fuzz target of a build folder for SECONDS each; the first finding stops it. Corpora grow in BUILD/corpus/.
set -euo pipefail
build=${1:?usage: tests/fuzz/run.sh BUILD_FOLDER SECONDS}
seconds=${2:-300}
here=$(cd "$(dirname "$0")" && pwd)
for target in "$build"/tests/fuzz/*_fuzz; do
  name=$(basename "$target")
  corpus=$build/corpus/$name
  mkdir -p "$corpus"
  seeds=()
  [ -d "$here/corpus/$name" ] && seeds=("$here/corpus/$name")
  echo "fuzz: $name for $seconds s"
  if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$build/$name-" "$corpus" "${seeds[@]}" \
    > "$build/$name.log" 2>&1; then
    tail -n 40 "$build/$name.log" >&2
    echo "fuzz: $name found something" >&2
    exit 1
  fi
  grep -E '^stat::(number_of_executed_units|peak_rss_mb)' "$build/$name.log"
done
