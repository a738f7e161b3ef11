#!/usr/bin/python3
"""System S3 (Devkota 2022): the colours of one photograph for a volume, by patches that look alike. No network."""
import itk

from support import make_parser, print_metrics, run, show_progress, superior_axis, write


def main(options):
    volume = itk.imread(options.input, itk.F)
    colorize = itk.ReferenceColorizationImageFilter.New(
        volume, reference_image=itk.imread(options.photo), axis=superior_axis(volume),
        number_of_hint_slices=options.hint_count)
    if options.mask:
        colorize.SetMaskImage(itk.imread(options.mask, itk.UC))
    show_progress(colorize)
    colorize.Update()
    write(colorize.GetOutput(), options.output)
    print(f"The photograph's pixels are {colorize.GetPhotographPoses()[0]['spacing']:.3f} mm wide.")
    print_metrics(colorize.GetOutput(), volume, {"psnr_y", "ssim", "gradient_correlation", "colorfulness"})


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("input")
    parser.add_argument("photo")
    parser.add_argument("output")
    parser.add_argument("--mask", help="the body, where not 0; without it, it is found")
    parser.add_argument("--hint-count", type=int, default=40, help="slices coloured by analogy (default: 40)")
    run(main, parser)
