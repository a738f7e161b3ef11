"""What the scripts of this folder have in common."""
import argparse
import os
import sys
import tempfile

import itk
import numpy as np


def superior_axis(volume):
    """The axis of a volume that is nearest to the patient's superior direction."""
    return int(np.abs(itk.array_from_matrix(volume.GetDirection())[2]).argmax())


def show_progress(process):
    """Shows a filter's stage and progress on a terminal."""
    if not sys.stderr.isatty():
        return

    def show():
        stage = process.GetStage() if hasattr(process, "GetStage") else ""
        print(f"\r{stage:20} {100 * process.GetProgress():3.0f} %", end="", file=sys.stderr, flush=True)

    process.AddObserver(itk.ProgressEvent(), show)
    process.AddObserver(itk.EndEvent(), lambda: print(file=sys.stderr))


def load_model(name):
    """A network from a file, or from the folder that ITK_COLORIZATION_MODELS names."""
    model = itk.NetworkModel.New()
    model.Load(name)
    return model


def write(image, path):
    """Writes an image; a run that fails leaves an older file as it was."""
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".colorization-") as staging:
        staged = os.path.join(staging, os.path.basename(path))
        itk.imwrite(image, staged, compression=True)
        os.replace(staged, path)


def print_metrics(color, source, names, reference=None):
    """Prints what a paper measured: of a colour volume, its gray source, and a colour reference if there is one."""
    gray = itk.array_view_from_image(source)
    masks = itk.Image[itk.UC, color.GetImageDimension()]
    measures = itk.ColorizationMetricsFilter[type(color), type(source), masks].New(
        result_image=color, source_image=source, source_minimum=float(gray.min()), source_maximum=float(gray.max()))
    if reference is not None:
        measures.SetReferenceImage(reference)
    for metric, name in zip(itk.ColorizationMetric, measures.GetReport()):
        measures.SetWanted(metric, name in names)
    measures.Update()
    for name, measure in measures.GetReport().items():
        if name in names:
            value = measure["reason"] or f"{measure['value']:.4f}"
            print(f"{name:20} {value:>12}  {measure['compared']}")


def add_luminance(parser):
    """The option of all scripts that colour: whose luminance colours are shown at."""
    parser.add_argument("--luminance", choices=["fused", "source", "reference"], default="fused",
                        help="the photograph's tone with the volume's structure, the volume's, or the photograph's or "
                             "network's own (default: fused)")


def luminance_of(options):
    return getattr(itk.ColorizationEnums, "Luminance_" + options.luminance.capitalize())


def make_parser(description):
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def run(main, parser):
    """Runs a script. Exit codes: 0 done; 1 wrong use; 2 bad input, with one line that says what is wrong with it."""
    try:
        options = parser.parse_args()
    except SystemExit as left:
        sys.exit(1 if left.code else 0)
    try:
        main(options)
    except (RuntimeError, OSError) as error:
        sentence = [line for line in str(error).splitlines() if line.strip()][-1]
        print(f"{parser.prog}: {sentence}", file=sys.stderr)
        sys.exit(2)
