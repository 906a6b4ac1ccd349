#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds simplernn-bench, runs the suite with every peer that is installed,
then trains with every peer that can, then single steps, then ours at ten times
the size and on a busy machine. It writes results.json, results.md, ratios.svg
and step.svg. See README.md."""

import argparse
import contextlib
import datetime
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import report

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent

# What tunes, or hobbles, one of the libraries: the defaults are compared.
FOREIGN = ("OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_",
           "ORT_", "TORCH_", "SIMPLERNN_")

# Where the gradients of a loss on h_n alone vanish long before the first step.
LOSS = "500,64,3,100,1,1"
TRAINERS = ("simplernn", "onednn", "torch", "jax", "c_loop")

# The base, then ten times its steps and ten times its batch.
SCALING = ("100,16,256,256,1,1", "1000,16,256,256,1,1", "100,160,256,256,1,1")

# Where threads wait for each other most and least.
BUSY = ("100,1,256,256,1,1", "100,8,256,256,1,1", "100,1,256,256,2,2",
        "50,16,512,512,4,1")
# A step of a stream; to the peers a sequence of one step.
STEPS = tuple(f"1,1,{inputs},{hidden},1,1"
              for hidden in (16, 32, 64, 128, 256) for inputs in (1, hidden))
# What OpenBLAS may be told to be, with what /proc/cpuinfo must tell for it. It
# does not know processors that are newer than it, and may take them for one
# that is 20 years old.
AVX512 = {"avx512f", "avx512cd", "avx512dq", "avx512bw", "avx512vl"}
CORE_TYPES = {"Haswell": {"avx2", "fma"}, "SkylakeX": AVX512,
              "Cooperlake": AVX512 | {"avx512_bf16"},
              "SapphireRapids": AVX512 | {"avx512_bf16", "amx_tile",
                                          "amx_bf16"}}

BUSY_SECONDS = 2.0  # many slices of the scheduler
# Ends with the process that started it, however that ends.
SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"


def parse():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", metavar="T,B,I,H,L,D",
                        help="instead of the suite")
    parser.add_argument("--parts", nargs="+", choices=report.PARTS,
                        default=report.PARTS, help="of the results; all")
    parser.add_argument("--threads", nargs="+", type=int, default=[cores],
                        help="of the peers, beside 1; the best counts")
    parser.add_argument("--rounds", type=int, default=3,
                        help="of each row; the best counts, of everybody")
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--build", type=Path, default=PROJECT / "build/bench")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    parser.add_argument("--onednn", type=Path, metavar="PREFIX",
                        help="where oneDNN is installed")
    return parser.parse_args()


def clean_environment():
    return {name: value for name, value in os.environ.items()
            if not name.startswith(FOREIGN)}


def run(command, environment):
    """The command's stdout; ends the program if it fails."""
    done = subprocess.run([str(word) for word in command], env=environment,
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return done.stdout


def find_onednn(prefix):
    """The CMake package: of the prefix given, or of this Python's; None leaves
    it to CMake, which knows the system's."""
    folder = Path(prefix or sys.prefix)
    found = sorted(folder.glob("lib*/cmake/dnnl/dnnl-config.cmake"))
    if prefix and not found:
        sys.exit(f"no oneDNN in {prefix}")
    return found[0].parent if found else None


def build(arguments, environment):
    onednn = find_onednn(arguments.onednn)
    run(["cmake", "-S", PROJECT, "-B", arguments.build,
         "-DSIMPLERNN_BENCH=ON", "-DBUILD_TESTING=OFF",
         "-DSIMPLERNN_EXAMPLES=OFF",
         f"-Ddnnl_DIR={onednn}" if onednn else "-Udnnl_DIR"], environment)
    run(["cmake", "--build", arguments.build, "--parallel"], environment)


def find_peers(arguments):
    """Commands by library."""
    folder = arguments.build / "bench/peers"
    compiled = {"onednn": folder / "bench-onednn",
                "c_loop": folder / "bench-c-loop"}
    found = {library: [path] for library, path in compiled.items()
             if path.exists()}
    found.update((library, [sys.executable,
                            HERE / "peers" / f"{library}_peer.py"])
                 for library in ("onnxruntime", "torch", "jax")
                 if importlib.util.find_spec(library))
    return found


def find_contestants(arguments):
    """Commands by library and thread count; ours at auto comes first."""
    ours = [arguments.build / "bench/simplernn-bench", "--json"]
    found = {("simplernn", "auto"): [*ours, "--threads", "auto"],
             ("simplernn", 1): [*ours, "--threads", 1]}
    for library, command in find_peers(arguments).items():
        for threads in sorted({1, *arguments.threads}):
            found[library, threads] = [*command, "--threads", threads]
    return found


def training(contestants, *more):
    """Those that can train, told to."""
    return {who: [*command, "--mode", "train", *more]
            for who, command in contestants.items() if who[0] in TRAINERS}


def possible_core_types():
    text = Path("/proc/cpuinfo").read_text()
    flags = set(re.findall(r"(?m)^flags\s*: (.*)", text)[0].split()
                if "flags" in text else ())
    return [name for name, needed in CORE_TYPES.items() if needed <= flags]


def run_contestant(command, environment, core_types):
    """The result, and for a peer that has OpenBLAS the results of all core
    types that it can have: it is measured at its best. core_types limits them
    to what it found before."""
    if core_types:
        return [json.loads(run(command, environment | {
            "OPENBLAS_CORETYPE": core_types[0]}))]
    results = [json.loads(run(command, environment))]
    names = possible_core_types() if results[0].get("core_type") else []
    for name in names:
        seen = {result["core_type"].lower() for result in results}
        if name.lower() not in seen:
            result = json.loads(run(command, environment | {
                "OPENBLAS_CORETYPE": name}))
            if result["core_type"].lower() not in seen:
                results.append(result)
    return results


def run_row(shape, contestants, arguments, environment):
    """Every contestant's best of all rounds; they take turns in each."""
    best = {}
    for _ in range(arguments.rounds):
        for who, command in contestants.items():
            threads = {} if who[0] == "simplernn" else {
                "OMP_NUM_THREADS": str(who[1])}
            known = best.get(who, {}).get("core_type")
            results = run_contestant(
                [*command, "--shape", shape, "--seconds", arguments.seconds,
                 "--samples", arguments.samples],
                environment | threads, [known] if known else [])
            best[who] = min([*results, *filter(None, [best.get(who)])],
                            key=lambda result: result["median_us"])
    return best


def cpu_details():
    """What tells one core type from another where the name does not."""
    wanted = ("vendor_id", "cpu family", "model", "model name")
    lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs
            if name.strip() in wanted}


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"],
                          cwd=PROJECT, capture_output=True, text=True)
    return done.stdout.strip()


def describe_run(arguments, environment):
    bench = arguments.build / "bench/simplernn-bench"
    return {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "machine": {"cpu": cpu_details(),
                    "cores": len(os.sched_getaffinity(0)),
                    "kernel": platform.release(),
                    "libc": " ".join(platform.libc_ver())},
        "removed_from_environment": sorted(set(os.environ) - set(environment)),
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "samples": arguments.samples,
        "limits": json.loads(run([bench, "--limits", "--json"], environment)),
    }


def split_result(result):
    """What is the same in all rows of a library, and the rest."""
    common = {"library", "version", "build", "cpu"}
    return ({key: result[key] for key in common & result.keys()},
            {key: result[key] for key in result
             if key not in common | {"shape"}})


def record(results, part, shape, best):
    row = {"shape": [int(size) for size in shape.split(",")], "peers": {}}
    for (library, threads), result in best.items():
        common, figures = split_result(result)
        if library == "simplernn":
            results["simplernn"] = common
            row["ours_auto" if threads == "auto" else "ours_1"] = figures
        else:
            figures["version"] = common["version"]
            row["peers"].setdefault(library, {})[str(threads)] = figures
    results[part].append(row)


def measure(results, part, shapes, contestants, arguments, environment):
    results.setdefault(part, [])
    for number, shape in enumerate(shapes, 1):
        print(f"{part}, {number} of {len(shapes)}: {shape}", file=sys.stderr)
        record(results, part, shape,
               run_row(shape, contestants, arguments, environment))


@contextlib.contextmanager
def spinning(count):
    """That many processes that do nothing, as fast as they can."""
    processes = [subprocess.Popen([sys.executable, "-c", SPIN])
                 for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def measure_busy(results, contestants, arguments, environment):
    """One round: the best of several would hide what the load does."""
    effort = argparse.Namespace(
        rounds=1, seconds=max(BUSY_SECONDS, arguments.seconds),
        samples=arguments.samples)
    results["busy_processes"] = 2 * results["machine"]["cores"]
    with spinning(results["busy_processes"]):
        measure(results, "busy", BUSY, contestants, effort, environment)


def suite(arguments, environment, *mode):
    bench = arguments.build / "bench/simplernn-bench"
    return arguments.rows or run([bench, "--list", *mode],
                                 environment).split()


def measure_training(results, contestants, arguments, environment):
    if "train" in arguments.parts:
        measure(results, "train", suite(arguments, environment,
                                        "--mode", "train"),
                training(contestants), arguments, environment)
    for loss in ("all", "last") if "loss" in arguments.parts else ():
        measure(results, "loss", [LOSS],
                training(contestants, "--loss", loss), arguments, environment)


def main():
    arguments = parse()
    environment = clean_environment()
    load_before = os.getloadavg()[0]  # and not that of the build
    build(arguments, environment)
    contestants = find_contestants(arguments)
    ours = {who: command for who, command in contestants.items()
            if who[0] == "simplernn"}
    results = describe_run(arguments, environment) | {
        "load_before": load_before, "rows": []}
    if "rows" in arguments.parts:
        measure(results, "rows", suite(arguments, environment), contestants,
                arguments, environment)
    measure_training(results, contestants, arguments, environment)
    if "step" in arguments.parts:
        stepping = {who: command + ["--mode", "step"] if who in ours
                    else command for who, command in contestants.items()}
        measure(results, "step", STEPS, stepping, arguments, environment)
    if "scaling" in arguments.parts:
        measure(results, "scaling", SCALING, ours, arguments, environment)
    results["load_after"] = os.getloadavg()[0]
    if "busy" in arguments.parts:
        measure_busy(results, ours, arguments, environment)
    report.write(results, arguments.output)


if __name__ == "__main__":
    main()
