#!/usr/bin/python3
"""System S4 (ColorMedGAN 2023): colours of a volume by a ColorMedGANGenerator, slice by slice."""
import itk

from support import (add_luminance, load_model, luminance_of, make_parser, print_metrics, run, show_progress,
                     superior_axis, write)


def main(options):
    volume = itk.imread(options.input, itk.F)
    colorize = itk.NetworkColorizationImageFilter.New(
        volume, model=load_model(options.model), slice_axis=superior_axis(volume),
        luminance=luminance_of(options))
    show_progress(colorize)
    colorize.Update()
    write(colorize.GetOutput(), options.output)
    print_metrics(colorize.GetOutput(), volume, {"ssim", "psnr_y", "mutual_information"})


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--model", required=True, help="weights of a ColorMedGANGenerator")
    add_luminance(parser)
    run(main, parser)
