#!/usr/bin/env python3
"""Gatys' loss in Python's torch, written from the paper: what StyleTransfer is compared with.

    reference_style_transfer.py FOLDER

Reads vgg19.safetensors and pictures.input (tensors content, style and image, 3 x H x W, RGB of 0..1) in FOLDER, and
writes style.output: the Gram matrix of every style layer, the parts of the loss of image, and its gradient."""

import json
import pathlib
import sys

# The tests leave nothing in the source tree.
sys.dont_write_bytecode = True

import torch
from reference_networks import VGG19, read, write
from torch.nn import functional as F

CONTENT = {"relu4_2": 0.75, "relu2_2": 0.25}
STYLE = {"relu1_1": 0.1, "relu2_1": 0.2, "relu3_1": 0.3, "relu4_1": 0.25, "relu5_1": 0.15}
CONTENT_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT = 2.0, 3e4, 0.5


def gram(features):
    _, n, height, width = features.shape
    return torch.einsum("aihw,ajhw->ij", features, features) / (n * height * width)


def main(folder):
    torch.set_num_threads(1)
    folder = pathlib.Path(folder)
    weights, notes = read(folder / "vgg19.safetensors")
    network = VGG19(**json.loads(notes["hyper_parameters"]))
    network.load_state_dict(weights)
    network.eval()
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    pictures, _ = read(folder / "pictures.input")
    image = pictures["image"].requires_grad_()

    def layers(picture):
        # In the reference, layers are rectified in place.
        return {k: v.clone() for k, v in network(((picture - mean) / deviation)[None]).items()}

    content, style, ours = layers(pictures["content"]), layers(pictures["style"]), layers(image)
    content_loss = sum(w * F.mse_loss(ours[k], content[k].detach()) for k, w in CONTENT.items())
    style_loss = sum(w * F.mse_loss(gram(ours[k]), gram(style[k]).detach()) for k, w in STYLE.items())
    across = (image[:, :, 1:] - image[:, :, :-1]).pow(2).sum() + (image[:, 1:] - image[:, :-1]).pow(2).sum()
    variation = across / image.numel()
    total = CONTENT_WEIGHT * content_loss + STYLE_WEIGHT * style_loss + VARIATION_WEIGHT * variation
    total.backward()
    result = {f"gram{i}": gram(style[k]) for i, k in enumerate(STYLE)}
    result["loss"] = torch.stack([content_loss, style_loss, variation, total])
    result["gradient"] = image.grad
    write(folder / "style.output", result)


if __name__ == "__main__":
    main(sys.argv[1])
