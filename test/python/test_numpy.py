"""To numpy and back, and to a file and back: nothing gets lost."""
import numpy as np
import pytest

from conftest import assert_same_image, color_hints, place


def outputs(itk, crop):
    """One output of each type that the filters make."""
    color = color_hints(itk, crop, range(40))
    vectors = itk.Image[itk.Vector[itk.F, 3], 3]
    contours = itk.sobel_in_range_image_filter(crop)
    slices = itk.HintSlicesImageFilter.New(crop)
    slices.SetHintSlice(5, itk.image_from_array(np.full((48, 56, 3), 9, np.uint8), is_vector=True))
    slices.Update()
    return {
        "unsigned char": itk.otsu_body_mask_image_filter(crop),
        "float": itk.poisson_fusion_image_filter(crop, intensity_image=crop),
        "RGB": itk.levin_colorization_image_filter(crop, hint_image=color),
        "VectorImage": contours,
        "Vector": itk.color_space_image_filter(color, ttype=(type(color), vectors)),
        "confidence": slices.GetConfidenceOutput(),
    }


@pytest.fixture(scope="module")
def images(itk, crop):
    return outputs(itk, crop)


@pytest.mark.parametrize("name", ["unsigned char", "float", "RGB", "VectorImage", "Vector", "confidence"])
def test_round_trip(itk, images, crop, name, tmp_path):
    image = images[name]
    array = itk.array_from_image(image)
    back = itk.image_from_array(array, ttype=type(image))
    back.CopyInformation(image)
    assert_same_image(itk, back, image)
    assert array.shape[:3] == itk.array_view_from_image(crop).shape
    view = itk.array_view_from_image(image)
    view.flat[0] += 1
    assert itk.array_from_image(image).flat[0] == view.flat[0]
    view.flat[0] -= 1

    path = str(tmp_path / "image.nrrd")
    itk.imwrite(image, path)
    written = itk.imread(path)
    assert_same_image(itk, written, image)
    if name == "RGB":
        assert type(written) is type(image)


def test_arrays_in_arrays_out(itk, crop):
    array = itk.array_from_image(crop)
    result = itk.guided_image_filter(array, guidance_image=array, radius=2)
    plain = itk.guided_image_filter(itk.image_from_array(array), radius=2)
    assert isinstance(result, np.ndarray) and result.dtype == np.float32
    assert np.array_equal(result, itk.array_view_from_image(plain))
    mask = itk.otsu_body_mask_image_filter(array)
    assert isinstance(mask, np.ndarray) and mask.dtype == np.uint8


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32])
def test_types_of_arrays(itk, crop, dtype):
    array = itk.array_view_from_image(crop).astype(dtype)
    assert itk.fast_global_smoother_image_filter(array).dtype == dtype


def test_two_dimensions(itk, crop):
    picture = place(itk, itk.image_from_array(itk.array_view_from_image(crop)[20].copy()))
    smoothed = itk.domain_transform_image_filter(picture)
    back = itk.image_from_array(itk.array_from_image(smoothed))
    back.CopyInformation(smoothed)
    assert_same_image(itk, back, smoothed)
