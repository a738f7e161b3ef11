#!/usr/bin/env python3
"""Runs the benchmarks and writes their medians into README.md, between its two performance marks.

    python3 test/benchmark/update-readme.py BUILD_FOLDER [--repetitions N] [--filter REGEX]

Lines of the benchmarks that --filter leaves out are taken away. Run it on a machine that does nothing else.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- performance: begin -->", "<!-- performance: end -->"


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder with bin/ColorizationBenchmarks")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--filter", default=".")
    arguments = parser.parse_args()
    readme = ROOT / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        sys.exit(f"README.md lacks {BEGIN} or {END}.")
    new = table(*run(arguments.build, arguments.repetitions, arguments.filter), arguments.repetitions)
    text = re.sub(re.escape(BEGIN) + ".*" + re.escape(END), lambda _: f"{BEGIN}\n{new}\n{END}", text, flags=re.S)
    readme.write_text(text)
    print(new)


if __name__ == "__main__":
    main()
