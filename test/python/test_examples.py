"""The scripts of examples/python, as users run them."""
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from conftest import HEAD, PHOTOGRAPH, ROOT, assert_same_image, assert_same_place, color_hints
from networks import make_colorizer, make_conversion, make_cross_modal, make_ct_colorizer, make_vgg19

SCRIPTS = ROOT / "examples" / "python"


@pytest.fixture(scope="module")
def crop_file(itk, crop, tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "crop.nrrd"
    itk.imwrite(crop, str(path))
    return path


@pytest.fixture
def needs_torch(itk):
    if not itk.NetworkModel.IsAvailable():
        pytest.skip("this build has no LibTorch")


def test_thirty_lines(itk, crop, photograph, crop_file, run_script, tmp_path):
    if not itk.ColorVolumeRenderImageFilter.IsAvailable():
        pytest.skip("this build has no VTK")
    assert len((SCRIPTS / "colorize_in_thirty_lines.py").read_text().splitlines()) <= 30
    run_script("colorize_in_thirty_lines.py", crop_file, PHOTOGRAPH, tmp_path / "color.nrrd", tmp_path / "render.png")
    wanted = itk.reference_colorization_image_filter(crop, reference_image=photograph)
    assert_same_image(itk, itk.imread(str(tmp_path / "color.nrrd")), wanted)
    assert itk.array_view_from_image(itk.imread(str(tmp_path / "render.png"))).std() > 5.0


def test_reference_colorization(itk, crop, photograph, crop_file, run_script, tmp_path):
    done = run_script("reference_colorization.py", crop_file, PHOTOGRAPH, tmp_path / "color.nrrd", "--hint-count", 5)
    # Superior is the crop's first axis.
    wanted = itk.reference_colorization_image_filter(crop, reference_image=photograph, axis=0, number_of_hint_slices=5)
    assert_same_image(itk, itk.imread(str(tmp_path / "color.nrrd")), wanted)
    assert "ssim " in done.stdout and "Photograph 0: its pixels are" in done.stdout

    # Every slice picks of a folder.
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    itk.imwrite(photograph, str(photographs / "one.png"))
    turned = np.ascontiguousarray(itk.array_view_from_image(photograph)[::-1])
    itk.imwrite(itk.image_from_array(turned, is_vector=True), str(photographs / "two.png"))
    run_script("reference_colorization.py", crop_file, photographs, tmp_path / "color.nrrd", "--hint-count", 5,
               "--photo-spacing", 0.9, "--every-slice")
    database = itk.ReferenceImageDatabase.New(photograph_spacing=0.9)
    database.AddFolder(str(photographs))
    wanted = itk.reference_colorization_image_filter(
        crop, reference_database=database, axis=0, number_of_hint_slices=5,
        method=itk.ReferenceColorizationEnums.Method_Slices)
    assert_same_image(itk, itk.imread(str(tmp_path / "color.nrrd")), wanted)


@pytest.mark.usefixtures("needs_torch")
def test_style_colorization(itk, crop, crop_file, run_script, tmp_path):
    make_vgg19(itk, tmp_path / "vgg19.safetensors")
    make_conversion(itk, tmp_path / "fcn3d.safetensors")
    done = run_script("style_colorization.py", crop_file, PHOTOGRAPH, tmp_path / "color.nrrd", "--vgg19",
                      tmp_path / "vgg19.safetensors", "--fcn3d", tmp_path / "fcn3d.safetensors", "--hint-count", 2,
                      "--iterations", 2)
    assert_same_place(itk, itk.imread(str(tmp_path / "color.nrrd")), crop)
    assert "Painted slices:" in done.stdout and "psnr " in done.stdout


@pytest.mark.usefixtures("needs_torch")
@pytest.mark.parametrize("script, make, settings", [
    ("cross_modal_colorization.py", make_cross_modal, {}),
    ("color_med_gan.py", make_colorizer, {}),
    ("ct_to_rgb.py", make_ct_colorizer, None),
])
def test_network_scripts(itk, crop, crop_file, run_script, tmp_path, script, make, settings):
    model = make(itk, tmp_path / "model.safetensors")
    run_script(script, crop_file, tmp_path / "color.nrrd", "--model", tmp_path / "model.safetensors")
    written = itk.imread(str(tmp_path / "color.nrrd"))
    if settings is None:
        wanted = itk.ct_to_rgb_image_filter(crop, model=model, slice_axis=0)
    else:
        wanted = itk.network_colorization_image_filter(crop, model=model, slice_axis=0, **settings)
    assert_same_image(itk, written, wanted)


def test_exit_codes(run_script, crop_file, tmp_path):
    run_script("reference_colorization.py", wanted=1)
    run_script("reference_colorization.py", "--help")
    done = run_script("color_med_gan.py", crop_file, tmp_path / "color.nrrd", "--model", "nowhere", wanted=2)
    assert len(done.stderr.splitlines()) == 1 and "nowhere" in done.stderr
    assert not (tmp_path / "color.nrrd").exists()


class TestDask:
    @pytest.fixture(scope="class")
    def dask_script(self):
        sys.path.insert(0, str(SCRIPTS))
        import colorize_with_dask

        return colorize_with_dask

    @pytest.fixture(scope="class")
    def slabs(self, itk, head, tmp_path_factory):
        """The head and hints on five of its slices; and what one process makes of them."""
        folder, planes = tmp_path_factory.mktemp("slabs"), [12, 40, 75, 110, 150]
        hints = color_hints(itk, head, planes)
        for image, name in ((head, "volume.mha"), (hints, "hints.mha")):
            itk.imwrite(image, str(folder / name))
        wanted = itk.levin_colorization_image_filter(head, hint_image=hints, hint_slices=planes)
        return folder, planes, wanted

    def kill_one_of(self, client, processes, may_begin=lambda: True):
        """Kills a worker's process, without warning, in the middle of its task; returns the number of the process."""
        deadline, busy = time.monotonic() + 300.0, []
        while not busy:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            if may_begin():
                busy = [address for address, tasks in client.processing().items() if tasks]
        os.kill(processes[busy[0]], signal.SIGKILL)
        return processes[busy[0]]

    def test_slabs_as_a_program(self, itk, slabs, run_script):
        folder, planes, wanted = slabs
        done = run_script("colorize_with_dask.py", "slabs", folder / "volume.mha", folder / "hints.mha",
                          folder / "color.mha")
        assert len(done.stdout.splitlines()) == len(planes) + 1
        assert_same_image(itk, itk.imread(str(folder / "color.mha"), itk.RGBPixel[itk.UC]), wanted)
        assert not (folder / "color.part.mha").exists()

    def test_hints_without_a_full_slice(self, itk, crop, run_script, tmp_path):
        itk.imwrite(crop, str(tmp_path / "volume.mha"))
        itk.imwrite(color_hints(itk, crop, []), str(tmp_path / "hints.mha"))
        done = run_script("colorize_with_dask.py", "--workers", 1, "slabs", tmp_path / "volume.mha",
                          tmp_path / "hints.mha", tmp_path / "color.mha", wanted=2)
        assert "no slice is full of hints" in done.stderr

    def test_slabs_with_a_killed_worker(self, itk, slabs, dask_script):
        import threading

        from dask.distributed import Client

        folder, planes, wanted = slabs
        with dask_script.start_cluster(2) as cluster, Client(cluster) as client:
            outcome, processes = [], client.run(os.getpid)
            job = threading.Thread(target=lambda: outcome.append(dask_script.colorize_slabs(
                client, str(folder / "volume.mha"), str(folder / "hints.mha"), str(folder / "killed.mha"))))
            job.start()
            victim = self.kill_one_of(client, processes, (folder / "killed.part.mha").exists)
            job.join()
            assert outcome == [planes]
            assert victim not in client.run(os.getpid).values()
        assert_same_image(itk, itk.imread(str(folder / "killed.mha"), itk.RGBPixel[itk.UC]), wanted)

    def test_volumes_with_a_killed_worker(self, itk, crop, photograph, dask_script, tmp_path):
        import threading

        from dask.distributed import Client

        volumes = []
        for k in range(4):
            image = itk.image_from_array(np.roll(itk.array_view_from_image(crop), 3 * k, axis=1))
            image.CopyInformation(crop)
            volumes.append(str(tmp_path / f"volume{k}.nrrd"))
            itk.imwrite(image, volumes[-1])
        with dask_script.start_cluster(2) as cluster, Client(cluster) as client:
            outcome, processes = [], client.run(os.getpid)
            job = threading.Thread(target=lambda: outcome.extend(dask_script.colorize_volumes(
                client, volumes, PHOTOGRAPH, str(tmp_path / "color"))))
            job.start()
            self.kill_one_of(client, processes)
            job.join()
        assert outcome == [str(tmp_path / "color" / f"volume{k}.nrrd") for k in range(4)]
        for volume, color in zip(volumes, outcome):
            wanted = itk.reference_colorization_image_filter(itk.imread(volume, itk.F), reference_image=photograph)
            assert_same_image(itk, itk.imread(color), wanted)
        assert len(list(pathlib.Path(tmp_path / "color").iterdir())) == 4
