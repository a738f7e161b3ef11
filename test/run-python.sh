#!/usr/bin/env bash
# Builds the Python package and runs its tests against the C++ programs.
#   test/run-python.sh [BUILD_FOLDER [DEST]]      BUILD_FOLDER: that of test/run.sh, whose programs are run (default:
#                                                 build-test in the checkout); DEST: see wrapping/build.sh
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
programs="${1:-$root/build-test}/bin"
package="${2:-$root/build-python/package}"
if [ ! -x "$programs/ColorizeFromReference" ]; then
  echo "test/run-python.sh: there are no programs in $programs; test/run.sh builds them." >&2
  exit 1
fi
bash "$root/wrapping/build.sh" "$package"
package="$(cd "$package" && pwd)"

# The wheel, as pip installs it.
installed="$root/build-python/installed"
rm -rf "$installed"
/usr/bin/python3 -m pip install --quiet --no-index --no-deps --no-compile --target "$installed" \
  "$package"/itk_colorization-*.whl
(cd / && PYTHONPATH="$installed" /usr/bin/python3 -c "import itk; print(itk.LevinColorizationImageFilter)")
rm -rf "$installed"

cd "$root/test/python"
PYTHONPATH="$package" PYTHONDONTWRITEBYTECODE=1 COLORIZATION_PROGRAMS="$programs" \
  /usr/bin/python3 -m pytest -p no:cacheprovider -q "$root/test/python"
