"""Real images from Debian's packages, small ones made here, and the C++ programs that results are compared with."""
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAD = "/usr/share/mricron/templates/ch2.nii.gz"
PHOTOGRAPH = "/usr/share/doc/insighttoolkit5-examples/examples/Data/VisibleWomanHeadSlice.png"
SPACING = (1.5, 0.75, 2.0)
ORIGIN = (-10.0, 20.0, 5.5)
# Its third axis points to the left, its first to superior.
DIRECTION = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])


@pytest.fixture(scope="session")
def itk():
    import itk

    return itk


@pytest.fixture(scope="session")
def programs():
    """The folder of the C++ programs, by the environment variable COLORIZATION_PROGRAMS."""
    folder = os.environ.get("COLORIZATION_PROGRAMS")
    if not folder:
        pytest.skip("COLORIZATION_PROGRAMS does not name the folder of the C++ programs")
    return pathlib.Path(folder)


@pytest.fixture
def run_program(programs):
    def run(name, *arguments):
        done = subprocess.run([programs / name, "--quiet", *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def run_script():
    def run(name, *arguments, wanted=0):
        script = ROOT / "examples" / "python" / name
        done = subprocess.run([sys.executable, script, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == wanted, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def head(itk):
    return itk.imread(HEAD, itk.F)


@pytest.fixture(scope="session")
def photograph(itk):
    return itk.imread(PHOTOGRAPH)


@pytest.fixture(scope="session")
def crop(itk, head):
    """A part of the head, with a geometry that is easily lost."""
    values = itk.array_view_from_image(head)[60:100, 70:118, 50:106].copy()
    return place(itk, itk.image_from_array(values))


def place(itk, image):
    dimension = image.GetImageDimension()
    image.SetSpacing(SPACING[:dimension])
    image.SetOrigin(ORIGIN[:dimension])
    direction = DIRECTION if dimension == 3 else np.array([[0.0, -1.0], [1.0, 0.0]])
    image.SetDirection(direction)
    return image


def assert_same_place(itk, image, wanted):
    """Size, spacing, origin and direction."""
    assert tuple(itk.size(image)) == tuple(itk.size(wanted))
    assert tuple(itk.spacing(image)) == tuple(itk.spacing(wanted))
    assert tuple(itk.origin(image)) == tuple(itk.origin(wanted))
    assert np.array_equal(itk.array_from_matrix(image.GetDirection()), itk.array_from_matrix(wanted.GetDirection()))


def assert_same_image(itk, image, wanted):
    assert_same_place(itk, image, wanted)
    assert np.array_equal(itk.array_view_from_image(image), itk.array_view_from_image(wanted))


def color_hints(itk, gray, planes):
    """A colour volume that is black but for some slices, which are full of colours."""
    values = itk.array_view_from_image(gray)
    rgb = np.zeros(values.shape + (3,), np.uint8)
    for plane in planes:
        luminance = np.clip(values[plane], 1, 255)
        rgb[plane] = np.stack([luminance, 0.7 * luminance, 0.3 * luminance + 20 * (plane % 5)], axis=-1).clip(1, 255)
    hints = itk.image_from_array(rgb, is_vector=True)
    hints.CopyInformation(gray)
    return hints
