#!/usr/bin/python3
"""The colours of a photographed body for a scan, by registration.

ATLAS is a colour atlas that the program BuildColorAtlas has written. IN is a volume, or a picture of a section across
the body. No network is needed.
"""
import itk

from support import add_luminance, luminance_of, make_parser, print_metrics, run, show_progress, write


def use_ct(colorize):
    """The window of CT, and a body without what is as thin as the table."""
    colorize.SetOpeningRadius(3.0)
    colorize.UseAutomaticWindowOff()
    colorize.SetWindowMinimum(-1000.0)
    colorize.SetWindowMaximum(700.0)


def print_report(report):
    """Where the scan lies in the atlas, and how well it fits."""
    left, posterior, superior = report.place
    print(f"Place in the atlas: {left:.1f} mm left, {posterior:.1f} mm posterior, {superior:.1f} mm superior")
    print("Scale: " + " x ".join(f"{scale:.3f}" for scale in report.scale))
    for name in ("coverage", "bodyOverlap", "agreement"):
        print(f"{name:12} {getattr(report, name):.3f}")


def main(options):
    image = itk.imread(options.input, itk.F)
    if options.pixel_size:
        spacing = list(image.GetSpacing())
        spacing[:2] = [options.pixel_size] * 2
        image.SetSpacing(spacing)
    atlas = itk.ColorAtlas.New()
    atlas.Read(options.atlas)
    colorize = itk.AtlasColorizationImageFilter.New(image, match_radius=options.match_radius,
                                                    luminance=luminance_of(options))
    colorize.SetAtlas(atlas)
    if options.modality == "ct" or (options.modality == "auto" and itk.array_view_from_image(image).min() <= -900.0):
        use_ct(colorize)
    if options.mask:
        colorize.SetMaskImage(itk.imread(options.mask, itk.UC))
    show_progress(colorize)
    colorize.Update()
    write(colorize.GetOutput(), options.output)
    if atlas.GetCredit():
        print(f"Photographs: {atlas.GetCredit()}")
    print_report(colorize.GetRegistration().GetReport())
    print_metrics(colorize.GetOutput(), image, {"psnr_y", "ssim", "gradient_correlation", "colorfulness"})


if __name__ == "__main__":
    parser = make_parser(__doc__)
    parser.add_argument("input")
    parser.add_argument("atlas")
    parser.add_argument("output")
    parser.add_argument("--mask", help="the body, where not 0; without it, it is found")
    parser.add_argument("--match-radius", type=float, default=4.0,
                        help="standard deviation in mm of the neighborhoods that colours are taken from (default: 4)")
    parser.add_argument("--modality", choices=["auto", "mr", "ct"], default="auto",
                        help="auto takes for CT what has -900 or less (default: auto)")
    parser.add_argument("--pixel-size", type=float, default=0.0,
                        help="size of the pixels in mm, for a picture whose file does not tell it; 0 if it does "
                             "(default: 0)")
    add_luminance(parser)
    run(main, parser)
