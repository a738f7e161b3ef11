#!/usr/bin/env bash
# Compares the registration with elastix and plastimatch (Debian packages of those names): T1 heads of different people are
# registered onto one another, and carry their label maps along.
#   test/benchmark/registration-peers.sh BUILD DATA [WORK]
# BUILD holds bin/, DATA holds mri/ixi/, and WORK is for what is made (default: a temporary folder). Each of the PAIRS
# first heads (default: all ten) gets the next one's labels. All tools get 2 threads, the same volumes, an affine and then a
# B-spline transform by mutual information. Printed are means over the pairs: Dice's coefficient over the labels and of
# the brain as one, share of folded voxels, seconds of the clock and of the processors, and the most memory taken.
set -euo pipefail
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 1
fi
build=$1
data=$2/mri/ixi
if [ $# -eq 3 ]; then
  work=$3
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -r "$work"' EXIT
fi
export ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=2 OMP_NUM_THREADS=2

# elastix: what its manual recommends for heads of different people; B-spline of 12 mm.
common() {
  cat <<'END'
(FixedInternalImagePixelType "float")
(MovingInternalImagePixelType "float")
(Registration "MultiResolutionRegistration")
(Interpolator "LinearInterpolator")
(ResampleInterpolator "FinalBSplineInterpolator")
(Resampler "DefaultResampler")
(FixedImagePyramid "FixedRecursiveImagePyramid")
(MovingImagePyramid "MovingRecursiveImagePyramid")
(Optimizer "AdaptiveStochasticGradientDescent")
(Metric "AdvancedMattesMutualInformation")
(NumberOfHistogramBins 32)
(ImageSampler "RandomCoordinate")
(NewSamplesEveryIteration "true")
(HowToCombineTransforms "Compose")
(UseDirectionCosines "true")
(ErodeMask "false")
(DefaultPixelValue 0)
(WriteResultImage "false")
END
}
{
  common
  cat <<'END'
(Transform "AffineTransform")
(AutomaticTransformInitialization "true")
(AutomaticTransformInitializationMethod "CenterOfGravity")
(AutomaticScalesEstimation "true")
(NumberOfResolutions 3)
(MaximumNumberOfIterations 250)
(NumberOfSpatialSamples 2048)
END
} >"$work/affine.txt"
{
  common
  cat <<'END'
(Transform "BSplineTransform")
(FinalGridSpacingInPhysicalUnits 12)
(NumberOfResolutions 4)
(MaximumNumberOfIterations 500)
(NumberOfSpatialSamples 4096)
END
} >"$work/bspline.txt"

# Runs a command, and appends its seconds of the clock and of the processors and its KiB of memory to a file.
measure() {
  local to=$1
  shift
  if ! /usr/bin/time -a -o "$to" -f "%e %U %S %M" "$@" >"$work/log" 2>&1; then
    cat "$work/log" >&2
    exit 2
  fi
}

mapfile -t heads < <(find "$data/" -name 'IXI*-T1_ds.nii.gz' | sort)
count=${#heads[@]}
rm -f "$work"/*.cost "$work"/*.overlap
for ((i = 0; i < ${PAIRS:-$count}; ++i)); do
  fixed=${heads[i]}
  moving=${heads[(i + 1) % count]}
  labelsOf() { echo "${1%.nii.gz}_DLMUSE.nii.gz"; }
  overlap() {
    "$build/bin/RegistrationOverlap" "$(labelsOf "$fixed")" "$(labelsOf "$moving")" "$2" >>"$work/$1.overlap"
  }

  measure "$work/ours.cost" "$build/bin/RegisterToReference" "$fixed" "$moving" "$work/ours.nii" --transform affine \
    --deformable --grid-spacing "${GRID_SPACING:-12}" --threads 2 --save-transform "$work/ours.tfm"
  overlap ours "$work/ours.tfm"

  rm -rf "$work/elastix" && mkdir "$work/elastix"
  measure "$work/elastix.cost" elastix -f "$fixed" -m "$moving" -p "$work/affine.txt" -p "$work/bspline.txt" \
    -out "$work/elastix" -threads 2
  transformix -def all -out "$work/elastix" -tp "$work/elastix/TransformParameters.1.txt" >"$work/log"
  overlap elastix "$work/elastix/deformationField.mhd"

  cat >"$work/plastimatch.txt" <<END
[GLOBAL]
fixed=$fixed
moving=$moving
vf_out=$work/plastimatch.mha

[STAGE]
xform=align_center

[STAGE]
xform=affine
optim=rsg
impl=itk
metric=mi
max_its=50
res=4 4 4

[STAGE]
xform=bspline
impl=plastimatch
metric=mi
max_its=50
res=2 2 2
grid_spac=30 30 30
regularization_lambda=0

[STAGE]
xform=bspline
impl=plastimatch
metric=mi
max_its=50
res=1 1 1
grid_spac=12 12 12
regularization_lambda=0
END
  measure "$work/plastimatch.cost" plastimatch register "$work/plastimatch.txt"
  overlap plastimatch "$work/plastimatch.mha"

  overlap unregistered none
  echo "pair $((i + 1)) is done" >&2
done
printf '%-14s %7s %9s %9s %9s %9s %9s\n' "" Dice brain folded "clock s" "CPU s" MiB
for tool in unregistered ours elastix plastimatch; do
  jq -rs '[(map(.dice) | add / length), (map(.dice_of_all) | add / length), (map(.folded) | add / length)] | @tsv' \
    "$work/$tool.overlap" | {
    read -r dice brain folded
    if [ -e "$work/$tool.cost" ]; then
      awk -v name="$tool" -v dice="$dice" -v brain="$brain" -v folded="$folded" \
        '{ clock += $1; cpu += $2 + $3; memory = $4 > memory ? $4 : memory }
         END { printf "%-14s %7.3f %9.3f %9.5f %9.1f %9.1f %9.0f\n", name, dice, brain, folded, clock / NR, cpu / NR,
                      memory / 1024 }' "$work/$tool.cost"
    else
      printf '%-14s %7.3f %9.3f %9.5f\n' "$tool" "$dice" "$brain" "$folded"
    fi
  }
done
