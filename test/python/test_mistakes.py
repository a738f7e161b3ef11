"""What users do wrong, and what they are told."""
import numpy as np
import pytest

from conftest import color_hints


def test_type_that_is_not_wrapped_gets_the_usual_error(itk, crop):
    """And what to do."""
    double = itk.array_from_image(crop).astype(np.float64)
    usual = "(?s)itk.GuidedImageFilter is not wrapped for input type.*Supported input types.*itk.Image.itk.F,3."
    with pytest.raises(TypeError, match=usual + ".*float64.*astype"):
        itk.guided_image_filter(double)
    with pytest.raises(TypeError, match=usual + ".*float64.*astype"):
        itk.guided_image_filter(itk.image_from_array(double))
    with pytest.raises(TypeError, match=usual):
        itk.GuidedImageFilter.New(itk.image_from_array(double))
    with pytest.raises(TypeError, match="(?s)Supported input types.*int32.*astype"):
        itk.otsu_body_mask_image_filter(itk.array_from_image(crop).astype(np.int32))


def test_colours_as_a_fourth_axis(itk, crop):
    """As scikit-image keeps colours: without being told, ITK takes the last axis for one of space."""
    rgb = itk.array_from_image(color_hints(itk, crop, range(40)))
    with pytest.raises((TypeError, RuntimeError, KeyError), match="is_vector=True"):
        itk.levin_colorization_image_filter(crop, hint_image=rgb)
    with pytest.raises((TypeError, RuntimeError, KeyError), match="is_vector=True"):
        itk.guided_image_filter(rgb)
    photograph = rgb[0]
    with pytest.raises(TypeError, match="is_vector=True"):
        itk.reference_colorization_image_filter(crop, reference_image=photograph)


def test_wrong_order_of_axes(itk, crop):
    turned = itk.image_from_array(np.ascontiguousarray(itk.array_view_from_image(crop).T))
    with pytest.raises(RuntimeError, match=r"\[40, 48, 56\].*\[56, 48, 40\]|\[56, 48, 40\].*\[40, 48, 56\]"):
        itk.poisson_fusion_image_filter(itk.image_from_array(itk.array_from_image(crop)), intensity_image=turned)


def test_images_that_lie_elsewhere(itk, crop):
    moved = itk.image_from_array(itk.array_from_image(crop))
    with pytest.raises(RuntimeError, match="same physical space"):
        itk.guided_image_filter(crop, guidance_image=moved)


def test_gray_photograph(itk, crop):
    gray = itk.image_from_array(np.full((40, 40, 3), 128, np.uint8), is_vector=True)
    with pytest.raises(RuntimeError, match="tissue"):
        itk.reference_colorization_image_filter(crop, reference_image=gray)


def test_volume_as_photograph(itk, crop):
    with pytest.raises(TypeError, match="itkImageRGBUC2"):
        itk.reference_colorization_image_filter(crop, reference_image=crop)
