"""The filters of neural networks, with small networks of random weights."""
import numpy as np
import pytest

from conftest import assert_same_image, assert_same_place
from networks import make_colorizer, make_conversion, make_ct_colorizer, make_model, make_vgg19
from test_wrapping import GRAY, make_color, make_gray, make_photograph


@pytest.fixture(autouse=True)
def needs_torch(itk):
    if not itk.NetworkModel.IsAvailable():
        pytest.skip("this build has no LibTorch")


def test_model(itk, tmp_path):
    path = tmp_path / "model.safetensors"
    model = make_colorizer(itk, path)
    assert "VGG19" in itk.NetworkModel.GetArchitectures()
    loaded = itk.NetworkModel.New()
    loaded.Load(str(path))
    assert loaded.IsLoaded() and loaded.GetNumberOfParameters() == model.GetNumberOfParameters()
    metadata = loaded.GetMetadata()
    assert metadata.architecture == "ColorMedGANGenerator"
    assert metadata.colorSpace == itk.NetworkColorSpace.RGB
    assert tuple(metadata.normalization.inputMaximum) == (255.0,)
    loaded.VerifySHA256(loaded.GetSHA256().upper())
    with pytest.raises(RuntimeError, match="SHA-256"):
        loaded.VerifySHA256(64 * "0")
    with pytest.raises(RuntimeError, match="nowhere.safetensors"):
        itk.NetworkModel.New().Load("nowhere.safetensors")


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("pixel", GRAY)
def test_network_colorization(itk, pixel, dimension):
    gray = make_gray(itk, pixel, dimension)
    mask = itk.otsu_body_mask_image_filter(gray)
    color = itk.network_colorization_image_filter(gray, model=make_colorizer(itk), mask_image=mask,
                                                  luminance=itk.ColorizationEnums.Luminance_Source,
                                                  keep_saturation=False)
    assert_same_place(itk, color, gray)
    inside = itk.array_view_from_image(mask) != 0
    rgb = itk.array_view_from_image(color)
    assert not rgb[~inside].any() and rgb[inside].any(axis=-1).mean() > 0.9
    network = itk.network_image_filter(gray, model=make_colorizer(itk), mask_image=mask, keep_luminance=True,
                                       ttype=(type(gray), type(color)))
    assert np.array_equal(itk.array_view_from_image(network)[inside], rgb[inside])


@pytest.mark.parametrize("dimension", [2, 3])
def test_luminance(itk, dimension):
    gray = make_gray(itk, "F", dimension)
    enums = itk.ColorizationEnums
    results = []
    for luminance in (enums.Luminance_Source, enums.Luminance_Fused, enums.Luminance_Reference):
        colorize = itk.NetworkColorizationImageFilter.New(gray, model=make_colorizer(itk), luminance=luminance)
        colorize.Update()
        assert colorize.GetLuminance() == luminance
        assert colorize.GetUsedWindow()[1] > colorize.GetUsedWindow()[0]
        assert colorize.GetWindowMaximum() == 255.0
        assert colorize.GetBodyMask().GetThreshold() > 0.0
        results.append(itk.array_from_image(colorize.GetOutput()))
    default = itk.network_colorization_image_filter(gray, model=make_colorizer(itk))
    assert np.array_equal(itk.array_view_from_image(default), results[1])
    assert not np.array_equal(results[0], results[1]) and not np.array_equal(results[1], results[2])


@pytest.mark.parametrize("dimension", [2, 3])
def test_network_on_colours_and_stacks(itk, dimension):
    gray = make_gray(itk, "UC", dimension)
    color = make_color(itk, gray)
    model = make_model(itk, "ColorMedGANGenerator", '{"width":4,"classes":3,"input_channels":3}', range=(0.0, 255.0),
                       colorSpace=itk.NetworkColorSpace.RGB)
    of_color = itk.network_image_filter(color, model=model)
    stack = itk.image_from_array(itk.array_view_from_image(color).astype(np.float32),
                                 ttype=itk.VectorImage[itk.F, dimension])
    stack.CopyInformation(color)
    of_stack = itk.network_image_filter(stack, model=model, ttype=(type(stack), type(color)))
    assert_same_image(itk, of_stack, of_color)


def test_network_values(itk):
    gray = make_gray(itk, "F", 3)
    model = make_model(itk, "FCN3D", '{"widths":[4,1]}', range=(0.0, 255.0))
    values = itk.network_image_filter(gray, model=model, blending=itk.TileBlending.Crop, tile_size=[16, 16, 16])
    assert type(values) is type(gray)
    vectors = itk.network_image_filter(gray, model=model, blending=itk.TileBlending.Crop, tile_size=[16, 16, 16],
                                       ttype=(type(gray), itk.VectorImage[itk.F, 3]))
    assert np.array_equal(itk.array_view_from_image(vectors).squeeze(), itk.array_view_from_image(values))
    assert itk.array_view_from_image(values).std() > 0.0


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("pixel", GRAY)
def test_ct_to_rgb(itk, pixel, dimension):
    gray = make_gray(itk, pixel, dimension)
    color = itk.ct_to_rgb_image_filter(gray, model=make_ct_colorizer(itk), ranges=[(30, 80), (120, 170)])
    assert_same_place(itk, color, gray)
    assert itk.array_view_from_image(color).any()


def make_picture(itk, pixel, dimension):
    """Gray or in colours; a volume has two slices."""
    gray = make_gray(itk, "UC" if pixel == "RGB" else pixel, 2)
    image = make_color(itk, gray) if pixel == "RGB" else gray
    if dimension == 3:
        stacked = np.ascontiguousarray(np.stack([itk.array_view_from_image(image)] * 2))
        image = itk.image_from_array(stacked, is_vector=pixel == "RGB")
    return image


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("pixel", GRAY + ["RGB"])
def test_deep_features(itk, pixel, dimension):
    image = make_picture(itk, pixel, dimension)
    shallow, deep = itk.deep_feature_image_filter(image, model=make_vgg19(itk), layers=["relu1_1", "relu3_1"])
    slices = (2,) * (dimension - 2)
    assert itk.array_view_from_image(shallow).shape == slices + (40, 44, 4)
    assert itk.array_view_from_image(deep).shape == slices + (10, 11, 16)
    assert tuple(itk.spacing(deep))[:2] == tuple(4 * spacing for spacing in itk.spacing(image))[:2]


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("pixel", GRAY + ["RGB"])
def test_style_transfer(itk, pixel, dimension):
    image = make_picture(itk, pixel, dimension)
    paint = itk.StyleTransferImageFilter.New(image, style_image=make_photograph(itk), model=make_vgg19(itk),
                                             maximum_number_of_iterations=4,
                                             optimizer=itk.StyleTransferOptimizer.Adam)
    iterations = []
    paint.AddObserver(itk.IterationEvent(), lambda: iterations.append(paint.GetLoss().total))
    paint.Update()
    assert_same_place(itk, paint.GetOutput(), image)
    assert len(paint.GetReports()) == (1 if dimension == 2 else 2)
    assert list(paint.GetReports()[0].losses)[1:] == iterations[:4]


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("pixel", GRAY)
def test_style_colorization(itk, pixel, dimension):
    gray = make_gray(itk, pixel, dimension)
    style = itk.StyleTransferParameters()
    style.maximumNumberOfIterations = 2
    colorize = itk.StyleColorizationImageFilter.New(
        gray, style_image=make_photograph(itk), style_model=make_vgg19(itk), number_of_hint_slices=2,
        style_parameters=style)
    if dimension == 3:
        colorize.SetConversionModel(make_conversion(itk))
    colorize.Update()
    assert_same_place(itk, colorize.GetOutput(), gray)
    assert len(colorize.GetHintSlices()) == len(colorize.GetStyleReports()) == dimension - 1


@pytest.mark.parametrize("dimension", [2, 3])
def test_style_colorization_by_analogy(itk, dimension):
    gray = make_gray(itk, "F", dimension)
    colorize = itk.StyleColorizationImageFilter.New(
        gray, style_image=make_photograph(itk), painter=itk.StyleColorizationEnums.Painter_Analogy,
        number_of_hint_slices=2)
    colorize.Update()
    assert_same_place(itk, colorize.GetOutput(), gray)
    assert len(colorize.GetHintSlices()) == dimension - 1 and not colorize.GetStyleReports()
