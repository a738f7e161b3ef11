#!/usr/bin/env python3
"""Makes one TorchScript network for slices and one for volumes, and what they make of a volume as a whole.

    script_and_volume.py VOLUME.mha FOLDER

VOLUME.mha: one component of 32-bit floats, not compressed. Writes slices.pt, volumes.pt, smaller.pt, arity.pt, and
slices.raw and volumes.raw, 32-bit floats: channel, z, y, x."""

import pathlib
import re
import sys

import numpy
import torch
from torch import nn


class Smaller(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x):
        return self.conv(x)


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


def read_mha(path):
    data = path.read_bytes()
    mark = b"ElementDataFile = LOCAL\n"
    begin = data.index(mark) + len(mark)
    size = [int(n) for n in re.search(rb"DimSize = (.*)\n", data).group(1).split()]
    return torch.from_numpy(numpy.frombuffer(data, "<f4", offset=begin).reshape(size[::-1]).copy())


def main(volume, folder):
    torch.manual_seed(2)
    folder = pathlib.Path(folder)
    values = read_mha(pathlib.Path(volume)) / 255
    with torch.no_grad():
        slices = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 2, 3, padding=1))
        volumes = nn.Sequential(nn.Conv3d(1, 6, 3, padding=1), nn.ReLU(), nn.Conv3d(6, 2, 3, padding=1))
        torch.jit.script(slices).save(str(folder / "slices.pt"))
        torch.jit.script(volumes).save(str(folder / "volumes.pt"))
        torch.jit.script(Smaller()).save(str(folder / "smaller.pt"))
        torch.jit.script(TwoInputs()).save(str(folder / "arity.pt"))
        by_slice = slices(values[:, None]).transpose(0, 1)
        (folder / "slices.raw").write_bytes(by_slice.contiguous().numpy().tobytes())
        (folder / "volumes.raw").write_bytes(volumes(values[None, None])[0].contiguous().numpy().tobytes())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
