"""What Python computes is what the C++ programs write, voxel for voxel."""
import json

import numpy as np
import pytest

from conftest import HEAD, PHOTOGRAPH, assert_same_image, color_hints


@pytest.fixture(scope="module")
def crop_file(itk, crop, tmp_path_factory):
    path = tmp_path_factory.mktemp("programs") / "crop.nrrd"
    itk.imwrite(crop, str(path))
    return path


def test_reference_colorization_of_the_demo(itk, head, photograph, run_program, tmp_path):
    run_program("ColorizeFromReference", HEAD, tmp_path / "color.nrrd", "--reference", PHOTOGRAPH,
                "--report", tmp_path / "report.json")
    colorize = itk.ReferenceColorizationImageFilter.New(head, reference_image=photograph)
    colorize.Update()
    assert_same_image(itk, colorize.GetOutput(), itk.imread(str(tmp_path / "color.nrrd")))
    report = json.loads((tmp_path / "report.json").read_text())
    assert [slice["index"] for slice in colorize.GetHintSliceReports()] == [s["index"] for s in report["hint_slices"]]
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
    model = itk.NetworkModel.New()
    model.Initialize("ColorMedGANGenerator", '{"width":4,"classes":3}', 3)
    metadata = model.GetMetadata()
    metadata.normalization.kind = itk.NetworkNormalizationKind.Range
    metadata.normalization.inputMaximum = [255.0]
    metadata.colorSpace = itk.NetworkColorSpace.RGB
    metadata.outputScale = metadata.outputShift = [0.5]
    model.SetMetadata(metadata)
    model.Save(str(tmp_path / "model.safetensors"))
    run_program("ColorizeWithNetwork", crop_file, tmp_path / "color.nrrd", "--model", tmp_path / "model.safetensors",
                "--axis", 1, "--keep-luminance", "--threads", 1)
    loaded = itk.NetworkModel.New()
    loaded.Load(str(tmp_path / "model.safetensors"))
    network = itk.NetworkImageFilter[type(crop), itk.Image[itk.RGBPixel[itk.UC], 3]].New(
        crop, model=loaded, slice_axis=1, keep_luminance=True)
    network.SetNumberOfWorkUnits(1)
    network.Update()
    assert_same_image(itk, network.GetOutput(), itk.imread(str(tmp_path / "color.nrrd")))
