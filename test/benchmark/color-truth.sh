#!/usr/bin/env bash
# Measures whether colors are right: on scans of a body whose photographs are known, with those photographs left out.
#   test/benchmark/color-truth.sh BUILD DATA [WORK]
# BUILD holds bin/, DATA holds pairs/ and cryosection/vhm_slices/, and WORK is for what is made (default: a temporary
# folder). In WORK are left PAIR.json with all values, and PAIR.png: scan, each result, photograph.
#
# Every slice is colored without what its own photograph shows. Slices are tested in folds, those whose numbers leave
# the same rest, 18 mm or more apart; for each fold an atlas is built without the levels of its slices and their
# neighbors to 4 mm. The network that comes with the module was trained on photographs of this body, most of the tested
# ones among them.
#   METHODS="atlas network slices"   what is measured (default: atlas). slices gets photographs 5 to 20 mm away.
#   LUMINANCES="fused source reference"   luminances of atlas (default: these)
#   PAIRS="vhm_head_mri_upper ..."   scans (default: all three)
#   FULL=1                           all folds of CT, not just two
set -euo pipefail
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 1
fi
build=$1
data=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ $# -eq 3 ]; then
  work=$3
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -r "$work"' EXIT
fi
read -r -a methods <<<"${METHODS:-atlas}"
read -r -a luminances <<<"${LUMINANCES:-fused source reference}"
read -r -a pairs <<<"${PAIRS:-vhm_head_mri_upper vhm_fresh_ct_a vhm_fresh_ct_b}"
for method in "${methods[@]}"; do
  case $method in
    atlas | network | slices) ;;
    *)
      echo "METHODS has '$method', but knows atlas, network and slices." >&2
      exit 1
      ;;
  esac
done
photographs=$data/cryosection/vhm_slices
nearest=4   # mm; a level is 1 mm
farthest=20 # mm

# Runs a step, says how long it took, and shows what it said if it failed.
step() {
  local name=$1 begin=$SECONDS
  shift
  if ! "$@" >"$work/step.log" 2>&1; then
    cat "$work/step.log" >&2
    echo "$name failed." >&2
    exit 2
  fi
  echo "$name: $((SECONDS - begin)) s" >&2
}

for pair in "${pairs[@]}"; do
  scan=$data/pairs/$pair.nii.gz
  truth=$data/pairs/${pair}_color
  case $pair in
    *head*)
      recipe=$root/models/visible-human-head.json
      spacing=1
      folds=4
      tested="0 1 2 3"
      ;;
    *)
      recipe=$work/trunk.json
      spacing=2
      folds=6
      tested="0 3"
      [ -z "${FULL:-}" ] || tested="0 1 2 3 4 5"
      ;;
  esac
  results=()
  all=
  for fold in $tested; do
    slices=
    ranges=
    levels=()
    for photograph in "$truth"/slice*_level*.png; do
      [[ $photograph =~ slice([0-9]+)_level([0-9]+)\.png$ ]]
      slice=$((10#${BASH_REMATCH[1]}))
      level=$((10#${BASH_REMATCH[2]}))
      if [ $((slice % folds)) -eq "$fold" ]; then
        slices+=${slices:+,}$slice
        ranges+=${ranges:+,}$((level > nearest ? level - nearest : 1))-$((level + nearest))
        levels+=("$level")
      fi
    done
    all+=${all:+,}$slices
    for method in "${methods[@]}"; do
      name=$work/$pair-$fold
      case $method in
        atlas)
          if [ "$recipe" = "$work/trunk.json" ]; then
            # The levels around both scans: the rest of the body only takes time.
            jq '.volumes |= map(.first = 450 | .last = 950)' "$root/models/visible-human-body.json" >"$recipe"
          fi
          step "$pair, fold $fold: atlas" "$build/bin/BuildColorAtlas" "$recipe" "$name-atlas.nrrd" \
            --folder "$data/cryosection" --spacing "$spacing" --leave-out "$ranges"
          for luminance in "${luminances[@]}"; do
            color=$name-$luminance.nii.gz
            step "$pair, fold $fold: $luminance" "$build/bin/ColorizeFromReference" "$scan" "$color" \
              --reference "$name-atlas.nrrd" --method atlas --luminance "$luminance"
            results+=(--result "atlas, $luminance=$color:$slices")
          done
          rm "$name-atlas.nrrd"
          ;;
        slices)
          references=()
          for photograph in "$photographs"/vhm-???[05].jpeg; do
            [[ $photograph =~ vhm-([0-9]+)\.jpeg$ ]]
            number=$((10#${BASH_REMATCH[1]}))
            distance=$((farthest + 1))
            for level in "${levels[@]}"; do
              apart=$((number > level ? number - level : level - number))
              distance=$((apart < distance ? apart : distance))
            done
            if [ "$distance" -gt "$nearest" ] && [ "$distance" -le "$farthest" ]; then
              references+=("$photograph")
            fi
          done
          step "$pair, fold $fold: slices by ${#references[@]} photographs" "$build/bin/ColorizeFromReference" "$scan" \
            "$name-slices.nii.gz" --reference "${references[@]}" --method slices
          results+=(--result "slices=$name-slices.nii.gz:$slices")
          ;;
        network) ;;
      esac
    done
  done
  if [[ " ${methods[*]} " == *" network "* ]]; then
    step "$pair: network" "$build/bin/ColorizeWithNetwork" "$scan" "$work/$pair-network.nii.gz"
    results+=(--result "network=$work/$pair-network.nii.gz:$all")
  fi
  echo "$pair:"
  "$build/bin/ColorTruth" "$scan" --photographs "$truth" "${results[@]}" --progress none \
    --json "$work/$pair.json" --picture "$work/$pair.png"
done
