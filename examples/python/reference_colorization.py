#!/usr/bin/python3
"""System S3 (Devkota 2022): the colours of photographs for a volume, by patches that look alike.

PHOTO is one photograph, or a folder of them, of which each slice picks the one that is most like it. No network is
needed; with VGG-19, photographs and patches are compared by its layers, as in the paper.
"""
import os

import itk

from support import (add_luminance, load_model, luminance_of, make_parser, print_metrics, run, show_progress,
                     superior_axis, write)


def set_photographs(colorize, options):
    """One photograph, or many to pick from."""
    model = load_model(options.vgg19) if options.vgg19 else None
    if model:
        colorize.SetModel(model)
    if not os.path.isdir(options.photo):
        colorize.SetReferenceImage(itk.imread(options.photo))
        return
    database = itk.ReferenceImageDatabase.New(photograph_spacing=options.photo_spacing)
    if model:
        database.SetModel(model)
    database.AddFolder(options.photo)
    colorize.SetReferenceDatabase(database)


def main(options):
    volume = itk.imread(options.input, itk.F)
    methods = itk.ReferenceColorizationEnums
    colorize = itk.ReferenceColorizationImageFilter.New(
        volume, axis=superior_axis(volume), number_of_hint_slices=options.hint_count,
        method=methods.Method_Slices if options.every_slice else methods.Method_Hints,
        luminance=luminance_of(options))
    set_photographs(colorize, options)
    if options.mask:
        colorize.SetMaskImage(itk.imread(options.mask, itk.UC))
    show_progress(colorize)
    colorize.Update()
    write(colorize.GetOutput(), options.output)
    for pose in colorize.GetPhotographPoses():
        print(f"Photograph {pose['photograph']}: its pixels are {pose['spacing']:.3f} mm wide.")
    print_metrics(colorize.GetOutput(), volume, {"psnr_y", "ssim", "gradient_correlation", "colorfulness"})


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("input")
    parser.add_argument("photo")
    parser.add_argument("--photo-spacing", type=float, default=0.0,
                        help="size of the pixels of a folder's photographs in mm; 0 if not known (default: 0)")
    parser.add_argument("output")
    parser.add_argument("--mask", help="the body, where not 0; without it, it is found")
    parser.add_argument("--hint-count", type=int, default=40, help="slices coloured by analogy (default: 40)")
    parser.add_argument("--every-slice", action="store_true", help="colour all slices by analogy, as the paper does")
    parser.add_argument("--vgg19", help="weights of VGG-19; with its layer fc6, for a folder")
    add_luminance(parser)
    run(main, parser)
