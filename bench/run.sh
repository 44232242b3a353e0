#!/usr/bin/env bash
# Runs every benchmark of a build folder; each prints CSV rows or ratios measured side by side.
set -euo pipefail
build=${1:?usage: bench/run.sh BUILD_FOLDER [name...]}
shift
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for file in "$build"/bench/*_bench; do names+=("$(basename "$file")"); done
fi
for name in "${names[@]}"; do
  echo "== $name"
  "$build/bench/$name"
done
