"""Filters as citizens of a Python program: functions, progress, Ctrl-C, exceptions, threads."""
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from conftest import ROOT, assert_same_image, color_hints


@pytest.fixture(scope="module")
def hints(itk, crop):
    return color_hints(itk, crop, [0, 12, 39])


def make_levin(itk, crop, hints):
    return itk.LevinColorizationImageFilter.New(crop, hint_image=hints, tolerance=1e-6)


def test_snake_case_is_the_class(itk, crop, hints):
    levin = make_levin(itk, crop, hints)
    levin.Update()
    color = itk.levin_colorization_image_filter(crop, hint_image=hints, tolerance=1e-6)
    assert_same_image(itk, color, levin.GetOutput())
    assert levin.GetNumberOfCycles() > 0 and 0.0 < levin.GetResidual() <= 1e-6
    slabs = itk.levin_colorization_image_filter(crop, hint_image=hints, tolerance=1e-6, hint_slices=[0, 12, 39])
    assert np.abs(itk.array_view_from_image(slabs).astype(int) - itk.array_view_from_image(color)).max() <= 1


def test_unknown_keyword_is_named(itk, crop, hints):
    with pytest.raises(AttributeError, match="SetTolerence"):
        itk.levin_colorization_image_filter(crop, hint_image=hints, tolerence=1e-3)


def test_functions_are_documented(itk):
    assert "Spreads the chroma" in itk.levin_colorization_image_filter.__doc__
    instance = itk.LevinColorizationImageFilter.values()[0]
    assert "Input value of luminance 0" in " ".join(instance.SetWindowMinimum.__doc__.split())
    assert "neural network" in itk.NetworkModel.__doc__


def test_progress_rises_to_one(itk, crop, hints):
    levin = make_levin(itk, crop, hints)
    seen = []
    levin.AddObserver(itk.ProgressEvent(), lambda: seen.append(levin.GetProgress()))
    levin.Update()
    assert len(seen) > 3 and seen == sorted(seen) and seen[-1] == 1.0


def test_stages(itk, crop, photograph):
    colorize = itk.ReferenceColorizationImageFilter.New(crop, reference_image=photograph, number_of_hint_slices=2)
    stages = []
    colorize.AddObserver(itk.ProgressEvent(), lambda: stages.append(colorize.GetStage()))
    colorize.Update()
    assert list(dict.fromkeys(stages)) == ["body mask", "hint slices", "analogy", "colour propagation"]


def test_observer_aborts(itk, crop, hints):
    levin = make_levin(itk, crop, hints)
    aborted = []
    tag = levin.AddObserver(itk.ProgressEvent(), levin.AbortGenerateDataOn)
    levin.AddObserver(itk.AbortEvent(), lambda: aborted.append(True))
    with pytest.raises(RuntimeError, match="(?i)abort"):
        levin.Update()
    assert aborted
    levin.RemoveObserver(tag)
    levin.Update()
    wanted = itk.levin_colorization_image_filter(crop, hint_image=hints, tolerance=1e-6)
    assert_same_image(itk, levin.GetOutput(), wanted)


def test_error_in_observer_is_an_error(itk, crop, hints, capfd):
    levin = make_levin(itk, crop, hints)

    def fail():
        raise ValueError("what the observer says")

    levin.AddObserver(itk.ProgressEvent(), fail)
    with pytest.raises(RuntimeError, match="error executing the CommandCallable"):
        levin.Update()
    assert "what the observer says" in capfd.readouterr().err


@pytest.mark.parametrize("with_observer", [False, True])
def test_control_c(with_observer):
    """In a process of its own, which is interrupted while a filter runs."""
    program = f"""
import itk, numpy as np, sys
rng = np.random.default_rng(1)
gray = itk.image_from_array(rng.uniform(0, 255, (160, 160, 160)).astype(np.float32))
hints = np.zeros((160, 160, 160, 3), np.uint8)
hints[0] = (200, 100, 50)
levin = itk.LevinColorizationImageFilter.New(gray, hint_image=itk.image_from_array(hints, is_vector=True),
                                             tolerance=1e-30, maximum_number_of_cycles=100000)
started = []
if {with_observer}:
    levin.AddObserver(itk.ProgressEvent(), lambda: started.append(1))
levin.AddObserver(itk.StartEvent(), lambda: print("started", flush=True))
try:
    levin.Update()
except KeyboardInterrupt:
    sys.exit(7)
except RuntimeError:
    sys.exit(8)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True)
    while "started" not in process.stdout.readline():
        assert process.poll() is None
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) in ((7, 8) if with_observer else (7,))


def test_exceptions_are_our_sentences(itk, crop, hints):
    with pytest.raises(RuntimeError, match="(?s)itkLevinColorizationImageFilter.*Tolerance"):
        itk.levin_colorization_image_filter(crop, hint_image=hints, tolerance=-1.0)
    with pytest.raises(RuntimeError, match="HintImage"):
        itk.levin_colorization_image_filter(crop)
    black = itk.image_from_array(np.zeros((40, 48, 56, 3), np.uint8), is_vector=True)
    black.CopyInformation(crop)
    with pytest.raises(RuntimeError, match="hint"):
        itk.levin_colorization_image_filter(crop, hint_image=black)


def test_two_threads_at_once(itk, crop, hints):
    """Two filters at a time, many times, while a third thread of Python goes on."""
    wanted = {
        "levin": itk.levin_colorization_image_filter(crop, hint_image=hints, tolerance=1e-6),
        "smooth": itk.weighted_least_squares_image_filter(crop),
    }
    results = {"levin": [], "smooth": []}

    def run(name, function):
        results[name] += [function() for _ in range(4)]

    threads = [
        threading.Thread(target=run, args=("levin", lambda: itk.levin_colorization_image_filter(
            crop, hint_image=hints, tolerance=1e-6))),
        threading.Thread(target=run, args=("smooth", lambda: itk.weighted_least_squares_image_filter(crop))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, images in results.items():
        assert len(images) == 4
        for image in images:
            assert_same_image(itk, image, wanted[name])


def test_python_goes_on_while_a_filter_runs(itk, crop, hints):
    """The lock of Python is free: another thread gets to run between begin and end of an update."""
    levin = make_levin(itk, crop, hints)
    marks = []
    running = threading.Event()
    levin.AddObserver(itk.StartEvent(), running.set)
    levin.AddObserver(itk.EndEvent(), lambda: marks.append("end"))

    def other():
        running.wait(60)
        marks.append("other")

    thread = threading.Thread(target=other)
    thread.start()
    switch = sys.getswitchinterval()
    # Nobody gets the lock because a thread has had it for long: it has to be given up.
    sys.setswitchinterval(1000.0)
    try:
        levin.Update()
    finally:
        sys.setswitchinterval(switch)
    thread.join()
    assert marks.index("other") < marks.index("end")


def test_filters_written_in_python_may_come_before(itk, crop):
    byte_type = itk.Image[itk.UC, 3]
    gray = itk.image_from_array(itk.array_view_from_image(crop).astype(np.uint8))
    negative = itk.PyImageFilter[byte_type, byte_type].New(gray)

    def negate():
        output = negative.GetOutput()
        output.SetBufferedRegion(output.GetRequestedRegion())
        output.Allocate()
        itk.array_view_from_image(output)[...] = 255 - itk.array_view_from_image(negative.GetInput())

    negative.SetPyGenerateData(negate)
    smoother = itk.GuidedImageFilter.New(negative, radius=2)
    smoother.Update()
    wanted = itk.guided_image_filter(itk.image_from_array(255 - itk.array_view_from_image(gray)), radius=2)
    assert np.array_equal(itk.array_view_from_image(smoother.GetOutput()), itk.array_view_from_image(wanted))
