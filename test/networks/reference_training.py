#!/usr/bin/env python3
"""One step of training in Python's torch: what that in C++ is compared with.

    reference_training.py FOLDER

Reads the first weights from FOLDER/start.checkpoint, and gray images, photographs and weights of pixels from FOLDER/batch;
writes FOLDER/python: the losses, and the weights after one step of AdamW."""

import pathlib
import sys

import torch

import reference_networks


def rgb_to_lab(rgb):
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = torch.tensor([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                           [0.0193339, 0.1191920, 0.9503041]])
    xyz = torch.einsum("ij,njhw->nihw", matrix, linear) / torch.tensor([0.95047, 1.0, 1.08883])[:, None, None]
    f = torch.where(xyz > (6 / 29) ** 3, xyz ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return torch.stack((116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])), 1)


def main(folder):
    torch.set_num_threads(1)
    weights, _ = reference_networks.read(folder / "start.checkpoint")
    prefix = "network.generator."
    network = reference_networks.ColorUNet(1, 4, 1, [4, 8, 8])
    own = {name[len(prefix):]: tensor for name, tensor in weights.items() if name.startswith(prefix)}
    for name in own:
        # The step that wrote them has moved these, whose first values are known.
        if name.endswith("running_mean"):
            own[name] = torch.zeros_like(own[name])
        if name.endswith("running_var"):
            own[name] = torch.ones_like(own[name])
    network.load_state_dict(own, strict=False)
    network.train()
    # The first of two steps in which the rate rises.
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01 / 2, weight_decay=0.01)
    batch, _ = reference_networks.read(folder / "batch")
    output = network(batch["gray"])
    lab = 20 * output[:, :3] + torch.tensor([45.0, 15.0, 18.0])[:, None, None]
    target = rgb_to_lab(batch["rgb"])
    difference = (lab - target).abs() * batch["weight"]
    distance = (lab.detach() - target)[:, 1:].norm(dim=1, keepdim=True).clamp(max=40)
    off = ((output[:, 3:] - distance / 10) ** 2 * batch["weight"]).sum() / batch["weight"].sum()
    luminance = difference[:, :1].sum() / batch["weight"].sum()
    chroma = difference[:, 1:].sum() / (2 * batch["weight"].sum())
    (0.5 * luminance + chroma + 0.1 * off).backward()
    optimizer.step()
    tensors = {name: tensor for name, tensor in network.state_dict().items() if tensor.is_floating_point()}
    losses = {"luminance_l1": luminance.reshape(1), "chroma_l1": chroma.reshape(1)}
    reference_networks.write(folder / "python", {**losses, **tensors})


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
