#!/usr/bin/env python3
"""Writes TorchScript files into a folder: some that run, some that must be refused.

    make_scripts.py FOLDER"""

import json
import pathlib
import sys
from typing import Dict

import torch
from torch import nn


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, x):
        return self.conv(x).mean([2, 3])


class Stages(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, 2, 1)
        self.second = nn.Conv2d(4, 6, 3, 2, 1)

    def forward(self, x):
        x = torch.relu(self.first(x))
        return x, torch.relu(self.second(x))


class Dictionary(nn.Module):
    def forward(self, x) -> Dict[str, torch.Tensor]:
        return {"x": x}


class Raises(nn.Module):
    def forward(self, x):
        if x.numel() > 0:
            raise RuntimeError("this network refuses")
        return x


class Mismatch(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.linear = nn.Linear(7, 7)

    def forward(self, x):
        return self.linear(self.conv(x))


def main(folder):
    torch.manual_seed(1)
    folder = pathlib.Path(folder)

    def save(name, module, **notes):
        extra = {"colorization.json": json.dumps(notes)} if notes else {}
        torch.jit.save(torch.jit.script(module), str(folder / name), _extra_files=extra)

    save("slices.pt", nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 1)))
    save("volumes.pt", nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv3d(4, 1, 1)))
    save(
        "noted.pt",
        nn.Conv2d(1, 3, 1),
        input={"normalization": "range", "range": [0, 255]},
        output={"color_space": "rgb"},
        tile={"overlap": 0.5},
    )
    save("bad-notes.pt", nn.Conv2d(1, 3, 1), input={"dimension": 7})
    save("arity.pt", TwoInputs())
    save("flat.pt", Flat())
    save("dictionary.pt", Dictionary())
    save("stages.pt", Stages())
    save("raises.pt", Raises())
    save("mismatch.pt", Mismatch())
    torch.save(nn.Conv2d(1, 1, 1).state_dict(), folder / "pickle.pt")
    whole = (folder / "slices.pt").read_bytes()
    (folder / "cut.pt").write_bytes(whole[: len(whole) // 2])


if __name__ == "__main__":
    main(sys.argv[1])
