#!/usr/bin/python3
#
#  Copyright NumFOCUS
#
#  Licensed under the Apache License, Version 2.0 (the "License");
#  you may not use this file except in compliance with the License.
#  You may obtain a copy of the License at
#
#         https://www.apache.org/licenses/LICENSE-2.0.txt
#
#  Unless required by applicable law or agreed to in writing, software
#  distributed under the License is distributed on an "AS IS" BASIS,
#  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
#  See the License for the specific language governing permissions and
#  limitations under the License.
#
"""LPIPS by torch and torchvision, and FID by NumPy and SciPy, with random weights: what EvaluateDeepMetrics is compared
with.

deep_metrics.py FOLDER WIDTH HEIGHT DEPTH

Reads x.raw and y.raw, bytes of RGB, and mask.raw, bytes, in FOLDER, all x fastest. Writes there

    alex.safetensors, vgg.safetensors                  LPIPS in torchvision's names
    alex-package.safetensors, vgg-package.safetensors  the same weights in those of the package lpips
    features.pt, features-4d.pt, features-255.pt       networks for FID: N x D; N x D x 1 x 1; one that wants 0 ... 255
    no-*.safetensors, no-*.pt                          what has to be refused

and prints one line a number: what it is of, and the number."""
import json
import pathlib
import struct
import sys

import numpy as np
import torch
import torchvision
from scipy.linalg import sqrtm
from torch import nn

SLICES = {"alex": ((0, 2), (2, 5), (5, 8), (8, 10), (10, 12)), "vgg": ((0, 4), (4, 9), (9, 16), (16, 23), (23, 30))}
FEATURES = 6


def write(path, tensors):
    header, blobs, end = {}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(blob)]}
        blobs.append(blob)
        end += len(blob)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def make_lpips(kind):
    """Convolutions and weights of maps, of a network of torchvision whose weights are random."""
    network = torchvision.models.alexnet() if kind == "alex" else torchvision.models.vgg16()
    features = network.features.eval()
    for layer in features:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    channels = [next(l for l in reversed(features[:end]) if isinstance(l, nn.Conv2d)).out_channels
                for _, end in SLICES[kind]]
    return features, [torch.rand(1, c, 1, 1) for c in channels]


def write_lpips(folder, kind, features, weights):
    own = {f"features.{name}": tensor for name, tensor in features.state_dict().items()}
    own.update({f"lin{i}.model.1.weight": w for i, w in enumerate(weights)})
    write(folder / f"{kind}.safetensors", own)
    package = {"scaling_layer.shift": torch.tensor([-.030, -.088, -.188])[None, :, None, None],
               "scaling_layer.scale": torch.tensor([.458, .448, .450])[None, :, None, None]}
    for k, (begin, end) in enumerate(SLICES[kind], 1):
        for i in range(begin, end):
            package.update({f"net.slice{k}.{i}.{name}": t for name, t in features[i].state_dict().items()})
    package.update({f"lins.{i}.model.1.weight": w for i, w in enumerate(weights)})
    package.update({f"lin{i}.model.1.weight": w for i, w in enumerate(weights)})
    write(folder / f"{kind}-package.safetensors", package)


def shares(pixels, cells):
    """How much of each cell each pixel is, for cells of equal length."""
    edge = np.arange(cells + 1) * pixels / cells
    at = np.arange(pixels)
    overlap = np.minimum(at + 1, edge[1:, None]) - np.maximum(at, edge[:-1, None])
    return np.maximum(overlap, 0) * cells / pixels


def lpips(kind, features, weights, x, y, mask):
    """Zhang et al. 2018, version 0.1, in double precision. x, y: RGB of 0..1, 1 x 3 x H x W."""
    shift = torch.tensor([-.030, -.088, -.188], dtype=torch.float64)[None, :, None, None]
    scale = torch.tensor([.458, .448, .450], dtype=torch.float64)[None, :, None, None]
    x, y = ((2 * image - 1 - shift) / scale for image in (x, y))
    plain = masked = 0.0
    for (begin, end), weight in zip(SLICES[kind], weights):
        x, y = features[begin:end](x), features[begin:end](y)
        a, b = (f / (f.pow(2).sum(1, keepdim=True).sqrt() + 1e-10) for f in (x, y))
        distance = ((a - b).pow(2) * weight.double()).sum(1)[0].numpy()
        plain += distance.mean()
        covered = shares(mask.shape[0], distance.shape[0]) @ mask @ shares(mask.shape[1], distance.shape[1]).T
        masked += (covered * distance).sum() / covered.sum()
    return plain, masked


def fid(x, y):
    difference = x.mean(0) - y.mean(0)
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    return difference @ difference + np.trace(a + b - 2 * sqrtm(a @ b).real)


class Features(nn.Module):
    def __init__(self, flat):
        super().__init__()
        self.flat = flat
        self.body = nn.Sequential(nn.Conv2d(3, 5, 5, 2), nn.Tanh(), nn.Conv2d(5, FEATURES, 3, 2), nn.Tanh())

    def forward(self, x):
        x = 20 * self.body(x).mean([2, 3], keepdim=True)
        return x.flatten(1) if self.flat else x


class Scaled(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x / 255)


class Maps(nn.Module):
    def forward(self, x):
        return x


class Merged(nn.Module):
    def forward(self, x):
        return x.mean([0, 2, 3])[None]


class Pair(nn.Module):
    def forward(self, x):
        return x.mean([2, 3]), x


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


class NotANumber(nn.Module):
    def forward(self, x):
        return x.mean([2, 3]) * float("nan")


class Many(nn.Module):
    def forward(self, x):
        return x.flatten(1)[:, :1000]


def write_features(folder, network):
    def save(name, module, **notes):
        extra = {"colorization.json": json.dumps(notes)} if notes else {}
        torch.jit.save(torch.jit.script(module.eval()), str(folder / name), _extra_files=extra)

    save("features.pt", network)
    column = Features(False)
    column.load_state_dict(network.state_dict())
    save("features-4d.pt", column)
    notes = {"channels": 3, "normalization": "range", "range": [0, 1], "to": [0, 255]}
    save("features-255.pt", Scaled(network), input=notes)
    save("no-body.pt", network, input={"normalization": "zscore"})
    save("no-gray.pt", nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1)))
    for name, module in (("maps", Maps()), ("merged", Merged()), ("pair", Pair()), ("arity", TwoInputs()),
                         ("number", NotANumber()), ("many", Many())):
        save(f"no-{name}.pt", module)


def write_bad_weights(folder, features, weights):
    own = {f"features.{name}": tensor for name, tensor in features.state_dict().items()}
    own.update({f"lin{i}.model.1.weight": w for i, w in enumerate(weights)})
    write(folder / "no-lin.safetensors", {k: t for k, t in own.items() if not k.startswith("lin")})
    write(folder / "no-backbone.safetensors", {k: t for k, t in own.items() if k.startswith("lin")})
    write(folder / "no-bias.safetensors", {k: t for k, t in own.items() if k != "features.3.bias"})
    write(folder / "no-shape.safetensors", {**own, "lin2.model.1.weight": torch.rand(1, 7, 1, 1)})
    write(folder / "no-scaling.safetensors", {**own, "scaling_layer.shift": torch.zeros(1, 3, 1, 1)})
    write(folder / "no-twin.safetensors", {**own, "lins.1.model.1.weight": weights[1] + 1})


def main(folder, width, height, depth):
    torch.manual_seed(3)
    torch.set_num_threads(1)
    folder = pathlib.Path(folder)
    read = lambda name: np.frombuffer((folder / name).read_bytes(), np.uint8)
    x, y = (torch.from_numpy(read(name).reshape(depth, height, width, 3) / 255).permute(0, 3, 1, 2)
            for name in ("x.raw", "y.raw"))
    mask = (read("mask.raw").reshape(depth, height, width) != 0).astype(float)
    with torch.no_grad():
        for kind in SLICES:
            features, weights = make_lpips(kind)
            write_lpips(folder, kind, features, weights)
            if kind == "alex":
                write_bad_weights(folder, features, weights)
            features.double()
            for z in range(depth):
                plain, masked = lpips(kind, features, weights, x[z:z + 1], y[z:z + 1], mask[z])
                print(f"{kind}_{z} {plain:.12g}\n{kind}_masked_{z} {masked:.12g}")
        network = Features(True)
        write_features(folder, network)
        network.double()
        print(f"fid {fid(network(x).numpy(), network(y).numpy()):.12g}")
        black = torch.from_numpy(mask)[:, None]
        print(f"fid_masked {fid(network(x * black).numpy(), network(y * black).numpy()):.12g}")


if __name__ == "__main__":
    main(sys.argv[1], *(int(n) for n in sys.argv[2:]))
