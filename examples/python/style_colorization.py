#!/usr/bin/python3
"""System S1 (Mathur 2021): paints a few slices in the style of a photograph, and spreads their colours.

Needs VGG-19, as torchvision or timm have it; and, to make the gray of a cryosection of an MRI first, an FCN3D.
"""
import itk

from support import (add_luminance, load_model, luminance_of, make_parser, print_metrics, run, show_progress,
                     superior_axis, write)


def main(options):
    volume = itk.imread(options.input, itk.F)
    colorize = itk.StyleColorizationImageFilter.New(
        volume, style_image=itk.imread(options.photo), style_model=load_model(options.vgg19),
        axis=superior_axis(volume), number_of_hint_slices=options.hint_count,
        luminance=luminance_of(options))
    if options.fcn3d:
        colorize.SetConversionModel(load_model(options.fcn3d))
    style = colorize.GetStyleParameters()
    style.maximumNumberOfIterations = options.iterations
    colorize.SetStyleParameters(style)
    show_progress(colorize)
    colorize.Update()
    write(colorize.GetOutput(), options.output)
    print("Painted slices:", *colorize.GetHintSlices())
    print_metrics(colorize.GetOutput(), volume, {"ssim", "psnr", "mse"})


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("input")
    parser.add_argument("photo")
    parser.add_argument("output")
    parser.add_argument("--vgg19", required=True, help="weights of VGG-19")
    parser.add_argument("--fcn3d", help="model that makes cryosection's gray of the input")
    parser.add_argument("--hint-count", type=int, default=3, help="slices to paint (default: 3)")
    parser.add_argument("--iterations", type=int, default=300, help="most iterations for a slice (default: 300)")
    add_luminance(parser)
    run(main, parser)
