#!/usr/bin/python3
"""Colours a volume with the colours of one photograph, and renders it: colorize_in_thirty_lines.py IN PHOTO OUT PNG"""
import sys

import itk
import numpy as np


def main(source, photograph, output, picture):
    volume = itk.imread(source, itk.F)
    colorize = itk.ReferenceColorizationImageFilter.New(volume, reference_image=itk.imread(photograph))
    colorize.AddObserver(
        itk.ProgressEvent(),
        lambda: print(f"\r{colorize.GetStage():20} {100 * colorize.GetProgress():3.0f} %", end="", file=sys.stderr))
    colorize.Update()
    color = colorize.GetOutput()
    itk.imwrite(color, output, compression=True)

    rgb = itk.array_view_from_image(color)
    luminance = np.rint(rgb @ np.array([0.299, 0.587, 0.114]))[..., np.newaxis].astype(np.uint8)
    rgba = itk.image_from_array(np.concatenate([rgb, luminance], axis=-1),
                                ttype=itk.Image[itk.RGBAPixel[itk.UC], 3])
    rgba.CopyInformation(color)
    itk.imwrite(itk.color_volume_render_image_filter(rgba, cut_corner=True), picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
