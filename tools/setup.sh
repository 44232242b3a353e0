#!/usr/bin/env bash
# Installs the Debian packages that pare needs and that are missing. Idempotent: says what it does, does nothing twice.
#   tools/setup.sh build    what building and the demo need
#   tools/setup.sh test     that, and what the tests need
#   tools/setup.sh dev      that, and formatting, linting and fuzzing
# docs/dependencies.md gives the reason for each package.
set -euo pipefail
cd "$(dirname "$0")/.."
group=${1:-build}

packages=(g++ cmake ninja-build pkg-config ccache mold
          libtorch-dev libgloo-dev libopenblas0-openmp libprotozero-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libfmt-dev
          zlib1g-dev libjpeg62-turbo-dev libspng-dev libjs-chart.js)
case $group in
  build) ;;
  test | dev) packages+=(libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev libzstd-dev python3 python3-onnx)
              command -v node > /dev/null || packages+=(nodejs)
              command -v npm > /dev/null || packages+=(npm) ;;
  *) echo "usage: tools/setup.sh [build|test|dev]" >&2; exit 2 ;;
esac
[ "$group" = dev ] && packages+=(clang clang-format clang-tidy libclang-rt-14-dev)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q 'install ok installed' || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || { echo "setup: these packages need root or sudo: ${missing[*]}" >&2; exit 3; }
    as_root=(sudo)
  fi
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  install() { DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; }
  # A package list that is out of date fails or finds nothing: refresh it once and try again.
  if ! install > "$log" 2>&1; then
    "${as_root[@]}" apt-get update > "$log" 2>&1 || { cat "$log" >&2; exit 3; }
    install > "$log" 2>&1 || { cat "$log" >&2; echo "setup: could not install ${missing[*]}" >&2; exit 3; }
  fi
else
  echo "setup: all Debian packages for '$group' are installed"
fi

# The real ONNX Runtime, a judge of exported files. Its own install script would fetch CUDA files: not wanted.
if [ "$group" != build ] && [ -f tests/interop/package-lock.json ] && [ ! -d tests/interop/node_modules/onnxruntime-node ]; then
  echo "setup: installing onnxruntime-node for the interop tests"
  (cd tests/interop && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    echo "setup: onnxruntime-node could not be installed; tests that need it will be skipped" >&2
fi
