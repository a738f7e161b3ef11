#!/usr/bin/python3
"""Colours many volumes, or one that is larger than a machine's memory, on the worker processes of a Dask cluster.

    colorize_with_dask.py volumes --photo PHOTO --output FOLDER VOLUME...
    colorize_with_dask.py slabs VOLUME HINTS OUT.mha [--hint-mask MASK]

`volumes`: each volume gets the colours of one photograph; a task is a volume.

`slabs`: VOLUME is gray and HINTS a colour volume on the same grid, some of whose slices across the last axis are full
of hints. Such slices part Levin's equations: what lies between two of them is solved alone, with the same result. A
task is what lies between two; its worker reads, solves and writes this and nothing else. All files are MetaImages (.mha)
without compression, which are read and written in parts, on a file system that all workers see. A MetaImage does not
tell colours from vectors: itk.imread(OUT, itk.RGBPixel[itk.UC]) reads the result.

Without --scheduler, it starts processes on this machine. A worker that dies takes nothing with it: its tasks are done
again, by another.
"""
import argparse
import os

import itk
import numpy as np
from dask.distributed import Client, LocalCluster, as_completed


def make_color(volume, photograph, output):
    """A task: colours a volume, and moves the result to its place."""
    color = itk.reference_colorization_image_filter(itk.imread(volume, itk.F), reference_image=itk.imread(photograph))
    staged = f"{output}.{os.getpid()}.nrrd"
    itk.imwrite(color, staged, compression=True)
    os.replace(staged, output)
    return output


def colorize_volumes(client, volumes, photograph, folder):
    """Colours volumes; returns the paths of the results, in the order of the volumes."""
    os.makedirs(folder, exist_ok=True)
    outputs = [os.path.join(folder, os.path.basename(volume).split(".")[0] + ".nrrd") for volume in volumes]
    if len(set(outputs)) != len(outputs):
        raise RuntimeError("Two volumes have the same name, and so would their results.")
    futures = client.map(make_color, volumes, [photograph] * len(volumes), outputs, pure=False)
    for done, future in enumerate(as_completed(futures), 1):
        print(f"{done} of {len(futures)}: {future.result()}", flush=True)
    return outputs


def open_image(path, image_type):
    """A reader that knows the image's size and place, and reads what is asked for."""
    reader = itk.ImageFileReader[image_type].New(file_name=path)
    reader.UpdateOutputInformation()
    return reader


def read_slices(reader, first, count):
    """Slices across the last axis, as an array."""
    region = reader.GetOutput().GetLargestPossibleRegion()
    index, size = list(region.GetIndex()), list(region.GetSize())
    index[2], size[2] = first, count
    region.SetIndex(index)
    region.SetSize(size)
    return itk.array_from_image(itk.extract_image_filter(reader, extraction_region=region))


HINT_TYPE = itk.Image[itk.RGBPixel[itk.UC], 3]
GRAY_TYPE = itk.Image[itk.F, 3]
MASK_TYPE = itk.Image[itk.UC, 3]


def find_full_slices(hints, mask, first, count):
    """A task: which of some slices have a hint at every voxel."""
    slices = read_slices(open_image(mask or hints, MASK_TYPE if mask else HINT_TYPE), first, count)
    is_hint = slices != 0 if mask else (slices != 0).any(axis=-1)
    return [first + k for k in range(count) if is_hint[k].all()]


def make_slab(volume, hints, mask, output, planes, first, count, window):
    """A task: colours some slices of the volume, and writes them into the output."""
    # An image does not keep its reader alive.
    readers = [open_image(volume, GRAY_TYPE), open_image(hints, HINT_TYPE)]
    levin = itk.LevinColorizationImageFilter[GRAY_TYPE, HINT_TYPE, HINT_TYPE].New(
        readers[0], hint_image=readers[1].GetOutput(), hint_slices=planes,
        window_minimum=window[0], window_maximum=window[1])
    if mask:
        readers.append(open_image(mask, MASK_TYPE))
        levin.SetHintMaskImage(readers[2].GetOutput())
    # The writer asks for this slab alone, and the filter asks its inputs for what that needs.
    write_part(levin, output, first, count)
    return first, count, levin.GetNumberOfCycles()


def write_part(source, output, first, count):
    """Writes some slices of an image into a file, which is made if there is none."""
    image = itk.output(source)
    image.UpdateOutputInformation()
    size = image.GetLargestPossibleRegion().GetSize()
    region = itk.ImageIORegion(3)
    for axis in range(3):
        region.SetIndex(axis, first if axis == 2 else 0)
        region.SetSize(axis, count if axis == 2 else size[axis])
    writer = itk.ImageFileWriter[HINT_TYPE].New(source, file_name=output)
    writer.SetIORegion(region)
    writer.Update()


def part_slices(planes, count):
    """First slice and number of slices of each part of the volume; a part begins at each plane."""
    begins = sorted({0, *planes})
    return [(begin, end - begin) for begin, end in zip(begins, begins[1:] + [count])]


def colorize_slabs(client, volume, hints, output, mask=None, window=(0.0, 255.0)):
    """Colours one volume slab by slab; returns the slices that are full of hints."""
    if not output.endswith(".mha"):
        raise RuntimeError(f"{output}: a file that is written in parts ends with .mha.")
    slices = open_image(volume, GRAY_TYPE).GetOutput().GetLargestPossibleRegion().GetSize()[2]
    looks = [client.submit(find_full_slices, hints, mask, first, min(16, slices - first), pure=False)
             for first in range(0, slices, 16)]
    planes = sum(client.gather(looks), [])
    if not planes:
        raise RuntimeError(f"{hints}: no slice is full of hints, so there is nothing to part the volume by.")
    staged = output[:-len(".mha")] + ".part.mha"
    # This makes the file, of its full size: workers write into it side by side.
    write_part(open_image(hints, HINT_TYPE), staged, 0, 1)
    futures = [client.submit(make_slab, volume, hints, mask, staged, planes, first, count, window, pure=False)
               for first, count in part_slices(planes, slices)]
    for done, future in enumerate(as_completed(futures), 1):
        first, count, cycles = future.result()
        print(f"{done} of {len(futures)}: slices {first} ... {first + count - 1}, {cycles} cycles", flush=True)
    os.replace(staged, output)
    return planes


def share_processors(workers):
    """Filters of a worker use its share of the processors."""
    itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(max(1, os.cpu_count() // workers))


def start_cluster(workers):
    """Processes of this machine, which are started again where they die."""
    return LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)


def make_parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scheduler", help="address of a cluster's scheduler")
    parser.add_argument("--workers", type=int, default=2, help="processes to start without --scheduler (default: 2)")
    jobs = parser.add_subparsers(dest="job", required=True)
    volumes = jobs.add_parser("volumes")
    volumes.add_argument("volumes", nargs="+")
    volumes.add_argument("--photo", required=True, help="colour photograph of a section through a body")
    volumes.add_argument("--output", required=True, help="folder for the results")
    slabs = jobs.add_parser("slabs")
    slabs.add_argument("volume")
    slabs.add_argument("hints", help="colour volume; without --hint-mask, what is not black is a hint")
    slabs.add_argument("output")
    slabs.add_argument("--hint-mask", help="which voxels are hints: those that are not 0")
    slabs.add_argument("--window", nargs=2, type=float, default=(0.0, 255.0), help="values that are black and white")
    return parser


def main(options):
    cluster = options.scheduler or start_cluster(options.workers)
    with Client(cluster) as client:
        client.upload_file(os.path.abspath(__file__))
        if not options.scheduler:
            client.register_worker_callbacks(lambda: share_processors(options.workers))
        if options.job == "volumes":
            colorize_volumes(client, options.volumes, options.photo, options.output)
        else:
            colorize_slabs(client, options.volume, options.hints, options.output, options.hint_mask, options.window)
    if not options.scheduler:
        cluster.close()


if __name__ == "__main__":
    # Workers import the tasks by this name; as parts of a program, they would be pickled, which itk cannot be.
    import colorize_with_dask
    from support import run

    run(colorize_with_dask.main, colorize_with_dask.make_parser())
