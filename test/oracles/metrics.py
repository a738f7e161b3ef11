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
"""Metrics of two images by scikit-image and, where it has none, by NumPy alone, straight from the papers' formulas.

metrics.py X Y COMPONENTS WIDTH HEIGHT DEPTH: raw files of 32-bit floats of 0..255, component after component. Prints one
line a metric."""
import sys

import numpy as np
from scipy.ndimage import correlate
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def ssim(x, y):
    return structural_similarity(
        x, y, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)


def ms_ssim(x, y):
    """Wang et al. 2003, by full convolutions."""
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    line = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(line, line) / line.sum() ** 2
    mean = lambda image: correlate(image, window)[5:-5, 5:-5]
    product = 1.0
    for scale, weight in enumerate(weights):
        mx, my = mean(x), mean(y)
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        factor = (2 * (mean(x * y) - mx * my) + c2) / (mean(x * x) - mx * mx + mean(y * y) - my * my + c2)
        if scale == 4:
            factor = factor * (2 * mx * my + c1) / (mx * mx + my * my + c1)
        product *= max(factor.mean(), 0.0) ** weight
        halve = lambda image: np.pad(image, [(0, n % 2) for n in image.shape], mode="edge").reshape(
            (image.shape[0] + 1) // 2, 2, (image.shape[1] + 1) // 2, 2).mean(axis=(1, 3))
        x, y = halve(x), halve(y)
    return product


def phase_congruency(image):
    """Kovesi's, with the parameters of Zhang et al. 2011."""
    rows, columns = image.shape
    axis = lambda n: np.fft.ifftshift(np.arange(n) - n // 2) / (n if n % 2 == 0 else n - 1)
    fx, fy = np.meshgrid(axis(columns), axis(rows))
    radius = np.hypot(fx, fy)
    theta = np.arctan2(-fy, fx)
    low_pass = 1.0 / (1.0 + (radius / 0.45) ** 30)
    radius[0, 0] = 1.0
    spectrum = np.fft.fft2(image)
    energies, amplitudes = 0.0, 0.0
    for orientation in range(4):
        angle = orientation * np.pi / 4
        away = np.abs(np.arctan2(np.sin(theta - angle), np.cos(theta - angle)))
        spread = np.exp(-away**2 / (2 * (np.pi / 4 / 1.2) ** 2))
        filters = []
        for scale in range(4):
            gain = np.exp(-np.log(radius * 6 * 2**scale) ** 2 / (2 * np.log(0.55) ** 2)) * low_pass
            gain[0, 0] = 0.0
            filters.append(gain * spread)
        responses = [np.fft.ifft2(spectrum * gain) for gain in filters]
        total = sum(responses)
        unit = total / (np.abs(total) + 1e-7)
        energy = sum((r * unit.conj()).real - np.abs((r * unit.conj()).imag) for r in responses)
        mean_noise = -np.median(np.abs(responses[0]) ** 2) / np.log(0.5) / (filters[0] ** 2).sum()
        kernels = [np.fft.ifft2(gain).real * np.sqrt(image.size) for gain in filters]
        squares = sum((k * k).sum() for k in kernels)
        products = sum((kernels[a] * kernels[b]).sum() for a in range(4) for b in range(a + 1, 4))
        tau = np.sqrt(mean_noise * (2 * squares + 4 * products) / 2)
        threshold = (tau * np.sqrt(np.pi / 2) + 2 * tau * np.sqrt(2 - np.pi / 2)) / 1.7
        energies = energies + np.maximum(energy - threshold, 0.0)
        amplitudes = amplitudes + sum(np.abs(r) for r in responses)
    return energies / (amplitudes + 1e-6)


def fsim(x, y):
    """FSIM and FSIMc of planes of red, green and blue; or FSIM of one plane."""
    factor = max(1, int(min(x.shape[1:]) / 256 + 0.5))
    block = np.ones((factor, factor)) / factor**2
    # MATLAB's conv2(..., 'same') takes an even block's pixel before the middle.
    origin = -1 if factor % 2 == 0 else 0
    reduce = lambda plane: correlate(plane, block, mode="constant", origin=origin)[::factor, ::factor]
    x, y = np.array([reduce(p) for p in x]), np.array([reduce(p) for p in y])
    yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    is_color = len(x) == 3
    if is_color:
        x, y = np.tensordot(yiq, x, 1), np.tensordot(yiq, y, 1)
    scharr = np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]]) / 16
    gradient = lambda p: np.hypot(correlate(p, scharr, mode="constant"), correlate(p, scharr.T, mode="constant"))
    similarity = lambda a, b, t: (2 * a * b + t) / (a * a + b * b + t)
    px, py = phase_congruency(x[0]), phase_congruency(y[0])
    weight = np.maximum(px, py)
    terms = weight * similarity(px, py, 0.85) * similarity(gradient(x[0]), gradient(y[0]), 160)
    print("fsim", repr(terms.sum() / weight.sum()))
    if is_color:
        chroma = similarity(x[1], y[1], 200) * similarity(x[2], y[2], 200)
        print("fsimc", repr((terms * np.abs(chroma) ** 0.03).sum() / weight.sum()))


def pyramid(image):
    """Bands of Portilla's and Simoncelli's complex steerable pyramid: high-pass, scales of orientations, low-pass."""
    rows, columns = image.shape
    axis = lambda n: (np.arange(n) - n // 2) / (n / 2)
    fx, fy = np.meshgrid(axis(columns), axis(rows))
    with np.errstate(divide="ignore"):
        octave = np.log2(np.hypot(fx, fy))
    angle = np.arctan2(fy, fx)
    high = lambda top: np.cos(np.pi / 2 * np.clip(octave - top, -1, 0))
    low = lambda top: np.sqrt(1 - high(top) ** 2)
    inverse = lambda spectrum: np.fft.ifft2(np.fft.ifftshift(spectrum))
    spectrum = np.fft.fftshift(np.fft.fft2(image))
    high_pass = inverse(spectrum * high(0)).real
    spectrum = spectrum * low(0)
    scales = []
    for scale in range(3):
        bands = []
        for orientation in range(4):
            cosine = np.cos(angle - np.pi * orientation / 4)
            bands.append(inverse(spectrum * high(-scale - 1) * 2 * np.sqrt(0.8) * np.maximum(cosine, 0) ** 3))
        scales.append(bands)
        half = lambda n: slice(n // 2 - (n + 1) // 2 // 2, n // 2 - (n + 1) // 2 // 2 + (n + 1) // 2)
        part = half(spectrum.shape[0]), half(spectrum.shape[1])
        spectrum, octave, angle = spectrum[part], octave[part], angle[part]
        spectrum = spectrum * low(-scale - 1)
    return high_pass, scales, inverse(spectrum).real


def stsim(x, y):
    """STSIM-1 and STSIM-2 of Zujovic et al., local statistics."""
    c = 0.001
    line = np.exp(-0.5 * ((np.arange(7) - 3) / (7 / 6)) ** 2)
    gaussian = np.outer(line, line) / line.sum() ** 2
    box = lambda h, w: np.full((h, w), 1 / (h * w))

    def mean(values, window):
        h, w = window.shape
        full = lambda part: correlate(part, window, origin=(-((h - 1) % 2), -((w - 1) % 2)))
        full = full(values.real) + 1j * full(values.imag)
        top, left = (h - 1) // 2, (w - 1) // 2
        return full[top:top + values.shape[0] - h + 1, left:left + values.shape[1] - w + 1]

    def correlation(a, b, window):
        variance = lambda v: np.maximum(mean(np.abs(v) ** 2, window).real - np.abs(mean(v, window)) ** 2, 0)
        cross = mean(a * b.conj(), window) - mean(a, window) * mean(b, window).conj()
        return (cross + c) / (np.sqrt(variance(a) * variance(b)) + c)

    def within(a, b):
        ma, mb = np.abs(mean(a, gaussian)), np.abs(mean(b, gaussian))
        va = np.maximum(mean(np.abs(a) ** 2, gaussian).real - ma**2, 0)
        vb = np.maximum(mean(np.abs(b) ** 2, gaussian).real - mb**2, 0)
        product = (2 * ma * mb + c) / (ma**2 + mb**2 + c) * (2 * np.sqrt(va * vb) + c) / (va + vb + c)
        neighbours = lambda v, w, dy, dx: correlation(v[:v.shape[0] - dy, :v.shape[1] - dx], v[dy:, dx:], w)
        for window, dy, dx in ((box(7, 6), 0, 1), (box(6, 7), 1, 0)):
            product = product * (1 - 0.5 * np.abs(neighbours(a, window, dy, dx) - neighbours(b, window, dy, dx)))
        return (product**0.25).mean()

    across = lambda a1, a2, b1, b2: (
        1 - 0.5 * np.abs(correlation(a1, a2, box(7, 7)) - correlation(b1, b2, box(7, 7)))).mean()
    (high_x, bands_x, low_x), (high_y, bands_y, low_y) = pyramid(x), pyramid(y)
    terms = [within(high_x, high_y), within(low_x, low_y)]
    terms += [within(a, b) for own_x, own_y in zip(bands_x, bands_y) for a, b in zip(own_x, own_y)]
    print("stsim1", repr(np.mean(terms)))
    bands_x, bands_y = ([np.abs(bands) for bands in scales] for scales in (bands_x, bands_y))
    for scale in range(3):
        for a in range(4):
            if scale > 0:
                finer_x, finer_y = bands_x[scale - 1][a][::2, ::2], bands_y[scale - 1][a][::2, ::2]
                terms.append(across(finer_x, bands_x[scale][a], finer_y, bands_y[scale][a]))
            for b in range(a + 1, 4):
                terms.append(across(bands_x[scale][a], bands_x[scale][b], bands_y[scale][a], bands_y[scale][b]))
    print("stsim2", repr(np.mean(terms)))


components, width, height, depth = (int(argument) for argument in sys.argv[3:])
x, y = (np.fromfile(path, np.float32).astype(float).reshape(components, depth, height, width) for path in sys.argv[1:3])
print("psnr", repr(peak_signal_noise_ratio(x, y, data_range=255)))
if depth > 1:
    print("ssim", repr(ssim(x[0], y[0])))
else:
    x, y = x[:, 0], y[:, 0]
    for c in range(components):
        print(f"ssim{c}", repr(ssim(x[c], y[c])))
        if min(width, height) >= 161:
            print(f"ms_ssim{c}", repr(ms_ssim(x[c], y[c])))
    fsim(x, y)
    if components == 1 and min(width, height) >= 49:
        stsim(x[0], y[0])
