#!/usr/bin/env bash
# Installs what is missing from Debian, builds everything, and runs every test.
#   test/run.sh [BUILD_FOLDER]      default: build-test in the checkout
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build="${1:-$root/build-test}"
bash "$root/cmake/install-debian-packages.sh"
# One cache for all clones: paths below the checkout do not count.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

prefix="$build/prefix"
cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
  -DCMAKE_INSTALL_PREFIX="$prefix" >"$build.configure.log" 2>&1 || { cat "$build.configure.log"; exit 1; }
mkdir -p "$build" && mv "$build.configure.log" "$build/configure.log"
ninja -C "$build"

# An outside project against what was installed.
cmake --install "$build" >/dev/null
cmake -G Ninja -S "$root/test/consumer" -B "$build/consumer" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
ninja -C "$build/consumer"
"$build/consumer/Consumer"
"$build/consumer/TargetConsumer"

cd "$build"
ctest --output-on-failure --no-tests=error
