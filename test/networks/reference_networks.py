#!/usr/bin/env python3
"""The networks of the papers in Python's torch, written from the papers' text: what those in C++ are compared with.

    reference_networks.py FOLDER

For each NAME.safetensors in FOLDER: builds the architecture that its metadata name, loads the weights (all of them, and no
others), runs it on the tensor of NAME.input, and writes NAME.output with the tensors output0, output1, ... and, for
VGG-19, one tensor a layer. Prints the number of parameters of each."""

import json
import pathlib
import struct
import sys

import numpy
import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm


def read(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    notes = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = {"F16": numpy.float16}.get(entry["dtype"], numpy.float32)
        values = numpy.frombuffer(data, dtype, (end - begin) // dtype().itemsize, 8 + length + begin)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).astype(numpy.float32))
    return tensors, notes


def write(path, tensors):
    header, blobs, end = {}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(blob)]}
        blobs.append(blob)
        end += len(blob)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


class FCN3D(nn.Module):
    """Mathur 2021, 3.2: eight 3-D convolutions; batch norm, dropout, leaky ReLU between them; a sigmoid at the end."""

    def __init__(self, input_channels, widths, dropout, negative_slope):
        super().__init__()
        self.depth, self.dropout, self.slope = len(widths), dropout, negative_slope
        for i, (a, b) in enumerate(zip([input_channels] + widths, widths), 1):
            setattr(self, f"conv{i}", nn.Conv3d(a, b, 3, padding=1))
            if i < self.depth:
                setattr(self, f"norm{i}", nn.BatchNorm3d(b))

    def forward(self, x):
        for i in range(1, self.depth):
            x = getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x))
            x = F.leaky_relu(F.dropout3d(x, self.dropout, self.training), self.slope)
        return torch.sigmoid(getattr(self, f"conv{self.depth}")(x))


class FCN3DDiscriminator(nn.Module):
    """Mathur 2021, 3.2: four convolutions of stride 2 with batch norm and leaky ReLU, one linear layer, a sigmoid."""

    def __init__(self, input_channels, widths, input_size, negative_slope):
        super().__init__()
        self.slope, self.depth = negative_slope, len(widths)
        for i, (a, b) in enumerate(zip([input_channels] + widths, widths), 1):
            setattr(self, f"conv{i}", nn.Conv3d(a, b, 3, stride=2, padding=1))
            setattr(self, f"norm{i}", nn.BatchNorm3d(b))
        self.linear = nn.Linear(widths[-1] * (input_size // 2**self.depth) ** 3, 1)

    def forward(self, x):
        for i in range(1, self.depth + 1):
            x = F.leaky_relu(getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x)), self.slope)
        return torch.sigmoid(self.linear(torch.flatten(x, 1)))


class Normed(nn.Module):
    """Convolution, instance norm, ReLU."""

    def __init__(self, a, b, kernel, stride=1):
        super().__init__()
        mode = dict(padding=kernel // 2, padding_mode="reflect") if stride == 1 else dict(padding=kernel // 2)
        self.conv = nn.Conv2d(a, b, kernel, stride, **mode)
        self.norm = nn.InstanceNorm2d(b)

    def forward(self, x, activate=True):
        x = self.norm(self.conv(x))
        return F.relu(x) if activate else x


class CompressionActivation(nn.Module):
    """Mathur 2024, III.B: a skip connection whose features are weighed, channel by channel, by a sigmoid gate."""

    def __init__(self, channels, reduction):
        super().__init__()
        self.conv1, self.conv2 = Normed(channels, channels, 3), Normed(channels, channels, 3)
        self.compress = nn.Linear(channels, channels // reduction)
        self.expand = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        y = self.conv2(self.conv1(x), activate=False)
        gate = torch.sigmoid(self.expand(F.relu(self.compress(F.adaptive_avg_pool2d(y, 1).flatten(1)))))
        return x + y * gate[:, :, None, None]


class Decoder(nn.Module):
    def __init__(self, a, width, out):
        super().__init__()
        self.up1 = nn.ConvTranspose2d(a, 2 * width, 3, 2, 1, 1)
        self.up2 = nn.ConvTranspose2d(2 * width, width, 3, 2, 1, 1)
        self.conv = nn.Conv2d(width, out, 7, padding=3, padding_mode="reflect")

    def forward(self, x):
        for up in (self.up1, self.up2):
            x = F.relu(F.instance_norm(up(x)))
        return torch.sigmoid(self.conv(x))


class CrossModalGenerator(nn.Module):
    """Mathur 2024, III: three submodules see the image at 1, 1/2, 1/4 of its size; the features of 1/2 and 1/4 are summed
    and concatenated with those of 1; residual blocks with compression and activation; two decoders."""

    def __init__(self, input_channels, output_channels, decoders, width, blocks, reduction):
        super().__init__()
        w = width
        self.full1, self.full2, self.full3 = Normed(input_channels, w, 7), Normed(w, 2 * w, 3, 2), Normed(2 * w, 4 * w, 3, 2)
        self.half1, self.half2, self.half3 = Normed(input_channels, w // 2, 7), Normed(w // 2, w, 3), Normed(w, 2 * w, 3, 2)
        self.quarter1, self.quarter2 = Normed(input_channels, w // 2, 7), Normed(w // 2, w, 3)
        self.quarter3 = Normed(w, 2 * w, 3)
        self.blocks, self.decoders = blocks, decoders
        for i in range(1, blocks + 1):
            setattr(self, f"block{i}", CompressionActivation(6 * w, reduction))
        for i in range(1, decoders + 1):
            setattr(self, f"decoder{i}", Decoder(6 * w, w, output_channels))

    def forward(self, m):
        m2 = F.interpolate(m, scale_factor=0.5, mode="area")
        m4 = F.interpolate(m, scale_factor=0.25, mode="area")
        side = self.half3(self.half2(self.half1(m2))) + self.quarter3(self.quarter2(self.quarter1(m4)))
        x = torch.cat((self.full3(self.full2(self.full1(m))), side), 1)
        for i in range(1, self.blocks + 1):
            x = getattr(self, f"block{i}")(x)
        return [getattr(self, f"decoder{i}")(x) for i in range(1, self.decoders + 1)]


class FiveLayerDiscriminator(nn.Module):
    """Mathur 2024, IV: five convolutions with leaky ReLU, a linear layer, a sigmoid."""

    def __init__(self, input_channels, widths, input_size, negative_slope):
        super().__init__()
        self.slope, self.depth = negative_slope, len(widths)
        for i, (a, b) in enumerate(zip([input_channels] + widths, widths), 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, 4, 2, 1))
        self.linear = nn.Linear(widths[-1] * (input_size >> self.depth) ** 2, 1)

    def forward(self, x):
        for i in range(1, self.depth + 1):
            x = F.leaky_relu(getattr(self, f"conv{i}")(x), self.slope)
        return torch.sigmoid(self.linear(x.flatten(1)))


class Double(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b)
        self.conv2, self.norm2 = nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b)

    def forward(self, x):
        return F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


class UNetSegmenter(nn.Module):
    """Ronneberger 2015, with padding and batch norm."""

    def __init__(self, input_channels, classes, width):
        super().__init__()
        widths = [width * 2**i for i in range(5)]
        for i, (a, b) in enumerate(zip([input_channels] + widths, widths), 1):
            setattr(self, f"down{i}", Double(a, b))
        for i in range(1, 5):
            setattr(self, f"expand{i}", nn.ConvTranspose2d(widths[i], widths[i - 1], 2, 2))
            setattr(self, f"up{i}", Double(2 * widths[i - 1], widths[i - 1]))
        self.conv = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        skips = []
        for i in range(1, 6):
            x = getattr(self, f"down{i}")(F.max_pool2d(x, 2) if i > 1 else x)
            skips.append(x)
        for i in range(4, 0, -1):
            x = getattr(self, f"up{i}")(torch.cat((skips[i - 1], getattr(self, f"expand{i}")(x)), 1))
        return self.conv(x)


class NormedLayer(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class ColorUNet(nn.Module):
    """A U-Net whose skips are added, on an image and its local contrast."""

    def __init__(self, input_channels, output_channels, block, widths):
        super().__init__()
        self.depth = len(widths)
        self.block = block
        for i, (a, b) in enumerate(zip([2 * input_channels * block * block] + widths, widths), 1):
            setattr(self, f"down{i}", NormedLayer(a, b))
            if i > 1:
                setattr(self, f"second{i}", NormedLayer(b, b))
        for i, (a, b) in enumerate(zip(widths, widths[1:]), 1):
            setattr(self, f"reduce{i}", nn.Conv2d(b, a, 1, bias=False))
            setattr(self, f"up{i}", NormedLayer(a, a))
        self.conv = nn.Conv2d(widths[0], output_channels * block * block, 1)

    @staticmethod
    def local_mean(x):
        coarse = F.avg_pool2d(F.avg_pool2d(x, 8), 5, 1, 2, count_include_pad=False)
        return F.interpolate(coarse, x.shape[2:], mode="bilinear", align_corners=False)

    def forward(self, x):
        mean = self.local_mean(x)
        deviation = (self.local_mean(x * x) - mean * mean).clamp(min=0).sqrt()
        x = F.pixel_unshuffle(torch.cat((x, ((x - mean) / (deviation + 0.02)).clamp(-4, 4)), 1), self.block)
        skips = []
        for i in range(1, self.depth + 1):
            x = getattr(self, f"down{i}")(F.max_pool2d(x, 2) if i > 1 else x)
            x = getattr(self, f"second{i}")(x) if i > 1 else x
            skips.append(x)
        for i in range(self.depth - 1, 0, -1):
            larger = F.interpolate(getattr(self, f"reduce{i}")(x), scale_factor=2, mode="nearest")
            x = getattr(self, f"up{i}")(skips[i - 1] + larger)
        return F.pixel_shuffle(self.conv(x), self.block)


class ColorMedGANUNet(nn.Module):
    """ColorMedGAN, 2.1.1: encoder and decoder with instance norm; where there is attention, its sigmoid multiplies the
    second level and the last but one."""

    def __init__(self, a, out, w, spectral):
        super().__init__()
        norm = spectral_norm if spectral else lambda layer: layer
        self.down1 = norm(nn.Conv2d(a, w, 5, 1, 2))
        self.down2 = norm(nn.Conv2d(w, 2 * w, 3, 2, 1))
        self.down3 = norm(nn.Conv2d(2 * w, 4 * w, 3, 2, 1))
        self.down4 = norm(nn.Conv2d(4 * w, 8 * w, 3, 2, 1))
        self.middle = norm(nn.Conv2d(8 * w, 8 * w, 1))
        self.up3 = norm(nn.ConvTranspose2d(8 * w, 4 * w, 4, 2, 1))
        self.up2 = norm(nn.ConvTranspose2d(8 * w, 2 * w, 4, 2, 1))
        self.up1 = norm(nn.ConvTranspose2d(4 * w, w, 4, 2, 1))
        self.last = nn.Conv2d(2 * w, out, 5, padding=2)

    def forward(self, x, attention=None):
        def step(layer, *inputs):
            return F.leaky_relu(F.instance_norm(layer(torch.cat(inputs, 1))), 0.2)

        e1 = step(self.down1, x)
        e2 = second = step(self.down2, e1)
        if attention:
            e2 = e2 * torch.sigmoid(attention[0])
        e3 = step(self.down3, e2)
        d3 = step(self.up3, step(self.middle, step(self.down4, e3)))
        d2 = penultimate = step(self.up2, d3, e3)
        if attention:
            d2 = d2 * torch.sigmoid(attention[1])
        d1 = step(self.up1, d2, e2)
        return self.last(torch.cat((d1, e1), 1)), (second, penultimate)


class ColorMedGANSegmenter(nn.Module):
    def __init__(self, input_channels, classes, width):
        super().__init__()
        self.unet = ColorMedGANUNet(input_channels, classes, width, False)

    def forward(self, x):
        return self.unet(x)[0]


class ColorMedGANGenerator(nn.Module):
    def __init__(self, input_channels, output_channels, width, classes):
        super().__init__()
        self.unet = ColorMedGANUNet(input_channels, output_channels, width, True)
        self.segmenter = ColorMedGANUNet(input_channels, classes, width, False)

    def forward(self, x):
        return torch.tanh(self.unet(x, self.segmenter(x)[1])[0])


class EdgeAwareDiscriminator(nn.Module):
    """ColorMedGAN, 2.1.1 and equation (11): two blocks, a transform, a regression; sees the edges beside the image."""

    def __init__(self, input_channels, width):
        super().__init__()
        self.conv1 = spectral_norm(nn.Conv2d(2 * input_channels, width, 4, 2, 1))
        self.conv2 = spectral_norm(nn.Conv2d(width, 2 * width, 4, 2, 1))
        self.transform = spectral_norm(nn.Conv2d(2 * width, 4 * width, 3, 1, 1))
        self.last = nn.Conv2d(4 * width, 1, 3, 1, 1)

    def forward(self, y):
        stencil = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
        channels = y.shape[1]
        edges = F.conv2d(F.pad(y, (1, 1, 1, 1), "replicate"), stencil.expand(channels, 1, 3, 3), groups=channels)
        x = F.leaky_relu(self.conv1(torch.cat((torch.sigmoid(edges), y), 1)), 0.2)
        x = F.leaky_relu(F.instance_norm(self.conv2(x)), 0.2)
        return self.last(F.leaky_relu(F.instance_norm(self.transform(x)), 0.2))


class Pix2PixGenerator(nn.Module):
    """Isola 2017: every level is built around the next, and works in place as theirs does."""

    def __init__(self, input_channels, output_channels, width, levels, dropout):
        super().__init__()
        self.levels, self.dropout = levels, dropout
        widths = [width * min(2**i, 8) for i in range(levels)]
        for i in range(1, levels + 1):
            outer = input_channels if i == 1 else widths[i - 2]
            inner = widths[i - 1] * (1 if i == levels else 2)
            result = output_channels if i == 1 else outer
            setattr(self, f"down{i}", nn.Conv2d(outer, widths[i - 1], 4, 2, 1, bias=False))
            setattr(self, f"up{i}", nn.ConvTranspose2d(inner, result, 4, 2, 1, bias=i == 1))
            if i > 1:
                setattr(self, f"up_norm{i}", nn.BatchNorm2d(result))
            if 1 < i < levels:
                setattr(self, f"down_norm{i}", nn.BatchNorm2d(widths[i - 1]))

    def level(self, i, x):
        if i == 1:
            return torch.tanh(self.up1(F.relu(self.level(2, self.down1(x)))))
        y = getattr(self, f"down{i}")(F.leaky_relu(x, 0.2, inplace=True))
        if i < self.levels:
            y = self.level(i + 1, getattr(self, f"down_norm{i}")(y))
        y = getattr(self, f"up_norm{i}")(getattr(self, f"up{i}")(F.relu(y)))
        if self.levels - 3 <= i - 1 < self.levels - 1:
            y = F.dropout(y, self.dropout, self.training)
        return torch.cat((x, y), 1)

    def forward(self, x):
        return self.level(1, x)


class PatchDiscriminator(nn.Module):
    """Isola 2017: C64-C128-C256-C512 of 4x4, the last of stride 1, then one channel."""

    def __init__(self, input_channels, width):
        super().__init__()
        w = width
        self.conv1 = nn.Conv2d(input_channels, w, 4, 2, 1)
        self.conv2, self.norm2 = nn.Conv2d(w, 2 * w, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * w)
        self.conv3, self.norm3 = nn.Conv2d(2 * w, 4 * w, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * w)
        self.conv4, self.norm4 = nn.Conv2d(4 * w, 8 * w, 4, 1, 1, bias=False), nn.BatchNorm2d(8 * w)
        self.conv5 = nn.Conv2d(8 * w, 1, 4, 1, 1)

    def forward(self, x):
        x = F.leaky_relu(self.conv1(x), 0.2)
        for i in (2, 3, 4):
            x = F.leaky_relu(getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x)), 0.2)
        return self.conv5(x)


class VGG19(nn.Module):
    """torchvision's own layers."""

    def __init__(self, input_channels, width, hidden, classes, linear_layers):
        super().__init__()
        plan, a = [], input_channels
        for multiple, depth in zip((1, 2, 4, 8, 8), (2, 2, 4, 4, 4)):
            plan += [multiple * width] * depth + ["M"]
        if input_channels == 3:
            self.features = torchvision.models.vgg.make_layers(plan)
        else:
            layers = []
            for p in plan:
                layers += [nn.MaxPool2d(2)] if p == "M" else [nn.Conv2d(a, p, 3, padding=1), nn.ReLU()]
                a = a if p == "M" else p
            self.features = nn.Sequential(*layers)
        sizes = [8 * width * 49, hidden, hidden, classes]
        head = []
        for i in range(linear_layers):
            head += [nn.Linear(sizes[i], sizes[i + 1])] + ([nn.ReLU(), nn.Dropout()] if i < 2 else [])
        self.linear_layers = linear_layers
        if linear_layers:
            self.classifier = nn.Sequential(*head)

    def forward(self, x):
        layers, level, index = {}, 1, 1
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.Conv2d):
                layers[f"conv{level}_{index}"] = x.clone()
            elif isinstance(layer, nn.ReLU):
                layers[f"relu{level}_{index}"] = x
                index += 1
            else:
                layers[f"pool{level}"] = x
                level, index = level + 1, 1
        x = F.adaptive_avg_pool2d(x, 7).flatten(1)
        for i in range(self.linear_layers):
            x = layers[f"fc{6 + i}"] = self.classifier[3 * i](x)
            x = F.relu(x)
        return layers


class LPIPS(nn.Module):
    """The convolutions of a network of torchvision, cut after five of its layers, and a weight for each of their maps."""

    def __init__(self, features, ends, channels):
        super().__init__()
        self.features, self.ends = features, ends
        for i, c in enumerate(channels):
            layer = nn.Module()
            layer.model = nn.Sequential(nn.Dropout(), nn.Conv2d(c, 1, 1, bias=False))
            setattr(self, f"lin{i}", layer)

    def forward(self, x):
        layers = []
        x = (x - torch.tensor([-0.030, -0.088, -0.188])[:, None, None]) / torch.tensor([0.458, 0.448, 0.450])[:, None, None]
        for i, layer in enumerate(self.features[: self.ends[-1]]):
            x = layer(x)
            if i + 1 in self.ends:
                layers.append(x.clone())
        return layers


class LPIPSAlexNet(LPIPS):
    """torchvision's AlexNet."""

    def __init__(self, width):
        assert width == 64
        super().__init__(torchvision.models.alexnet().features, (2, 5, 8, 10, 12), (64, 192, 384, 256, 256))


class LPIPSVGG16(LPIPS):
    """torchvision's VGG-16, of any width."""

    def __init__(self, width):
        plan = []
        for multiple, depth in zip((1, 2, 4, 8, 8), (2, 2, 3, 3, 3)):
            plan += [multiple * width] * depth + ["M"]
        super().__init__(
            torchvision.models.vgg.make_layers(plan), (4, 9, 16, 23, 30), [m * width for m in (1, 2, 4, 8, 8)])


def build(architecture, hyper_parameters):
    return globals()[architecture](**hyper_parameters)


def main(folder):
    torch.set_num_threads(1)
    for path in sorted(pathlib.Path(folder).glob("*.safetensors")):
        weights, notes = read(path)
        network = build(notes["architecture"], json.loads(notes["hyper_parameters"]))
        fit = network.load_state_dict(weights, strict=False)
        missing = [key for key in fit.missing_keys if not key.endswith("num_batches_tracked")]
        assert not missing and not fit.unexpected_keys, (path.name, missing, fit.unexpected_keys)
        network.eval()
        inputs, _ = read(path.with_suffix(".input"))
        with torch.no_grad():
            result = network(inputs["input"])
        if isinstance(result, torch.Tensor):
            result = [result]
        if not isinstance(result, dict):
            result = {f"output{i}": tensor for i, tensor in enumerate(result)}
        write(path.with_suffix(".output"), result)
        print(path.stem, sum(p.numel() for p in network.parameters()))


if __name__ == "__main__":
    main(sys.argv[1])
