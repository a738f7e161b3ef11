#!/usr/bin/env python3
"""Two steps of training of the papers' systems in Python's torch, written from the papers' text: what those in C++ are
compared with.

    reference_systems.py FOLDER

Reads from FOLDER/start the first weights of all networks, NETWORK.TENSOR, and the system's name and hyper-parameters; from
FOLDER/batch0 and FOLDER/batch1 the batches; from FOLDER/perceptual and FOLDER/segmenter, where they are, the networks that
do not learn. Writes FOLDER/python: the losses of both steps, as STEP.LOSS."""

import json
import pathlib
import sys

import torch
from torch.nn import functional as F

import reference_networks as networks


def luma(rgb):
    return (rgb * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)


def laplacian(x):
    stencil = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
    channels = x.shape[1]
    return F.conv2d(F.pad(x, (1, 1, 1, 1), "replicate"), stencil.expand(channels, 1, 3, 3), groups=channels)


def judge(judged, real, least_squares):
    wanted = torch.full_like(judged, float(real))
    return F.mse_loss(judged, wanted) if least_squares else F.binary_cross_entropy_with_logits(judged, wanted)


def similarity(x, y, window):
    """Wang 2004: Gaussian windows of standard deviation 1.5, within the picture or volume."""
    axes, channels = x.dim() - 2, x.shape[1]
    line = torch.exp(-((torch.arange(window) - window // 2) ** 2) / 4.5)
    kernel = line
    for _ in range(axes - 1):
        kernel = kernel[..., None] * line
    kernel = (kernel / kernel.sum()).expand(channels, 1, *kernel.shape)

    def mean(z):
        return (F.conv3d if axes == 3 else F.conv2d)(z, kernel, groups=channels)

    mx, my = mean(x), mean(y)
    vx, vy, covariance = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    return ((2 * mx * my + 1e-4) * (2 * covariance + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))).mean()


def cross_entropy(logits, labels):
    probability = torch.log_softmax(logits, 1).gather(1, labels.clamp(min=0).long()[:, None])[:, 0]
    return -probability[labels >= 0].mean()


def load_perceptual(folder):
    weights, notes = networks.read(folder / "perceptual")
    network = networks.build(notes["architecture"], json.loads(notes["hyper_parameters"]))
    network.load_state_dict(weights)

    def layers(picture):
        mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        rgb = picture.repeat(1, 3 // picture.shape[1], 1, 1)
        features = network((rgb - mean[:, None, None]) / deviation[:, None, None])
        return [features[f"relu{level}_1"] for level in range(1, 6)]

    return lambda made, wanted: sum(F.l1_loss(a, b) for a, b in zip(layers(made), layers(wanted)))


class System:
    def __init__(self, folder):
        self.folder = folder
        weights, self.notes = networks.read(folder / "start")
        self.h = json.loads(self.notes["hyper_parameters"])
        self.weights = {}
        for name, tensor in weights.items():
            network, key = name.split(".", 1)
            self.weights.setdefault(network, {})[key] = tensor

    def take(self, name, network):
        fit = network.load_state_dict(self.weights[name], strict=False)
        missing = [key for key in fit.missing_keys if not key.endswith("num_batches_tracked")]
        assert not missing and not fit.unexpected_keys, (name, missing, fit.unexpected_keys)
        return network.train()

    def adam(self, *parts, rate="learning_rate"):
        parameters = [p for part in parts for n, p in part.named_parameters() if not n.startswith("segmenter.")]
        return torch.optim.Adam(parameters, lr=self.h[rate], betas=(self.h["first_moment"], self.h["second_moment"]))


class ColorMedGAN(System):
    """ColorMedGAN 2023, equations (2) to (12)."""

    def __init__(self, folder):
        super().__init__(folder)
        h, classes = self.h, len(self.weights["colorizer"]["segmenter.last.bias"])
        generator = networks.ColorMedGANGenerator
        self.g = self.take("colorizer", generator(1, 3, h["width"], classes))
        self.f = self.take("decolorizer", generator(3, 1, h["width"], classes))
        self.dy = self.take("color_discriminator", networks.EdgeAwareDiscriminator(3, h["discriminator_width"]))
        self.dx = self.take("gray_discriminator", networks.EdgeAwareDiscriminator(1, h["discriminator_width"]))
        self.check_segmenters()
        self.perceptual = load_perceptual(folder)
        self.generation, self.discrimination = self.adam(self.g, self.f), self.adam(self.dy, self.dx)

    def check_segmenters(self):
        """Both see what the segmenter does, of colour the luma."""
        weights, notes = networks.read(self.folder / "segmenter")
        segmenter = networks.build(notes["architecture"], json.loads(notes["hyper_parameters"]))
        segmenter.load_state_dict(weights)
        color = torch.rand(2, 3, 32, 32)
        with torch.no_grad():
            torch.testing.assert_close(self.g.segmenter(luma(color))[0], segmenter(luma(color)))
            torch.testing.assert_close(self.f.segmenter(color)[0], segmenter(luma(color)), rtol=1e-3, atol=1e-4)

    def step(self, batch):
        x, y, h = batch["gray"], batch["color"], self.h
        squares = h["least_squares"]
        made = self.g(x)
        x_back = self.f(made)
        made_gray = self.f(y)
        y_back = self.g(made_gray)
        adversarial = judge(self.dy(made), True, squares) + judge(self.dx(made_gray), True, squares)
        cycle = F.l1_loss(x_back, x) + F.l1_loss(y_back, y)
        gray = F.l1_loss(luma(made), x) + F.l1_loss(made_gray, luma(y))
        edge = F.l1_loss(laplacian(luma(made)), laplacian(x)) + F.l1_loss(laplacian(made_gray), laplacian(luma(y)))
        identity = self.perceptual(self.g(luma(y)) / 2 + 0.5, y / 2 + 0.5)
        identity = identity + self.perceptual(self.f(x.repeat(1, 3, 1, 1)) / 2 + 0.5, x / 2 + 0.5)
        total = (h["adversarial_weight"] * adversarial + h["cycle_weight"] * cycle + h["gray_weight"] * gray
                 + h["edge_weight"] * edge + h["perceptual_weight"] * identity)
        self.generation.zero_grad()
        total.backward()
        self.generation.step()
        self.discrimination.zero_grad()
        color = (judge(self.dy(y), True, squares) + judge(self.dy(made.detach()), False, squares)) / 2
        of_gray = (judge(self.dx(x), True, squares) + judge(self.dx(made_gray.detach()), False, squares)) / 2
        (color + of_gray).backward()
        self.discrimination.step()
        return dict(adversarial=adversarial, cycle=cycle, gray=gray, edge=edge, identity=identity,
                    color_discriminator=color, gray_discriminator=of_gray)


class VolumeGAN(System):
    """Mathur 2021, 3.2, equation (1) with the standard objective."""

    def __init__(self, folder):
        super().__init__(folder)
        h = self.h
        self.g = self.take("generator", networks.FCN3D(1, h["widths"], h["dropout"], 0.2))
        discriminator = networks.FCN3DDiscriminator(1, h["discriminator_widths"], h["size"], 0.2)
        self.d = self.take("discriminator", discriminator)
        self.generation, self.discrimination = self.adam(self.g), self.adam(self.d)

    def step(self, batch):
        mri, gray, h = batch["mri"], batch["gray"], self.h
        made = self.g(mri)
        structure = 1 - similarity(made, gray, h["window"])
        difference = (made - gray).abs().mean()
        adversarial = -torch.log(self.d(made)).mean()
        self.generation.zero_grad()
        (h["structure_weight"] * structure + h["difference_weight"] * difference
         + h["adversarial_weight"] * adversarial).backward()
        self.generation.step()
        self.discrimination.zero_grad()
        judged = -(torch.log(self.d(gray)).mean() + torch.log(1 - self.d(made.detach())).mean()) / 2
        judged.backward()
        self.discrimination.step()
        return dict(structure=structure, difference=difference, adversarial=adversarial, discriminator=judged)


class CTToRGB(System):
    """CT2RGB 2022, equations (1) to (4), with least squares."""

    def __init__(self, folder):
        super().__init__(folder)
        h = self.h
        channels = 1 + len(h["range_minima"])
        generator = networks.Pix2PixGenerator(channels, 3, h["width"], h["levels"], h["dropout"])
        self.g = self.take("generator", generator)
        self.d = self.take("discriminator", networks.PatchDiscriminator(channels + 3, h["discriminator_width"]))
        self.perceptual = load_perceptual(folder)
        self.generation, self.discrimination = self.adam(self.g), self.adam(self.d)

    def step(self, batch):
        x, y, h = batch["input"], batch["color"], self.h
        made = self.g(x)
        adversarial = judge(self.d(torch.cat((x, made), 1)), True, True)
        difference = F.l1_loss(made, y)
        perceptual = self.perceptual(made / 2 + 0.5, y / 2 + 0.5)
        self.generation.zero_grad()
        (h["adversarial_weight"] * adversarial + h["difference_weight"] * difference
         + h["perceptual_weight"] * perceptual).backward()
        self.generation.step()
        self.discrimination.zero_grad()
        real = judge(self.d(torch.cat((x, y), 1)), True, True)
        judged = (real + judge(self.d(torch.cat((x, made.detach()), 1)), False, True)) / 2
        judged.backward()
        self.discrimination.step()
        return dict(adversarial=adversarial, difference=difference, perceptual=perceptual, discriminator=judged)


class CrossModal(System):
    """Mathur 2024, III.D, equations (1) to (8)."""

    def __init__(self, folder):
        super().__init__(folder)
        h = self.h
        shape = h["width"], h["blocks"], h["reduction"]
        self.g = self.take("colorizer", networks.CrossModalGenerator(1, 3, 2, *shape))
        self.f = self.take("decolorizer", networks.CrossModalGenerator(3, 1, 1, *shape))
        discriminator = networks.FiveLayerDiscriminator
        self.dc = self.take("color_discriminator", discriminator(3, h["discriminator_widths"], h["size"], 0.2))
        self.dm = self.take("mri_discriminator", discriminator(1, h["discriminator_widths"], h["size"], 0.2))
        weights, notes = networks.read(folder / "segmenter")
        self.segmenter = networks.build(notes["architecture"], json.loads(notes["hyper_parameters"])).eval()
        self.segmenter.load_state_dict(weights, strict=False)
        self.generation = self.adam(self.g, self.f)
        self.discrimination = self.adam(self.dc, self.dm, rate="discriminator_learning_rate")

    def step(self, batch):
        m, c, h = batch["mri"], batch["cryosection"], self.h

        def local(x, y):
            return sum(1 - similarity(x, y, window) for window in (3, 5, 7, 9))

        colored, pseudo = self.g(m)
        (made,) = self.f(c)
        (m_back,) = self.f(colored)
        c_back, _ = self.g(made)
        adversarial = -torch.log(self.dc(colored)).mean() - torch.log(self.dm(made)).mean()
        cycle = F.l1_loss(c_back, c) + F.l1_loss(m_back, m)
        structure = local(luma(c), made) + local(m, luma(colored))
        pseudo_structure = local(c, pseudo)
        segmentation = cross_entropy(self.segmenter(pseudo), batch["labels"])
        self.generation.zero_grad()
        (h["adversarial_weight"] * adversarial + h["cycle_weight"] * cycle + h["structure_weight"] * structure
         + h["pseudo_structure_weight"] * pseudo_structure + h["segmentation_weight"] * segmentation).backward()
        self.generation.step()
        self.discrimination.zero_grad()

        def judged(network, real, made):
            return -(torch.log(network(real)).mean() + torch.log(1 - network(made.detach())).mean()) / 2

        color, mri = judged(self.dc, c, colored), judged(self.dm, m, made)
        (color + mri).backward()
        self.discrimination.step()
        return dict(adversarial=adversarial, cycle=cycle, structure=structure, pseudo_structure=pseudo_structure,
                    segmentation=segmentation, color_discriminator=color, mri_discriminator=mri)


class Segmenter(System):
    """Cross-entropy and soft Dice."""

    def __init__(self, folder):
        super().__init__(folder)
        h = self.h
        kind, channels = self.kind
        self.network = self.take("segmenter", kind(channels, h["classes"], h["width"]))
        self.optimizer = self.adam(self.network)

    def step(self, batch):
        h, labels = self.h, batch["labels"]
        logits = self.network(batch["pictures"])
        entropy = cross_entropy(logits, labels)
        known = (labels >= 0)[:, None].float()
        truth = F.one_hot(labels.clamp(min=0).long(), h["classes"]).permute(0, 3, 1, 2) * known
        seen = torch.softmax(logits, 1) * known
        overlap = (2 * (seen * truth).sum((2, 3)) + 1e-6) / (seen.sum((2, 3)) + truth.sum((2, 3)) + 1e-6)
        dice = 1 - overlap.mean()
        self.optimizer.zero_grad()
        (h["cross_entropy_weight"] * entropy + h["dice_weight"] * dice).backward()
        self.optimizer.step()
        return dict(cross_entropy=entropy, dice=dice)


class ColorSegmenter(Segmenter):
    kind = networks.UNetSegmenter, 3


class AttentionSegmenter(Segmenter):
    kind = networks.ColorMedGANSegmenter, 1


SYSTEMS = {"color-med-gan": ColorMedGAN, "volume-gan": VolumeGAN, "ct-to-rgb": CTToRGB, "cross-modal": CrossModal,
           "segmenter": ColorSegmenter, "attention-segmenter": AttentionSegmenter}


def main(folder):
    torch.set_num_threads(1)
    _, notes = networks.read(folder / "start")
    system = SYSTEMS[notes["system"]](folder)
    losses = {}
    for step in (0, 1):
        batch, _ = networks.read(folder / f"batch{step}")
        for name, loss in system.step(batch).items():
            losses[f"{step}.{name}"] = loss.reshape(1)
    networks.write(folder / "python", losses)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
