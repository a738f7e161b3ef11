#!/usr/bin/env python3
"""Runs the benchmarks and writes their tables into README.md, between the marks of each.

    python3 test/benchmark/update-readme.py BUILD_FOLDER [--parts filters levin] [--repetitions N]
        [--filter REGEX] [--levin-json FILE] [--levin ARGUMENT ...]

filters: ColorizationBenchmarks; its lines that --filter leaves out are taken away.
levin: LevinSolverComparison with what follows --levin, which has to come last; or a run of it that --json has saved.
Run it on a machine that does nothing else.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def run(build, repetitions, pattern):
    """The benchmarks' medians, in order: (name without who, threads, who) -> milliseconds."""
    program = build / "bin" / "ColorizationBenchmarks"
    output = subprocess.run(
        [program, f"--benchmark_filter={pattern}", f"--benchmark_repetitions={repetitions}", "--benchmark_min_time=0.2",
         "--benchmark_report_aggregates_only=true", "--benchmark_format=json"],
        check=True, stdout=subprocess.PIPE).stdout
    medians, differences = {}, {}
    for entry in json.loads(output)["benchmarks"]:
        if entry.get("aggregate_name") != "median":
            continue
        job, _, rest = entry["run_name"].partition("/")
        if "mean difference" in entry:
            differences[rest] = entry["mean difference"]
            continue
        who, *arguments = rest.split("/")
        arguments = dict(a.split(":") for a in arguments if ":" in a)
        if "x" in arguments:
            job += " {x}x{y}x{z}".format(**arguments)
        medians[job, int(arguments["threads"]), who] = entry["real_time"]
    return medians, differences


def table(medians, differences, repetitions):
    lines = [f"Machine: {processor()}, 2 threads at most. Medians of {repetitions} runs of the whole filter, in milliseconds; the "
             "peer runs in the same program.", "",
             "| job | threads | ours | peer | peer's time | ours / peer |", "|---|---|---|---|---|---|"]
    for job, threads in dict.fromkeys((job, threads) for job, threads, _ in medians):
        ours = medians.get((job, threads, "ours"))
        peers = [(who, time) for (j, t, who), time in medians.items() if (j, t) == (job, threads) and who != "ours"]
        for who, time in peers or [(None, None)]:
            peer = f"{who} | {time:.0f} | {ours / time:.2f}" if who else "- | - | -"
            lines.append(f"| {job} | {threads} | {ours:.0f} | {peer} |")
    if differences:
        lines += ["", "Mean absolute difference of FGS with OpenCV's attenuation from OpenCV's, of 255: " +
                  "; ".join(f"{name}: {value:.4f}" for name, value in differences.items()) + "."]
    return "\n".join(lines)


def levin_run(build, arguments):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "levin.json"
        subprocess.run([build / "bin" / "LevinSolverComparison", "--json", file, *arguments], check=True)
        return json.loads(file.read_text())


def levin_peer_cells(ours, peer):
    if peer is None:
        return "- | - | - | -"
    if "skipped" in peer:
        return f"{peer['skipped']} | - | - | -"
    note = "" if peer["converged"] else " (not converged)"
    ratios = "- | -"
    if "seconds" in ours:
        ratios = f"{peer['seconds'] / ours['seconds']:.1f} | {peer['bytes'] / ours['bytes']:.1f}"
    return f"{peer['us_per_voxel']:.2f}, {peer['iterations']}{note} | {peer['bytes_per_voxel']:.0f} | {ratios}"


def levin_ours_cells(ours):
    if "skipped" in ours:
        return f"{ours['skipped']} | -"
    note = "" if ours["converged"] else " (not converged)"
    return f"{ours['us_per_voxel']:.2f}, {ours['iterations']}{note} | {ours['bytes_per_voxel']:.0f}"


def levin_table(run):
    lines = [f"Machine: {run['processor']}, {run['threads']} threads, or processes of hypre. Two chroma channels, three hint planes, "
             f"relative residual {run['tolerance']:g}, all set-up included; assembly of a peer's matrix is not counted. Bytes: growth of "
             "the peak resident set.", ""]
    names = {"hypre": "BoomerAMG", "eigen": "Eigen ILUT"}
    peers = [peer for peer in names if any(row["solver"] == peer for row in run["rows"])]
    cases = {}
    for row in run["rows"]:
        if row["part"] in ("sizes", "real"):
            cases.setdefault((row["case"], "x".join(map(str, row["size"]))), {})[row["solver"]] = row
    if cases:
        header = ["case", "ours: us/voxel, cycles", "ours: B/voxel"]
        for peer in peers:
            header += [f"{names[peer]}: us/voxel, iterations", "B/voxel", "times slower", "times larger"]
        lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
        for (case, size), solvers in cases.items():
            ours = solvers.get("ours", {"skipped": "-"})
            cells = [f"{case} ({size})" if "^" not in case else case, levin_ours_cells(ours)]
            lines.append("| " + " | ".join(cells + [levin_peer_cells(ours, solvers.get(peer)) for peer in peers]) + " |")
    contrasts = {}
    for row in run["rows"]:
        if row["part"] == "contrast" and row["solver"] == "ours" and "iterations" in row:
            note = "" if row["converged"] else f" (residual {row['residual']:.1e})"
            family = f"{row['dimension']}, {row['family']}"
            contrasts.setdefault(family, {})[row["contrast_wanted"]] = f"{row['iterations']}{note}"
    if contrasts:
        columns = sorted({c for cells in contrasts.values() for c in cells})
        lines += ["", "Cycles of ours by the contrast of weights across the borders of two phases (512^2 and 96^3):", "",
                  "| | " + " | ".join(f"{c:g}" for c in columns) + " |", "|" + "---|" * (len(columns) + 1)]
        for family, cells in contrasts.items():
            lines.append(f"| {family} | " + " | ".join(cells.get(c, "-") for c in columns) + " |")
    return "\n".join(lines)


def write(mark, new):
    readme = ROOT / "README.md"
    text = readme.read_text()
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    if begin not in text or end not in text:
        sys.exit(f"README.md lacks {begin} or {end}.")
    readme.write_text(re.sub(re.escape(begin) + ".*" + re.escape(end), lambda _: f"{begin}\n{new}\n{end}", text, flags=re.S))
    print(new)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder with bin/ColorizationBenchmarks")
    parser.add_argument("--parts", nargs="+", choices=["filters", "levin"], default=["filters", "levin"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--filter", default=".")
    parser.add_argument("--levin-json", type=pathlib.Path, help="a saved run of LevinSolverComparison")
    parser.add_argument("--levin", nargs=argparse.REMAINDER, default=[], help="arguments of LevinSolverComparison; the last option")
    arguments = parser.parse_args()
    if "filters" in arguments.parts:
        write("performance", table(*run(arguments.build, arguments.repetitions, arguments.filter), arguments.repetitions))
    if "levin" in arguments.parts:
        saved = arguments.levin_json
        write("levin", levin_table(json.loads(saved.read_text()) if saved else levin_run(arguments.build, arguments.levin)))


if __name__ == "__main__":
    main()
