#!/usr/bin/env python3
"""NetworkImageFilter against Python's torch: one network, the same tiles, batch and blending, in turns, on one volume.

    network-benchmark.py BUILD VOLUME.nii.gz [THREADS]

Prints the seconds of each, the least of ROUNDS, and their ratio; and how far the results differ."""

import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "networks"))
import reference_networks

HYPER_PARAMETERS = '{"widths":[8,16,8,1]}'
TILE, OVERLAP, BATCH, ROUNDS = 64, 0.25, 1, 5


def read_nifti(path):
    data = gzip.open(path).read()
    size = struct.unpack("<3h", data[42:48])
    (offset,) = struct.unpack("<f", data[108:112])
    return numpy.frombuffer(data, numpy.uint8, offset=int(offset)).reshape(size[::-1])


def begins(extent):
    stride = max(round(TILE * (1 - OVERLAP)), 1)
    return list(range(0, extent - TILE, stride)) + [extent - TILE]


def run(network, volume):
    """The usual way: an accumulator and the sum of weights, both of the volume's size."""
    values = torch.from_numpy(volume.astype(numpy.float32)) / 255
    line = torch.exp(-0.5 * ((torch.arange(TILE) + 0.5 - TILE / 2) * 8 / TILE) ** 2)
    window = line[:, None, None] * line[:, None] * line
    total, weight = torch.zeros(values.shape), torch.zeros(values.shape)
    places = [(z, y, x) for z in begins(values.shape[0]) for y in begins(values.shape[1]) for x in begins(values.shape[2])]
    for i in range(0, len(places), BATCH):
        part = [tuple(slice(k, k + TILE) for k in place) for place in places[i : i + BATCH]]
        made = network(torch.stack([values[p] for p in part])[:, None])[:, 0]
        for tile, p in zip(made, part):
            total[p] += tile * window
            weight[p] += window
    return total / weight, len(places)


def main(build, path, threads):
    torch.set_num_threads(threads)
    program = str(pathlib.Path(build) / "bin" / "NetworkBenchmark")
    volume = read_nifti(path)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        model, out = pathlib.Path(folder) / "model.safetensors", pathlib.Path(folder) / "out.mha"
        subprocess.run([program, "make", str(model), HYPER_PARAMETERS], check=True)
        weights, notes = reference_networks.read(model)
        network = reference_networks.build(notes["architecture"], reference_networks.json.loads(notes["hyper_parameters"]))
        network.load_state_dict(weights, strict=False)
        network.eval()
        run(network, volume[:TILE, :TILE, :TILE])
        ours, theirs = [], []
        for _ in range(ROUNDS):
            command = [program, "run", str(model), path, str(TILE), str(OVERLAP), str(BATCH), str(threads), str(out)]
            seconds, tiles = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            ours.append(float(seconds))
            begin = time.perf_counter()
            result, count = run(network, volume)
            theirs.append(time.perf_counter() - begin)
            assert int(tiles) == count
        data = out.read_bytes()
        mark = b"ElementDataFile = LOCAL\n"
        made = numpy.frombuffer(data, "<f4", offset=data.index(mark) + len(mark)).reshape(result.shape)
        print(f"tiles {count}, threads {threads}")
        print("ours   " + " ".join(f"{s:.2f}" for s in ours))
        print("theirs " + " ".join(f"{s:.2f}" for s in theirs))
        print(f"ours / theirs {min(ours) / min(theirs):.3f}, greatest difference {abs(made - result.numpy()).max():.2g}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1)
