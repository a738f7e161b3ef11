#!/usr/bin/python3
"""System S5 (CT2RGB 2022): colours of a CT by a Pix2PixGenerator, which sees the contours of fat and bone, too."""
import itk

from support import (add_luminance, load_model, luminance_of, make_parser, print_metrics, run, show_progress,
                     superior_axis, write)


def main(options):
    volume = itk.imread(options.input, itk.F)
    colorize = itk.CTToRGBImageFilter.New(
        volume, model=load_model(options.model), slice_axis=superior_axis(volume),
        opening_radius=options.opening_radius, ranges=[tuple(options.fat), tuple(options.bone)],
        luminance=luminance_of(options))
    show_progress(colorize)
    colorize.Update()
    write(colorize.GetOutput(), options.output)
    reference = itk.imread(options.reference) if options.reference else None
    print_metrics(colorize.GetOutput(), volume, {"rmse", "ssim"}, reference)


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--model", required=True, help="weights of a Pix2PixGenerator with three channels in")
    parser.add_argument("--fat", nargs=2, type=float, default=(-190, -30), help="in HU (default: -190 -30)")
    parser.add_argument("--bone", nargs=2, type=float, default=(150, 3071), help="in HU (default: 150 3071)")
    parser.add_argument("--opening-radius", type=float, default=0.0, help="parts body and table, in mm (default: 0)")
    parser.add_argument("--reference", help="colour volume that the result is compared with")
    add_luminance(parser)
    run(main, parser)
