"""What Python computes is what the C++ programs write, voxel for voxel."""
import json
import subprocess

import numpy as np
import pytest

from conftest import HEAD, PHOTOGRAPH, assert_same_image, color_hints
from networks import make_colorizer, make_conversion, make_ct_colorizer, make_vgg19


@pytest.fixture(scope="module")
def crop_file(itk, crop, tmp_path_factory):
    path = tmp_path_factory.mktemp("programs") / "crop.nrrd"
    itk.imwrite(crop, str(path))
    return path


def middle_slice(itk, volume):
    return itk.image_from_array(itk.array_view_from_image(volume)[20].copy())


def test_reference_colorization_of_the_demo(itk, head, photograph, run_program, tmp_path):
    run_program("ColorizeFromReference", HEAD, tmp_path / "color.nrrd", "--reference", PHOTOGRAPH,
                "--report", tmp_path / "report.json")
    colorize = itk.ReferenceColorizationImageFilter.New(head, reference_image=photograph)
    colorize.Update()
    assert_same_image(itk, colorize.GetOutput(), itk.imread(str(tmp_path / "color.nrrd")))
    report = json.loads((tmp_path / "report.json").read_text())
    assert [part["index"] for part in colorize.GetHintSliceReports()] == [part["index"] for part in report["slices"]]
    assert colorize.GetPropagationReport().cycles == report["propagation"]["cycles"]


def test_body_mask_and_contours(itk, crop, crop_file, run_program, tmp_path):
    run_program("MaskBody", crop_file, tmp_path / "mask.nrrd", "--axis", 1, "--sobel", tmp_path / "sobel.nrrd")
    mask = itk.otsu_body_mask_image_filter(crop, slice_axis=1)
    assert_same_image(itk, mask, itk.imread(str(tmp_path / "mask.nrrd"), itk.UC))
    contours = itk.sobel_in_range_image_filter(crop, slice_axis=1)
    written = itk.imread(str(tmp_path / "sobel.nrrd"))
    assert np.array_equal(itk.array_view_from_image(contours), itk.array_view_from_image(written))


@pytest.mark.parametrize("method, name, options, parameters", [
    ("fgs", "FastGlobalSmootherImageFilter", ["--lambda", 50, "--sigma", 12], {"Lambda": 50.0, "sigma": 12.0}),
    ("guided", "GuidedImageFilter", ["--radius", 4, "--epsilon", 90], {"radius": 4, "epsilon": 90.0}),
    ("domain-transform", "DomainTransformImageFilter", ["--sigma-spatial", 9, "--sigma", 60],
     {"sigma_spatial": 9.0, "sigma": 60.0}),
    ("wls", "WeightedLeastSquaresImageFilter", ["--lambda", 0.7, "--alpha", 1.4], {"Lambda": 0.7, "alpha": 1.4}),
])
def test_smoothers(itk, crop, crop_file, run_program, tmp_path, method, name, options, parameters):
    run_program("SmoothGuided", crop_file, crop_file, tmp_path / "smooth.nrrd", "--method", method, *options)
    smoothed = getattr(itk, name).New(crop, guidance_image=crop, **parameters)
    smoothed.Update()
    assert_same_image(itk, smoothed.GetOutput(), itk.imread(str(tmp_path / "smooth.nrrd"), itk.F))


def test_levin(itk, crop, crop_file, run_program, tmp_path):
    hints = color_hints(itk, crop, [0, 17, 39])
    itk.imwrite(hints, str(tmp_path / "hints.nrrd"))
    run_program("ColorizeFromHints", crop_file, tmp_path / "hints.nrrd", tmp_path / "color.nrrd",
                "--report", tmp_path / "report.json")
    low, high = json.loads((tmp_path / "report.json").read_text())["window"]
    color = itk.levin_colorization_image_filter(crop, hint_image=hints, window_minimum=low, window_maximum=high)
    assert_same_image(itk, color, itk.imread(str(tmp_path / "color.nrrd")))


def test_poisson(itk, crop, crop_file, run_program, tmp_path):
    other = itk.image_from_array(np.ascontiguousarray(itk.array_view_from_image(crop)[::-1]))
    other.CopyInformation(crop)
    itk.imwrite(other, str(tmp_path / "other.nrrd"))
    run_program("FuseGradients", crop_file, tmp_path / "other.nrrd", tmp_path / "fused.nrrd", "--lambda", 0.3)
    fused = itk.poisson_fusion_image_filter(crop, intensity_image=other, Lambda=0.3)
    assert_same_image(itk, fused, itk.imread(str(tmp_path / "fused.nrrd"), itk.F))


def test_metrics(itk, crop, crop_file, run_program, tmp_path):
    color = color_hints(itk, crop, range(40))
    itk.imwrite(color, str(tmp_path / "color.nrrd"))
    run_program("EvaluateColorization", tmp_path / "color.nrrd", "--source", crop_file, "--source-minimum", 0,
                "--source-maximum", 255, "--axis", 2, "--json", tmp_path / "report.json")
    wanted = json.loads((tmp_path / "report.json").read_text())
    report = itk.colorization_metrics_filter(color, source_image=crop, source_maximum=255.0,
                                             ttype=(type(color), type(crop), itk.Image[itk.UC, 3]))
    for name, metric in report.items():
        if wanted[name]["value"] is None:
            assert np.isnan(metric["value"])
        else:
            assert metric["value"] == pytest.approx(wanted[name]["value"], rel=1e-12), name


def test_render(itk, crop, run_program, tmp_path):
    if not itk.ColorVolumeRenderImageFilter.IsAvailable():
        pytest.skip("this build has no VTK")
    rgb = itk.array_view_from_image(color_hints(itk, crop, range(40))).astype(np.float64)
    alpha = np.floor(rgb @ [0.299, 0.587, 0.114] + 0.5)
    rgba = itk.image_from_array(np.concatenate([rgb, alpha[..., np.newaxis]], axis=-1).astype(np.uint8), is_vector=True)
    rgba.CopyInformation(crop)
    itk.imwrite(rgba, str(tmp_path / "color.nrrd"))
    run_program("RenderColorVolume", tmp_path / "color.nrrd", tmp_path / "render.png", "--size", 120, "--cut")
    azimuth, elevation = np.radians([35.0, 20.0])
    eye = [np.sin(azimuth) * np.cos(elevation), -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)]
    picture = itk.color_volume_render_image_filter(rgba, picture_size=[120, 120], eye_direction=eye, cut_corner=True)
    assert np.array_equal(itk.array_view_from_image(picture),
                          itk.array_view_from_image(itk.imread(str(tmp_path / "render.png"))))


def test_network(itk, crop, crop_file, run_program, tmp_path):
    if not itk.NetworkModel.IsAvailable():
        pytest.skip("this build has no LibTorch")
    make_colorizer(itk, tmp_path / "model.safetensors")
    run_program("ColorizeWithNetwork", crop_file, tmp_path / "color.nrrd", "--model", tmp_path / "model.safetensors",
                "--axis", 1, "--luminance", "source", "--threads", 1)
    loaded = itk.NetworkModel.New()
    loaded.Load(str(tmp_path / "model.safetensors"))
    network = itk.NetworkColorizationImageFilter[type(crop), itk.Image[itk.RGBPixel[itk.UC], 3]].New(
        crop, model=loaded, slice_axis=1, luminance=itk.ColorizationEnums.Luminance_Source)
    network.SetNumberOfWorkUnits(1)
    network.Update()
    assert_same_image(itk, network.GetOutput(), itk.imread(str(tmp_path / "color.nrrd")))


class TestWithoutProgram:
    """The filters that no program shows: the C++ side is test/FilterOutputs.cxx."""

    @pytest.fixture(scope="class")
    def folder(self, itk, crop, programs, tmp_path_factory):
        folder = tmp_path_factory.mktemp("outputs")
        itk.imwrite(crop, str(folder / "gray.nrrd"))
        itk.imwrite(middle_slice(itk, crop), str(folder / "slice.nrrd"))
        itk.imwrite(color_hints(itk, crop, range(40)), str(folder / "color.nrrd"))
        itk.imwrite(itk.imread(PHOTOGRAPH), str(folder / "photograph.png"))
        if itk.NetworkModel.IsAvailable():
            make_colorizer(itk, folder / "colorizer.safetensors")
            make_ct_colorizer(itk, folder / "ct.safetensors")
            make_vgg19(itk, folder / "vgg19.safetensors")
            make_conversion(itk, folder / "conversion.safetensors")
        done = subprocess.run([programs / "FilterOutputs", folder], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return folder

    def compare(self, itk, folder, filter):
        """All outputs of a filter with what C++ wrote."""
        filter.Update()
        name = type(filter).__name__[len("itk"):].split("ImageFilter")[0] + "ImageFilter"
        for index in range(filter.GetNumberOfIndexedOutputs()):
            image = filter.GetOutput(index)
            reader = itk.ImageFileReader[type(image)].New(file_name=str(folder / f"{name}{index or ''}.nrrd"))
            reader.Update()
            assert_same_image(itk, image, reader.GetOutput())

    def test_without_networks(self, itk, folder, crop, photograph):
        color, picture = color_hints(itk, crop, range(40)), middle_slice(itk, crop)
        lab_type = itk.Image[itk.Vector[itk.F, 3], 3]
        self.compare(itk, folder, itk.ColorSpaceImageFilter[type(color), lab_type].New(color))
        self.compare(itk, folder, itk.EdgeAwareColorTransferImageFilter.New(crop, color_image=color))
        self.compare(itk, folder, itk.DeepImageAnalogyImageFilter.New(picture, reference_image=photograph))
        mind = itk.MINDFeatureImageFilter.New(picture)
        self.compare(itk, folder, mind)
        self.compare(itk, folder, itk.PatchMatchImageFilter.New(mind, reference_image=mind.GetOutput(),
                                                                number_of_iterations=2))
        hints = itk.HintSlicesImageFilter.New(crop, number_of_slices=2)
        for index in hints.SelectSlices():
            paint = np.full(itk.array_view_from_image(picture).shape + (3,), 1 + index, np.uint8)
            hints.SetHintSlice(index, itk.image_from_array(paint, is_vector=True))
        self.compare(itk, folder, hints)

    def test_networks(self, itk, folder, crop, photograph):
        if not itk.NetworkModel.IsAvailable():
            pytest.skip("this build has no LibTorch")
        picture = middle_slice(itk, crop)

        def load(name):
            model = itk.NetworkModel.New()
            model.Load(str(folder / f"{name}.safetensors"))
            return model

        style = itk.StyleTransferParameters()
        style.maximumNumberOfIterations = 3
        self.compare(itk, folder, itk.NetworkColorizationImageFilter.New(crop, model=load("colorizer"),
                                                                         average_over_axes=True))
        self.compare(itk, folder, itk.CTToRGBImageFilter.New(crop, model=load("ct")))
        self.compare(itk, folder, itk.DeepFeatureImageFilter.New(picture, model=load("vgg19"), layers=["relu2_1"]))
        self.compare(itk, folder, itk.StyleTransferImageFilter.New(picture, style_image=photograph,
                                                                   model=load("vgg19"), parameters=style))
        self.compare(itk, folder, itk.StyleColorizationImageFilter.New(
            crop, style_image=photograph, style_model=load("vgg19"), conversion_model=load("conversion"),
            style_parameters=style, number_of_hint_slices=2))


def test_index_of_references(itk, crop, crop_file, run_program, tmp_path):
    """An index from C++ is that from Python, and colours a volume in the same way, slice by slice as well."""
    turned = np.ascontiguousarray(itk.array_view_from_image(itk.imread(PHOTOGRAPH))[::-1])
    photographs = [PHOTOGRAPH, str(tmp_path / "turned.png")]
    itk.imwrite(itk.image_from_array(turned, is_vector=True), photographs[1])
    run_program("IndexReferences", *photographs, tmp_path / "index.safetensors")
    database = itk.ReferenceImageDatabase.New()
    database.AddImages(photographs)
    database.Save(str(tmp_path / "python.safetensors"))
    assert (tmp_path / "python.safetensors").read_bytes() == (tmp_path / "index.safetensors").read_bytes()
    database.SetPhotographSpacing(0.9)
    for method, value in (("hints", itk.ReferenceColorizationEnums.Method_Hints),
                          ("slices", itk.ReferenceColorizationEnums.Method_Slices)):
        run_program("ColorizeFromReference", crop_file, tmp_path / "color.nrrd", "--method", method, "--axis", 2,
                    "--hint-count", 4, "--reference", tmp_path / "index.safetensors", "--reference-count", 2,
                    "--reference-spacing", 0.9)
        colorize = itk.ReferenceColorizationImageFilter.New(
            crop, method=value, reference_database=database, number_of_references=2, number_of_hint_slices=4)
        colorize.Update()
        assert colorize.GetMethod() == value
        assert_same_image(itk, colorize.GetOutput(), itk.imread(str(tmp_path / "color.nrrd")))
        assert all(len(part["photographs"]) == 2 for part in colorize.GetHintSliceReports())
