#!/usr/bin/python3
"""Makes the pairs of scan and color that any-contrast is trained on, and the recipe that PackTrainingData packs.

    make_pairs.py DATA BUILD OUT

DATA is the folder of scans and photographs, BUILD/bin holds the programs, and OUT gets the pairs, any-contrast.json, and
any-contrast-brains.json, in which there are brains without heads, too: as pairs, and as colors for random contrasts.
Needs Debian's python3-nibabel, python3-numpy, python3-pil and python3-scipy.

Pairs are of two kinds. Where a scanned body was photographed, the photographs are the colors. Else an atlas of the
photographs is registered with the scan (ColorizeFromReference), and gives it colors; atlases are made without the
levels that are set aside for test. All scans lie along the patient's axes, at 2 mm in plane.
"""

import argparse
import json
import pathlib
import plistlib
import re
import subprocess
import sys
import tarfile

import nibabel
import nibabel.processing
import numpy
from PIL import Image
from scipy import ndimage

SPACING = 2.0  # mm
CT_WINDOW = [-200, 300]  # HU, as models of CT see it
TEST_LEVELS = [(60, 75), (165, 180), (420, 459), (640, 679), (1100, 1139)]
GAP = 4  # levels beside these that are not used at all
CRYOSECTION_CREDIT = "Courtesy of the U.S. National Library of Medicine"

# Scans that an atlas gives colors: file, atlas, whether it is CT, how often it is drawn, credit.
REGISTERED = {
    "ch2": ("/usr/share/mricron/templates/ch2.nii.gz", "head", False, 0.06, "MRIcron; Montreal Neurological Institute"),
    "head-t1": ("mri/head_t1.nii.gz", "head", False, 0.05, "VolumeRenderingData, MIT"),
    "rire": ("mri/rire_head_t1.mha", "head", False, 0.04, "RIRE, CC BY 3.0 US"),
    "cranium": ("/usr/share/doc/invesalius-examples/examples/Cranium.inv3", "head", True, 0.06, "InVesalius"),
    "chest": ("ct/chest_ct.nii.gz", "body", True, 0.04, "FNNDSC, Apache-2.0"),
    "abdomen": ("ct/abdomen_contrast_ct.nii.gz", "body", True, 0.03, "TotalSegmentator, Apache-2.0"),
    "body": ("ct/body_ct_3mm.nii.gz", "body", True, 0.03, "TotalSegmentator, Apache-2.0"),
}
IXI_SHARE = 0.025
# The first is for test.
IXI = ["IXI012-HH-1211", "IXI013-HH-1212", "IXI014-HH-1236", "IXI015-HH-1258", "IXI033-HH-1259", "IXI034-HH-1260",
       "IXI039-HH-1261", "IXI048-HH-1326", "IXI049-HH-1358", "IXI051-HH-1328"]

# Heads of which the brain is taken out by its labels, how often each is drawn as a pair, and for random contrasts.
BRAINS = ["ixi013", "ixi014", "ixi033", "ixi039", "ixi048"]
BRAIN_PAIR_SHARE = 0.03
BRAIN_COLOR_SHARE = 0.03

# Scans of the photographed body, with the photographs on their grids: whether it is CT, how often it is drawn.
PHOTOGRAPHED = {
    "vhm_head_mri_upper": (False, 0.16),
    "vhm_fresh_ct_a": (True, 0.06),
    "vhm_fresh_ct_b": (True, 0.10),
}


def run(*command):
    """Runs a program and shows what it said if it failed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in command)} failed: {done.stderr}")


def read_mha(path):
    """Reads an uncompressed MetaImage of shorts in one file."""
    data = path.read_bytes()
    end = data.index(b"ElementDataFile = LOCAL") + len(b"ElementDataFile = LOCAL\n")
    header = dict(line.split(" = ") for line in data[:end].decode().strip().split("\n"))
    size = [int(number) for number in header["DimSize"].split()]
    spacing = [float(number) for number in header["ElementSpacing"].split()]
    values = numpy.frombuffer(data[end:], "<i2").reshape(size[::-1]).T
    return nibabel.Nifti1Image(values, numpy.diag([-spacing[0], -spacing[1], spacing[2], 1.0]))


def read_invesalius(path):
    """Reads the volume of an InVesalius project."""
    with tarfile.open(path) as project:
        files = {pathlib.PurePath(member.name).name: member for member in project.getmembers()}
        description = plistlib.loads(project.extractfile(files["main.plist"]).read())
        matrix = description["matrix"]
        values = numpy.frombuffer(project.extractfile(files[matrix["filename"]]).read(), matrix["dtype"])
    spacing = description["spacing"]
    volume = values.reshape(matrix["shape"]).T
    return nibabel.Nifti1Image(volume, numpy.diag([-spacing[0], spacing[1], spacing[2], 1.0]))


def read_scan(path):
    """Reads a scan and turns its axes to right, anterior and superior."""
    reader = {".mha": read_mha, ".inv3": read_invesalius}.get(path.suffix, nibabel.load)
    return nibabel.as_closest_canonical(reader(path))


def smoothing_sigma(ratio):
    """Returns the Gaussian, in voxels, that a scan needs before its voxels become `ratio` times as large."""
    return 0.5 * numpy.sqrt(ratio**2 - 1.0) if ratio > 1.25 else 0.0


def at_spacing(image, across):
    """Resamples a scan to SPACING in plane and to `across` mm a slice, smoothed first where that is coarser."""
    spacing = numpy.array(image.header.get_zooms()[:3], float)
    wanted = numpy.array([SPACING, SPACING, across])
    sigma = [smoothing_sigma(ratio) for ratio in wanted / spacing]
    values = ndimage.gaussian_filter(image.get_fdata(dtype=numpy.float32), sigma, mode="nearest")
    smooth = nibabel.Nifti1Image(values, image.affine)
    return nibabel.processing.resample_to_output(smooth, wanted, order=1, mode="nearest")


def save(image, path):
    nibabel.save(nibabel.Nifti1Image(image.get_fdata(dtype=numpy.float32), image.affine), path)


def save_color(rgb, affine, path):
    """Saves X x Y x Z x 3 bytes as an RGB24 volume."""
    pixels = numpy.ascontiguousarray(rgb).view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0]
    nibabel.save(nibabel.Nifti1Image(pixels, affine), path)


def make_registered(name, data, build, out, atlases):
    path, atlas, is_ct, share, thanks = REGISTERED[name]
    scan = read_scan(pathlib.Path(path) if path.startswith("/") else data / path)
    across = max(SPACING, float(scan.header.get_zooms()[2]))
    source = out / f"{name}.source.nii.gz"
    target = out / f"{name}.target.nii.gz"
    save(at_spacing(scan, across), source)
    run(build / "bin/ColorizeFromReference", source, target, "--reference", atlases[atlas], "--method", "atlas",
        "--luminance", "reference", "--progress", "none", "--report", out / f"{name}.json")
    entry = {"share": share, "credit": f"{thanks}; {CRYOSECTION_CREDIT}"}
    return pair(name, source, target, is_ct, entry)


def pair(name, source, target, is_ct, entry):
    gray = {"name": f"{name}.source", "image": source.name, "kind": "gray", **entry}
    if is_ct:
        gray["window"] = CT_WINDOW
    return [gray, {"name": f"{name}.target", "image": target.name, "kind": "color", **entry, "share": 0}]


def make_photographed(name, data, out):
    """Pairs the slices of a scan with photographs. Slices of test levels are set aside."""
    is_ct, share = PHOTOGRAPHED[name]
    scan = nibabel.load(data / f"pairs/{name}.nii.gz")
    flips = nibabel.aff2axcodes(scan.affine)
    if flips != ("L", "P", "S"):
        sys.exit(f"{name}: the axes are {flips}, but have to be L, P, S.")
    photographs = {}
    for path in (data / f"pairs/{name}_color").iterdir():
        slice_number, level = re.fullmatch(r"slice(\d+)_level(\d+)\.png", path.name).groups()
        photographs[int(slice_number)] = (int(level), path)
    spacing = scan.header.get_zooms()
    zoom = [spacing[0] / SPACING, spacing[1] / SPACING, 1.0]
    values = scan.get_fdata(dtype=numpy.float32)
    rgb = numpy.zeros(values.shape + (3,), numpy.float32)
    for k, (_, path) in photographs.items():
        rgb[:, :, k] = numpy.asarray(Image.open(path).convert("RGB"), numpy.float32).transpose(1, 0, 2)
    sigma = [smoothing_sigma(1.0 / z) for z in zoom]
    shrink = lambda volume: ndimage.zoom(ndimage.gaussian_filter(volume, sigma), zoom, order=1, grid_mode=True,
                                         mode="nearest")
    gray = shrink(values)
    color = numpy.stack([shrink(rgb[..., c]) for c in range(3)], -1).round().clip(0, 255).astype(numpy.uint8)
    scale = [values.shape[k] / gray.shape[k] for k in range(3)]
    corner = [0.5 * (s - 1.0) for s in scale]
    affine = scan.affine @ numpy.block([[numpy.diag(scale), numpy.array(corner)[:, None]], [numpy.zeros((1, 3)), 1.0]])
    source = out / f"{name}.source.nii.gz"
    target = out / f"{name}.target.nii.gz"
    nibabel.save(nibabel.Nifti1Image(gray, affine), source)
    save_color(color, affine, target)
    # Positions in mm from the first slice.
    position = lambda k: float(k * spacing[2])
    test = [k for k, (level, _) in photographs.items() if any(a <= level <= b for a, b in TEST_LEVELS)]
    entry = {"share": share, "credit": CRYOSECTION_CREDIT, "gap": GAP,
             "test": [[position(k) - 0.01, position(k) + 0.01] for k in sorted(test)]}
    return pair(name, source, target, is_ct, entry)


def make_brain(name, data, out):
    """Takes the labeled part out of a scan and its colors."""
    subject = next(subject for subject in IXI if subject.split("-")[0].lower() == name)
    labels = nibabel.as_closest_canonical(nibabel.load(data / f"mri/ixi/{subject}-T1_ds_DLMUSE.nii.gz"))
    scan = nibabel.load(out / f"{name}.source.nii.gz")
    color = nibabel.load(out / f"{name}.target.nii.gz")
    brain = nibabel.processing.resample_from_to(labels, scan, order=0).get_fdata() > 0
    brain = ndimage.binary_closing(brain, iterations=2)
    source = out / f"{name}-brain.source.nii.gz"
    target = out / f"{name}-brain.target.nii.gz"
    save(nibabel.Nifti1Image(scan.get_fdata(dtype=numpy.float32) * brain, scan.affine), source)
    pixels = numpy.asanyarray(color.dataobj)
    rgb = numpy.stack([pixels[channel] for channel in "RGB"], -1) * brain[..., None].astype(numpy.uint8)
    save_color(rgb, color.affine, target)
    entry = {"share": BRAIN_PAIR_SHARE, "credit": f"IXI, CC BY-SA 3.0; {CRYOSECTION_CREDIT}"}
    volumes = pair(f"{name}-brain", source, target, False, entry)
    return volumes + [{**volumes[1], "name": f"{name}-brain.color", "share": BRAIN_COLOR_SHARE}]


def make_atlases(data, build, out):
    """Builds the atlases of head and body without the levels of test and their neighbors."""
    ranges = ",".join(f"{a - GAP}-{b + GAP}" for a, b in TEST_LEVELS)
    here = pathlib.Path(__file__).parent
    atlases = {}
    for part, spacing, levels in (("head", 1, ",".join(ranges.split(",")[:2])), ("body", 2, ranges)):
        atlases[part] = out / f"{part}-atlas.nrrd"
        if not atlases[part].exists():
            run(build / "bin/BuildColorAtlas", here / f"visible-human-{part}.json", atlases[part], "--folder",
                data / "cryosection", "--spacing", spacing, "--leave-out", levels, "--progress", "none")
    return atlases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in IXI[1:]:
        REGISTERED[name.split("-")[0].lower()] = (f"mri/ixi/{name}-T1_ds.nii.gz", "head", False, IXI_SHARE,
                                                  "IXI, CC BY-SA 3.0")
    volumes = json.loads((pathlib.Path(__file__).parent / "any-contrast.json").read_text())["volumes"]
    for volume in volumes:
        volume["photographs"] = str((arguments.data / "cryosection" / volume["photographs"]).resolve())
    for name in PHOTOGRAPHED:
        volumes += make_photographed(name, arguments.data, arguments.out)
    atlases = make_atlases(arguments.data, arguments.build, arguments.out)
    for name in REGISTERED:
        volumes += make_registered(name, arguments.data, arguments.build, arguments.out, atlases)
        print(name, flush=True)
    brains = [volume for name in BRAINS for volume in make_brain(name, arguments.data, arguments.out)]
    for name, made in (("any-contrast", volumes), ("any-contrast-brains", volumes + brains)):
        (arguments.out / f"{name}.json").write_text(json.dumps({"volumes": made}, indent=2) + "\n")


if __name__ == "__main__":
    main()
