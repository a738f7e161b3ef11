#!/usr/bin/env bash
# Makes a Python package of the module, for Debian's python3, with the part of ITK in it that the module needs.
#   wrapping/build.sh [DEST]      default: build-python/package in the checkout
#   PYTHONPATH=DEST /usr/bin/python3 -c "import itk; print(itk.ReferenceColorizationImageFilter)"
# DEST gets the package, and the same as a wheel. Needs an ITK build tree with Python wrapping, which it writes to: that
# which ITK_DIR names; else the one in ../shared/itk-python/ beside the checkout, unpacked to where it was built, or the
# one that is there already; else one that it builds from Debian's source package insighttoolkit5, which takes more than
# an hour.
# COLORIZATION_JOBS=N compiles N files at a time (default: one a processor).
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# As deep as that of test/run.sh, so that the compiler's cache has what both compile.
build="$root/build-python"
mkdir -p "$build" "${1:-$build/package}"
destination="$(cd "${1:-$build/package}" && pwd)"
python=/usr/bin/python3
jobs="${COLORIZATION_JOBS:-$(nproc)}"
bash "$root/cmake/install-debian-packages.sh"
# One cache for all clones: paths below the checkout do not count.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

wrapping_options=(
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache
  -DPython3_EXECUTABLE="$python" -DBUILD_TESTING=OFF
  -DITK_FORBID_DOWNLOADS=ON -DITK_USE_KWSTYLE=OFF -DITK_USE_CLANGFORMAT=OFF
  -DITK_USE_SYSTEM_CASTXML=ON -DCASTXML_EXECUTABLE=/usr/bin/castxml
  -DITK_USE_SYSTEM_SWIG=ON -DSWIG_EXECUTABLE=/usr/bin/swig)
# The module's documentation as docstrings; ITK's own would take long, and is known.
module_options=(-DITK_WRAP_DOC=ON -DColorization_WRAP_DOC=ON)

# Runs a command whose output is of interest only if it fails.
quietly() { # LOG COMMAND...
  local log="$1" status
  shift
  # Not by ||, which would make the command, if it is a function, go on where something in it fails.
  set +e
  (set -e; "$@") >"$log" 2>&1
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    tail -n 200 "$log" >&2
    echo "wrapping/build.sh: failed: $* (all that it said: $log)" >&2
    exit 1
  fi
}

# ITK's source as Debian has it, in the folder `source`, from where Debian's packages of it come; apt's own lists stay
# as they are.
fetch_itk_source() { # FOLDER
  local folder="$1" apt
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/parts" "$folder/apt/cache/archives/partial"
  apt-cache policy libinsighttoolkit5-dev |
    sed -nE 's|^ +[0-9]+ (http[^ ]+) ([^ /]+)/([^ ]+) .*Packages$|deb-src \1 \2 \3|p' >"$folder/apt/sources.list"
  apt=(apt-get -qq -o "Dir::State::lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt/cache"
    -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o "Dir::Etc::sourceparts=$folder/apt/parts")
  "${apt[@]}" update
  (cd "$folder" && "${apt[@]}" source insighttoolkit5)
  rm -rf "$folder/source" "$folder/apt"
  mv "$folder"/insighttoolkit5-*/ "$folder/source"
  # numpy 1.24 has no np.bool any more.
  sed -i 's/np\.bool\b/np.bool_/g' "$folder/source/Wrapping/Generators/Python/itk/support/types.py"
}

# Only what the module, its tests and its examples need.
configure_itk() { # FOLDER
  local module options=()
  for module in Common BridgeNumPy ImageIntensity Thresholding ImageGrid ConnectedComponents LabelMap DistanceMap \
    Smoothing BinaryMathematicalMorphology ImageGradient ImageSources PDEDeformableRegistration \
    RegistrationMethodsv4 IOMeta IOPNG IOJPEG IONIFTI IONRRD IOGDCM; do
    options+=("-DModule_ITK$module=ON")
  done
  cmake -G Ninja -S "$1/source" -B "$1/build" "${wrapping_options[@]}" "${options[@]}" \
    -DCMAKE_CXX_STANDARD=17 -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DBUILD_SHARED_LIBS=ON -DBUILD_EXAMPLES=OFF \
    -DITK_BUILD_DEFAULT_MODULES=OFF -DITK_WRAP_PYTHON=ON "-DITK_WRAP_IMAGE_DIMS=2;3" \
    -DITK_WRAP_unsigned_char=ON -DITK_WRAP_signed_short=ON -DITK_WRAP_unsigned_short=ON -DITK_WRAP_float=ON \
    -DITK_WRAP_double=OFF -DITK_WRAP_rgb_unsigned_char=ON -DITK_WRAP_rgba_unsigned_char=ON \
    -DITK_WRAP_vector_float=ON -DITK_WRAP_covariant_vector_float=ON -DITK_WRAP_complex_float=OFF
}

build_itk() {
  local folder="$build/itk"
  mkdir -p "$folder"
  echo "Building ITK with Python wrapping from Debian's source (more than an hour) ..."
  if [ ! -e "$folder/source/CMakeLists.txt" ]; then
    quietly "$folder/source.log" fetch_itk_source "$folder"
  fi
  quietly "$folder/configure.log" configure_itk "$folder"
  quietly "$folder/build.log" ninja -C "$folder/build" -j "$jobs"
  ITK_DIR="$folder/build"
}

# Build trees hold absolute paths: the archive has to be unpacked to /opt.
find_itk() {
  local archives=("$root"/../shared/itk-python/itk-python-*.tar.xz) prepared=/opt/itk-python/build
  if [ -n "${ITK_DIR:-}" ]; then
    if [ ! -d "$ITK_DIR/Wrapping/Generators/Python/itk" ]; then
      echo "wrapping/build.sh: ITK_DIR is $ITK_DIR, which is no build tree of ITK with Python wrapping." >&2
      exit 1
    fi
  elif [ -e "$prepared/ITKConfig.cmake" ]; then
    ITK_DIR="$prepared"
  elif [ -e "${archives[-1]}" ]; then
    echo "Unpacking ${archives[-1]} to /opt/itk-python ..."
    tar xJf "${archives[-1]}" -C /
    ITK_DIR="$prepared"
  else
    build_itk
  fi
}

build_module() {
  quietly "$build/configure.log" cmake -G Ninja -S "$root" -B "$build" -DITK_DIR="$ITK_DIR" \
    "${wrapping_options[@]}" "${module_options[@]}"
  quietly "$build/build.log" ninja -C "$build" -j "$jobs"
}

# ITK's package with the module in it; libraries find each other wherever it is moved to.
install_package() {
  local library name others
  rm -rf "$destination/itk" "$destination/itkConfig.py"
  cp -a "$ITK_DIR/Wrapping/Generators/Python/itk" "$ITK_DIR/Wrapping/Generators/Python/itkConfig.py" "$destination/"
  find "$destination/itk" -name __pycache__ -prune -exec rm -rf {} +
  mkdir -p "$destination/itk/share/ITKColorization/models"
  cp "$root/models/any-contrast.safetensors" "$root/models/README.md" "$destination/itk/share/ITKColorization/models/"
  # What Debian's swig does not make of ITK 5.2: each import would complain.
  sed -i -E "/'ios_base_(sync_with_stdio|xalloc)'/d" "$destination/itk/Configuration/ITKPyBaseConfig.py"
  # A wheel has no links: one file for each library, under the name that others ask for.
  find "$destination/itk" -type l -delete
  for library in "$destination"/itk/*.so*; do
    strip --strip-unneeded "$library"
    others="$(patchelf --print-rpath "$library" | tr ':' '\n' | grep -v -e '^$' -e "^$ITK_DIR" | paste -sd: || true)"
    patchelf --set-rpath "\$ORIGIN${others:+:$others}" "$library"
    name="$(patchelf --print-soname "$library")"
    if [ -n "$name" ] && [ "$name" != "$(basename "$library")" ]; then
      mv "$library" "$destination/itk/$name"
    fi
  done
}

# The package and its description as a wheel, which pip installs.
pack_wheel() {
  local version tag tree="$build/wheel"
  version="$(sed -nE 's/^project\(Colorization VERSION ([0-9.]+).*/\1/p' "$root/CMakeLists.txt")"
  tag="$("$python" -c 'import sys, sysconfig; v = "cp%d%d" % sys.version_info[:2]
print(v, v, sysconfig.get_platform().replace("-", "_").replace(".", "_"), sep="-")')"
  rm -rf "$tree" "$destination"/itk_colorization-*.whl
  mkdir -p "$tree/itk_colorization-$version.dist-info"
  cp -al "$destination/itk" "$destination/itkConfig.py" "$tree/"
  cp "$root/LICENSE" "$tree/itk_colorization-$version.dist-info/"
  cat >"$tree/itk_colorization-$version.dist-info/METADATA" <<METADATA
Metadata-Version: 2.1
Name: itk-colorization
Version: $version
Summary: Colours for gray medical volumes, from photographs of anatomy; with the part of ITK that it needs
License: Apache-2.0
Requires-Python: >=3.11,<3.12
Requires-Dist: numpy
Requires-Dist: setuptools
METADATA
  printf 'Wheel-Version: 1.0\nGenerator: wrapping/build.sh\nRoot-Is-Purelib: false\nTag: %s\n' "$tag" \
    >"$tree/itk_colorization-$version.dist-info/WHEEL"
  "$python" -m wheel pack --dest-dir "$destination" "$tree" >/dev/null
  rm -rf "$tree"
}

find_itk
# Checkouts may share a tree, but not at the same time; and what another has left there is made again.
exec 9>>"$ITK_DIR/.itk-colorization"
flock 9
if [ "$(cat "$ITK_DIR/.itk-colorization")" != "$build" ]; then
  rm -f "$build/.ninja_log"
  echo "$build" >"$ITK_DIR/.itk-colorization"
fi
build_module
install_package
pack_wheel
PYTHONPATH="$destination" "$python" -c "import itk; itk.ReferenceColorizationImageFilter"
echo "$destination: PYTHONPATH=$destination $python -c 'import itk'"
