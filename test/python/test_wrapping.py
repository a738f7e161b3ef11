"""Every class is wrapped, documented, and runs on every type that it is said to take."""
import re

import numpy as np
import pytest

from conftest import ROOT, assert_same_place, place

WRAPPED = sorted(
    name for wrap in (ROOT / "wrapping").glob("*.wrap")
    for name in re.findall(r'itk_wrap_(?:simple_)?class\("itk::(\w+)"', wrap.read_text())
    if name != "ImageToImageFilter")
GRAY = ["UC", "SS", "US", "F"]


def make_gray(itk, pixel, dimension):
    """Two tissues in air, with a texture."""
    size = (36, 40, 44)[-dimension:]
    grid = np.meshgrid(*(np.linspace(-1.0, 1.0, extent) for extent in size), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in grid))
    noise = np.random.default_rng(7).uniform(0.0, 20.0, size)
    values = np.where(radius < 0.4, 180.0, np.where(radius < 0.8, 90.0, 0.0)) + noise
    types = {"UC": np.uint8, "SS": np.int16, "US": np.uint16, "F": np.float32}
    return place(itk, itk.image_from_array(values.astype(types[pixel])))


def make_color(itk, gray):
    values = itk.array_view_from_image(gray).astype(np.float64)
    rgb = np.stack([values, 0.8 * values + 10.0, 0.5 * values], axis=-1)
    color = itk.image_from_array(rgb.astype(np.uint8), is_vector=True)
    color.CopyInformation(gray)
    return color


def make_photograph(itk):
    row, column = np.mgrid[0:64, 0:72]
    radius = np.hypot(row - 32.0, column - 36.0)
    tissue = 120.0 + 60.0 * np.sin(row / 3.0) * np.cos(column / 4.0)
    red = np.where(radius < 28.0, tissue, 10.0)
    rgb = np.stack([red, np.where(radius < 28.0, 0.6 * tissue, 20.0), np.where(radius < 28.0, 0.4 * tissue, 90.0)],
                   axis=-1)
    return itk.image_from_array(rgb.astype(np.uint8), is_vector=True)


def test_packages_have_the_version_of_the_module():
    version = re.search(r"project\(Colorization VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text()


def test_every_filter_has_its_wrap_file():
    patterns = ("itk*ImageFilter.h", "itk*MetricsFilter.h", "itk*Method.h", "itkAtlasRegistration.h", "itkColorAtlas.h",
                "itkNetworkModel.h", "itk*Database.h")
    headers = {header.stem for pattern in patterns for header in (ROOT / "include").glob(pattern)}
    assert headers <= {wrap.stem for wrap in (ROOT / "wrapping").glob("*.wrap")}


@pytest.mark.parametrize("name", WRAPPED)
def test_class_is_there_and_documented(itk, name):
    wrapped = getattr(itk, name)
    instance = wrapped.values()[0] if hasattr(wrapped, "values") else wrapped
    header = (ROOT / "include" / f"itk{name}.h").read_text()
    brief = " ".join(re.search(r"\\brief (.*)", header).group(1).split()[:4])
    assert brief in " ".join(instance.__doc__.split())


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("pixel", GRAY)
class TestOfEachType:
    def test_otsu_body_mask(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        mask = itk.otsu_body_mask_image_filter(gray)
        assert_same_place(itk, mask, gray)
        assert 0.1 < itk.array_view_from_image(mask).mean() < 0.9

    def test_sobel_in_range(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        contours = itk.sobel_in_range_image_filter(gray, ranges=[(30, 80), (120, 170), (0, 255)])
        assert_same_place(itk, contours, gray)
        assert itk.array_view_from_image(contours).shape == itk.array_view_from_image(gray).shape + (3,)
        assert itk.array_view_from_image(contours).max() > 10.0

    def test_mind_features(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        features = itk.mind_feature_image_filter(gray, dilations=[1, 2])
        values = itk.array_view_from_image(features)
        assert values.shape[-1] == 2 * (4 if dimension == 2 else 12)
        assert values.min() >= 0.0 and values.max() == 1.0
        assert_same_place(itk, features, gray)

    @pytest.mark.parametrize("name, parameters", [
        ("fast_global_smoother", {"sigma": 8.0, "Lambda": 20.0}),
        ("guided", {"radius": 3, "epsilon": 400.0}),
        ("domain_transform", {"sigma": 30.0, "sigma_spatial": 10.0}),
        ("weighted_least_squares", {"Lambda": 5.0, "use_logarithm": False, "epsilon": 1.0}),
    ])
    def test_smoothers(self, itk, pixel, dimension, name, parameters):
        gray = make_gray(itk, pixel, dimension)
        smooth = getattr(itk, name + "_image_filter")
        image = smooth(gray, guidance_image=gray, **parameters)
        assert type(image) is type(gray)
        assert_same_place(itk, image, gray)
        inside = (slice(16, 22),) * dimension
        values, smoothed = itk.array_view_from_image(gray)[inside], itk.array_view_from_image(image)[inside]
        assert smoothed.std() < values.std() and abs(float(smoothed.mean()) - float(values.mean())) < 20.0
        # A gray guidance for colours.
        color = make_color(itk, gray)
        colors = smooth(color, guidance_image=gray, ttype=(type(color), type(gray), type(color)), **parameters)
        assert_same_place(itk, colors, gray)

    def test_levin(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        hints = make_color(itk, gray)
        itk.array_view_from_image(hints)[1:] = 0
        color = itk.levin_colorization_image_filter(gray, hint_image=hints, tolerance=1e-3)
        assert type(color) is type(hints)
        assert_same_place(itk, color, gray)

    def test_edge_aware_color_transfer(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        float_type = itk.Image[itk.F, dimension]
        smoother = itk.DomainTransformImageFilter[float_type, float_type, float_type].New(sigma=0.4)
        for chosen in (None, smoother):
            transfer = itk.EdgeAwareColorTransferImageFilter.New(gray, color_image=make_color(itk, gray))
            if chosen:
                transfer.SetSmoother(chosen)
            transfer.Update()
            assert_same_place(itk, transfer.GetOutput(), gray)
            rgb = itk.array_view_from_image(transfer.GetOutput()).astype(float)
            expected = itk.array_view_from_image(gray).clip(0, 255)
            assert np.abs(rgb @ [0.299, 0.587, 0.114] - expected).max() < 8.0

    def test_poisson_fusion(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        fused = itk.poisson_fusion_image_filter(gray, intensity_image=gray, Lambda=0.1)
        assert_same_place(itk, fused, gray)
        np.testing.assert_allclose(itk.array_view_from_image(fused), itk.array_view_from_image(gray), atol=0.1)

    def test_metrics(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        color = make_color(itk, gray)
        mask = itk.otsu_body_mask_image_filter(gray)
        report = itk.colorization_metrics_filter(color, source_image=gray, reference_image=color, mask_image=mask,
                                                 source_maximum=255.0, ttype=(type(color), type(gray), type(mask)))
        assert report["mse"]["value"] == 0.0 and report["delta_e2000"]["value"] == 0.0
        assert report["ssim"]["compared"].startswith("luminance")
        assert 0.5 < report["ssim"]["value"] < 1.0

    def test_reference_colorization(self, itk, pixel, dimension):
        gray = make_gray(itk, pixel, dimension)
        colorize = itk.ReferenceColorizationImageFilter.New(gray, reference_image=make_photograph(itk),
                                                            number_of_hint_slices=3)
        colorize.Update()
        assert_same_place(itk, colorize.GetOutput(), gray)
        rgb = itk.array_view_from_image(colorize.GetOutput()).astype(int)
        assert (rgb[..., 0] > rgb[..., 2]).mean() > 0.1
        slices = colorize.GetHintSliceReports()
        assert len(slices) == (3 if dimension == 3 else 1) and slices[0]["photographs"][0]["weight"] == 1.0
        assert len(colorize.GetPhotographPoses()) == 1 and colorize.GetPhotographPoses()[0]["spacing"] > 0.0
        assert colorize.GetPropagationReport().cycles > 0


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("pixel", GRAY)
def test_deep_image_analogy(itk, pixel, dimension):
    gray = make_gray(itk, pixel, dimension)
    if dimension == 3:
        gray = itk.extract_image_filter(gray, extraction_region=itk.ImageRegion[3]([0, 0, 15], [44, 40, 3]))
    colors, confidence = itk.deep_image_analogy_image_filter(gray, reference_image=make_photograph(itk))
    assert_same_place(itk, confidence, gray)
    rgb = itk.array_view_from_image(colors).astype(int)
    believed = itk.array_view_from_image(confidence) > 0.5
    assert believed.any() and (rgb[believed][:, 0] >= rgb[believed][:, 2]).mean() > 0.9


@pytest.mark.parametrize("pixel", GRAY)
def test_hint_slices(itk, pixel):
    gray = make_gray(itk, pixel, 3)
    filter = itk.HintSlicesImageFilter.New(gray, number_of_slices=2, minimum_distance=5)
    chosen = filter.SelectSlices()
    assert len(chosen) == 2 and chosen[1] - chosen[0] >= 5
    rgb = np.full((40, 44, 3), 17, np.uint8)
    for index in chosen:
        filter.SetHintSlice(index, itk.image_from_array(rgb, is_vector=True))
    filter.Update()
    hints, mask, confidence = (itk.array_view_from_image(filter.GetOutput(i)) for i in range(3))
    for values, value in ((hints, 17), (mask, 1), (confidence, 1.0)):
        assert (values[list(chosen)] == value).all()
        assert values.sum() == values[list(chosen)].sum()
    assert_same_place(itk, filter.GetConfidenceOutput(), gray)
    assert [type(output) for output in filter] == [type(filter.GetOutput(i)) for i in range(3)]


@pytest.mark.parametrize("dimension", [2, 3])
def test_patch_match_finds_what_was_shifted(itk, dimension):
    features = np.random.default_rng(3).uniform(size=(48, 52, 4)).astype(np.float32)
    shifted = np.roll(features, (5, 7), axis=(0, 1))
    image = shifted if dimension == 2 else np.stack([shifted, features])
    vectors = [itk.image_from_array(values, ttype=itk.VectorImage[itk.F, d])
               for values, d in ((image, dimension), (features, 2))]
    field, distance = itk.patch_match_image_filter(vectors[0], reference_image=vectors[1], number_of_iterations=12)
    matches = itk.array_view_from_image(field)
    matches = matches if dimension == 2 else matches[0]
    row, column = np.mgrid[8:40, 10:45]
    found = (matches[8:40, 10:45, 0] == column - 7) & (matches[8:40, 10:45, 1] == row - 5)
    assert found.mean() > 0.97
    assert np.median(itk.array_view_from_image(distance)) == 0.0


@pytest.mark.parametrize("dimension", [2, 3])
def test_color_space(itk, dimension):
    color = make_color(itk, make_gray(itk, "UC", dimension))
    vectors = itk.Image[itk.Vector[itk.F, 3], dimension]
    space = itk.ColorSpaceEnums
    rgb = itk.array_view_from_image(color).astype(np.float64) / 255.0
    yuv = itk.color_space_image_filter(color, output_space=space.ColorSpace_YUV, ttype=(type(color), vectors))
    np.testing.assert_allclose(itk.array_view_from_image(yuv)[..., 0], rgb @ [0.299, 0.587, 0.114], atol=1e-6)
    lab = itk.color_space_image_filter(color, ttype=(type(color), vectors))
    back = itk.color_space_image_filter(lab, input_space=space.ColorSpace_Lab, output_space=space.ColorSpace_RGB,
                                        ttype=(vectors, type(color)))
    assert np.array_equal(itk.array_view_from_image(back), itk.array_view_from_image(color))
    gray = itk.color_space_image_filter(color, output_space=space.ColorSpace_Luminance,
                                        ttype=(type(color), itk.Image[itk.F, dimension]))
    np.testing.assert_allclose(itk.array_view_from_image(gray), rgb @ [0.299, 0.587, 0.114], atol=1e-6)
    assert_same_place(itk, back, color)


def test_color_volume_render(itk):
    if not itk.ColorVolumeRenderImageFilter.IsAvailable():
        pytest.skip("this build has no VTK")
    rgba = np.zeros((20, 20, 20, 4), np.uint8)
    rgba[4:16, 4:16, 4:16] = (200, 100, 50, 255)
    picture = itk.color_volume_render_image_filter(itk.image_from_array(rgba, is_vector=True), picture_size=[64, 48])
    pixels = itk.array_view_from_image(picture)
    assert pixels.shape == (48, 64, 3)
    assert pixels[24, 32, 0] > pixels[24, 32, 2] > 0
    assert not pixels[0, 0].any()


def test_structures(itk):
    metadata = itk.NetworkMetadata()
    metadata.colorSpace = itk.NetworkColorSpace.RGB
    metadata.normalization.inputMinimum = [1.0, 2.0]
    metadata.inputChannels = 2**40
    assert tuple(metadata.normalization.inputMinimum) == (1.0, 2.0)
    assert metadata.inputChannels == 2**40
    style = itk.StyleTransferParameters()
    assert [layer.name for layer in style.styleLayers][-1] == "relu5_1"
    style.contentLayers = style.styleLayers[:2]
    assert [layer.weight for layer in style.contentLayers] == [0.2, 0.2]
    # A part outlives what it is taken from.
    normalization = itk.NetworkMetadata().normalization
    assert (normalization.lowerPercentile, normalization.clamp) == (0.5, True)
    analogy = itk.SliceAnalogyParameters()
    analogy.levels = itk.DeepAnalogyLevels()[:2]
    assert [level.shrinkFactor for level in analogy.levels] == [16, 8]
    curve = itk.CTIntensityCurve()
    assert curve == tuple(sorted(curve)) and all(0.0 <= luminance <= 1.0 for value, luminance in curve)
    colorize = itk.ReferenceColorizationImageFilter.values()[0].New(intensity_curve=[[0, 0.0], [10, 0.5]])
    assert colorize.GetIntensityCurve() == ((0.0, 0.0), (10.0, 0.5))
    assert itk.SmoothingAttenuation.OpenCV == 1
    image = itk.Image[itk.F, 2]
    smoother = itk.FastGlobalSmootherImageFilter[image, image, image].New()
    smoother.SetAttenuation(itk.SmoothingAttenuation.OpenCV)
    assert smoother.GetAttenuation() == itk.SmoothingAttenuation.OpenCV
    sobel = itk.SobelInRangeImageFilter[image, itk.VectorImage[itk.F, 2]].New()
    assert sobel.GetRanges() == ((-190.0, -30.0), (150.0, 3071.0))


def test_lists_of_any_length(itk):
    """ITK hands over the elements of a list of a keyword argument one by one, where it can."""
    mind = itk.MINDFeatureImageFilter.values()[0]
    features = itk.DeepFeatureImageFilter.values()[0]
    sobel = itk.SobelInRangeImageFilter.values()[0]
    levin = itk.LevinColorizationImageFilter.values()[0]
    for count in (1, 2, 3):
        dilations, layers, slices = [3, 2, 1][:count], ["relu1_1", "relu2_1", "fc6"][:count], [4, 9, 11][:count]
        ranges = [(0.0, 5.0), (3.0, 9.0), (8.0, 9.5)][:count]
        assert list(mind.New(dilations=np.array(dilations)).GetDilations()) == dilations
        assert list(mind.New(dilations=dilations).GetDilations()) == dilations
        assert list(features.New(layers=layers).GetLayers()) == layers
        assert list(sobel.New(ranges=ranges).GetRanges()) == ranges
        assert list(levin.New(hint_slices=slices).GetHintSlices()) == slices
    for wrong in ([0.5], "two", [-1], [2**40]):
        with pytest.raises((TypeError, OverflowError)):
            mind.New(dilations=wrong)
    with pytest.raises(TypeError):
        features.New(layers=[1])


def test_reference_image_database(itk, tmp_path):
    for level, width in enumerate((20, 26, 32)):
        row, column = np.mgrid[0:90, 0:100]
        is_body = ((row - 45) / 30.0)**2 + ((column - 50) / width)**2 < 1.0
        organ = (row - 40)**2 + (column - 44 - 6 * level)**2 < (4 + 3 * level)**2
        value = np.where(is_body, np.where(organ, 220, 150), 0)
        rgb = np.stack([value, 0.65 * value, 0.45 * value], axis=-1)
        rgb[~is_body] = (10, 30, 90)
        itk.imwrite(itk.image_from_array(rgb.astype(np.uint8), is_vector=True), str(tmp_path / f"level{level}.png"))
    (tmp_path / "broken.png").write_text("no picture")
    database = itk.ReferenceImageDatabase.New()
    seen = []
    database.AddObserver(itk.ProgressEvent(), lambda: seen.append(database.GetProgress()))
    database.AddFolder(str(tmp_path))
    assert database.GetNumberOfImages() == 3 and seen[-1] == 1.0
    stopped = itk.ReferenceImageDatabase.New()
    stopped.AddObserver(itk.ProgressEvent(), stopped.AbortOn)
    with pytest.raises(RuntimeError, match="(?i)abort"):
        stopped.AddFolder(str(tmp_path))
    assert stopped.GetNumberOfImages() == 0
    (problem,) = database.GetProblems()
    assert problem["path"].endswith("broken.png") and problem["reason"]
    assert database.GetImage(1)["path"].endswith("level1.png") and database.GetImage(1)["size"] == (100, 90)
    database.Save(str(tmp_path / "references.safetensors"))
    loaded = itk.ReferenceImageDatabase.New()
    loaded.Load(str(tmp_path / "references.safetensors"))
    assert loaded.VerifyFiles() == ()
    for level in range(3):
        matches = loaded.Rank(itk.ReferenceImageDatabase.ReadPhotograph(str(tmp_path / f"level{level}.png")), 2)
        assert len(matches) == 2 and matches[0]["index"] == level
        assert matches[0]["similarity"] == pytest.approx(1.0, abs=1e-6)
        assert matches[0]["orientation"] == (False, False, False)
        # The same as a slice of another modality.
        gray = itk.array_from_image(itk.imread(str(tmp_path / f"level{level}.png"))).astype(np.float32)
        body = (gray[..., 0] > gray[..., 2]).astype(np.uint8)
        slice_image = itk.image_from_array(np.ascontiguousarray(1.0 - gray[..., 0] / 255.0))
        assert loaded.Rank(slice_image, itk.image_from_array(body), 1)[0]["index"] == level
    with pytest.raises(RuntimeError, match="nowhere"):
        loaded.Load(str(tmp_path / "nowhere"))
