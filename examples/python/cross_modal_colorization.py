#!/usr/bin/python3
"""System S2 (Mathur 2024): colours of a volume by a CrossModalGenerator, which has learned them from cryosections.

The network sees the slices across one axis, or across all three, whose mean is taken.
"""
import itk

from support import (add_luminance, load_model, luminance_of, make_parser, print_metrics, run, show_progress,
                     superior_axis, write)


def main(options):
    volume = itk.imread(options.input, itk.F)
    colorize = itk.NetworkColorizationImageFilter.New(
        volume, model=load_model(options.model), slice_axis=superior_axis(volume),
        average_over_axes=options.average_over_axes, luminance=luminance_of(options))
    show_progress(colorize)
    colorize.Update()
    write(colorize.GetOutput(), options.output)
    reference = itk.imread(options.reference) if options.reference else None
    print_metrics(colorize.GetOutput(), volume,
                  {"colorfulness", "delta_colorfulness", "ssim", "ms_ssim", "stsim1", "stsim2", "fsim"}, reference)


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--model", required=True, help="weights of a CrossModalGenerator")
    parser.add_argument("--average-over-axes", action="store_true", help="see the slices across all axes")
    parser.add_argument("--reference", help="colour volume that the result is compared with")
    add_luminance(parser)
    run(main, parser)
