#!/usr/bin/env bash
# Colours a real MRI head with the colours of one photograph, and renders it.
#   examples/demo.sh [OUTPUT_FOLDER]      default: demo-output in the current folder
# On Debian 12 it installs what is missing (as root), and builds the programs.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
output="${1:-demo-output}"
build="$root/build-demo"
bash "$root/cmake/install-debian-packages.sh"
# One cache for all clones: paths below the checkout do not count.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

mkdir -p "$build" "$output"
echo "Building the programs (minutes, the first time) ..."
{
  cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache && ninja -C "$build" ColorizeFromReference RenderColorVolume
} >"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }

"$build/bin/ColorizeFromReference" \
  /usr/share/mricron/templates/ch2.nii.gz "$output/color.nrrd" \
  --reference /usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png \
  --slices "$output/slices.png" --render "$output/render.png" --report "$output/report.json"
