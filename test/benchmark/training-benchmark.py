#!/usr/bin/env python3
"""Samples a second in training, next to Python's torch.

    training-benchmark.py BUILD DATA [--steps N] [--batch N] [--threads N] [--precision float32|bfloat16] [--repeats N]

Trains the network of any-contrast by TrainColorization on a data set of PackTrainingData, and the same network, with the
same losses, optimiser and mean of weights, in Python, on one batch of random numbers that is always the same. Python's
time is that of steps alone; while TrainColorization steps, it makes the next step's samples on another thread. Of each
run the median step counts; runs alternate, and medians of them are told."""

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "networks"))
import reference_networks  # noqa: E402
from reference_training import rgb_to_lab  # noqa: E402

WIDTHS = [32, 64, 128, 192, 256]
SIZE = 128


def ours(options):
    """Samples a second of the median step, by the table of losses: it has the mean rate since the start in each row."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log.csv"
        subprocess.run([options.build / "bin" / "TrainColorization", "any-contrast", options.data,
                        pathlib.Path(folder) / "model", "--steps", str(options.steps), "--batch", str(options.batch),
                        "--threads", str(options.threads), "--precision", options.precision, "--device", "cpu",
                        "--log", log, "--progress", "none", "--checkpoint-interval", "1000000", "--hyper-parameters",
                        json.dumps({"widths": WIDTHS, "size": SIZE, "test_samples": 1})],
                       check=True, capture_output=True)
        with open(log, encoding="ascii") as rows:
            rates = [float(row["samples_per_second"]) for row in csv.DictReader(rows)]
    elapsed = [(step + 1) * options.batch / rate for step, rate in enumerate(rates)]
    return options.batch / statistics.median(after - before for before, after in zip(elapsed, elapsed[1:]))


def theirs(options):
    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    network = reference_networks.ColorUNet(1, 3, 2, WIDTHS).train().to(memory_format=torch.channels_last)
    mean = [tensor.detach().clone() for tensor in network.state_dict().values()]
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    gray = torch.rand(options.batch, 1, SIZE, SIZE)
    rgb = torch.rand(options.batch, 3, SIZE, SIZE)
    weight = (torch.rand(options.batch, 1, SIZE, SIZE) > 0.5).float()
    shift = torch.tensor([45.0, 15.0, 18.0])[:, None, None]
    times = []
    for _ in range(options.steps):
        begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bfloat16"):
            values = network(gray.contiguous(memory_format=torch.channels_last))
        difference = (20 * values.float() + shift - rgb_to_lab(rgb)).abs() * weight
        loss = 0.5 * difference[:, :1].sum() / weight.sum() + difference[:, 1:].sum() / (2 * weight.sum())
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for old, new in zip(mean, network.state_dict().values()):
                old.lerp_(new, 0.1) if old.is_floating_point() else old.copy_(new)
        loss.item()
        times.append(time.perf_counter() - begin)
    return options.batch / statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rates = {"TrainColorization": [], "Python": []}
    for _ in range(options.repeats):
        rates["TrainColorization"].append(ours(options))
        rates["Python"].append(theirs(options))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:18} {rate:7.2f} samples/s")
    ratio = medians["TrainColorization"] / medians["Python"]
    print(f"{'ratio':18} {ratio:7.3f}, {options.threads} thread(s), {options.precision}, "
          f"{options.batch} samples of {SIZE}x{SIZE}")


if __name__ == "__main__":
    main()
