#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns results.json into results.md and ratios.svg. run.py calls it; by hand,
with the folder as its argument, it does that again, and with README.md as a
second one it renews the table there."""

import json
import re
import sys
from pathlib import Path

PARTS = ("rows", "step", "scaling", "busy")  # of results: lists of rows

NAMES = {"onednn": "oneDNN", "onnxruntime": "ONNX Runtime",
         "torch": "PyTorch"}


def fastest(row):
    """(library, threads) of the fastest peer at its best; None without."""
    entries = [(result["median_us"], library, threads)
               for library, by_threads in row["peers"].items()
               for threads, result in by_threads.items()]
    return min(entries)[1:] if entries else None


def ratio(row, ours, threads=None):
    """How many times the fastest peer's time is ours: at its best thread
    count, or at one count. None without a peer."""
    times = [result["median_us"]
             for by_threads in row["peers"].values()
             for count, result in by_threads.items()
             if threads is None or count == threads]
    return min(times) / row[ours]["median_us"] if times else None


def ratio_at_bound(row):
    """What the ratio would be if ours took no more than the bound; None where
    the bound says nothing, as activations and calls take most of the time."""
    auto = row["ours_auto"]
    at_auto = ratio(row, "ours_auto")
    if at_auto is None or auto["bound_share"] < 0.2:
        return None
    return at_auto / auto["bound_share"]


def ratios(row):
    return ratio(row, "ours_auto"), ratio(row, "ours_1", "1")


def name_of(row):
    return ",".join(map(str, row["shape"]))


def microseconds(value):
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}".replace(",", " ")


def times(value):
    return "-" if value is None else f"{value:.2f}"


def percent(value):
    return f"{100 * value:.0f} %"


def peer_cell(row, library):
    by_threads = row["peers"].get(library)
    if not by_threads:
        return "-"
    threads, result = min(by_threads.items(),
                          key=lambda item: item[1]["median_us"])
    text = f"{microseconds(result['median_us'])} ({threads})"
    best = fastest(row) == (library, threads)
    return f"**{text}**" if best else text


def libraries(results):
    return [library for library in NAMES
            if any(library in row["peers"] for row in results["rows"])]


def lines_of(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def choice_of(figures):
    return f"({figures['schedule']}, {figures['threads']})"


def table(results):
    peers = libraries(results)
    head = ["T,B,I,H,L,D", "auto", "1 thread", *(NAMES[p] for p in peers),
            "ratio", "at bound", "ratio, 1 thread", "of FMA peak",
            "of bound"]
    rows = []
    for row in results["rows"]:
        auto, one = row["ours_auto"], row["ours_1"]
        rows.append([
            name_of(row),
            f"{microseconds(auto['median_us'])} {choice_of(auto)}",
            microseconds(one["median_us"]),
            *(peer_cell(row, library) for library in peers),
            times(ratio(row, "ours_auto")), times(ratio_at_bound(row)),
            times(ratio(row, "ours_1", "1")), percent(auto["fma_share"]),
            f"{percent(auto['bound_share'])} ({auto['bound']})"])
    return lines_of(head, rows)


def nanoseconds(value):
    return f"{1000 * value:,.0f}".replace(",", " ")


def steps(results):
    """Steps one by one: what a call takes that must not be late."""
    rows = results.get("step")
    if not rows:
        return []
    peers = [library for library in NAMES
             if any(library in row["peers"] for row in rows)]
    cells = []
    for row in rows:
        ours = row["ours_1"]
        best = {library: min(result["median_us"] for result in
                             row["peers"][library].values())
                for library in peers}
        cells.append([
            f"{row['shape'][2]}, {row['shape'][3]}",
            *(nanoseconds(ours[key])
              for key in ("median_us", "p99_us", "max_us")),
            *(nanoseconds(best[library]) for library in peers),
            times(min(best.values()) / ours["median_us"]) if best else "-"])
    return ["## Step by step", "",
            "Nanoseconds of one step of one sequence, one layer: ours by "
            "srnn_stream_step, median, 99 % and the longest of a million "
            "(which others on the machine have a part in); each peer by a "
            "sequence of one step, median; and how many times faster ours is "
            "than the fastest.", "",
            *lines_of(["I, H", "median", "p99", "max",
                       *(NAMES[p] for p in peers), "ratio"], cells), ""]


def scaling(results):
    """Medians, and how many times those of the first row they are."""
    rows = results.get("scaling")
    if not rows:
        return []
    kinds = ("ours_auto", "ours_1")
    cells = [[name_of(row)] + [
        cell for kind in kinds for cell in (
            microseconds(row[kind]["median_us"]),
            times(row[kind]["median_us"] / rows[0][kind]["median_us"]))]
        for row in rows]
    return ["## Scaling", "",
            "Medians of ours in microseconds, with ten times the steps and "
            "ten times the batch of the first row, and how many times its "
            "median that is: 10 is linear.",
            "", *lines_of(["T,B,I,H,L,D", "auto", "times the first",
                           "1 thread", "times the first"], cells), ""]


def busy(results):
    """Means, for a median hides the slices that others took."""
    rows = results.get("busy")
    if not rows:
        return []
    cells = []
    for row in rows:
        auto, one = row["ours_auto"], row["ours_1"]
        cells.append([
            name_of(row),
            f"{microseconds(auto['mean_us'])} {choice_of(auto)}",
            microseconds(one["mean_us"]),
            times(auto["mean_us"] / one["mean_us"])])
    return ["## On a busy machine", "",
            "Means of ours in microseconds beside "
            f"{results['busy_processes']} processes that spin on "
            f"{results['machine']['cores']} cores.",
            "", *lines_of(["T,B,I,H,L,D", "auto", "1 thread",
                           "auto / 1 thread"], cells), ""]


def versions(results):
    """One line for each library."""
    ours = results["simplernn"]
    build = ours["build"]
    lines = [f"simplernn {ours['version']}, commit {results['commit']}, "
             f"{build['compiler']}"]
    for library in libraries(results):
        found = {result["version"] for row in results["rows"]
                 for result in row["peers"].get(library, {}).values()}
        lines.append(f"{NAMES[library]} {', '.join(sorted(found))}")
    return lines


def machine(results):
    m, cpu = results["machine"], results["machine"]["cpu"]
    family = ", ".join(f"{key} {cpu[key]}" for key in ("cpu family", "model")
                       if key in cpu)
    return [f"{cpu.get('model name', 'unknown')} ({family}), "
            f"{m['cores']} cores, Linux {m['kernel']}, {m['libc']}; "
            f"load {results['load_before']:.2f} before, "
            f"{results['load_after']:.2f} after"]


def limits(results):
    found = results["limits"]
    fma = [f"{isa} {rate:.0f}" for isa, rate in
           found["fma_gflops"]["f32"].items()]
    read = [f"{level} {value['gb_per_s']:.0f}"
            for level, value in found["read"].items()]
    return [f"one core: FMA, float32, GFLOP/s: {', '.join(fma)}; "
            f"reading, GB/s: {', '.join(read)}"]


def comparison(results):
    if not results["rows"]:
        return []
    return [
        f"Medians in microseconds of one forward, float32, tanh, "
        f"{results['date']}.",
        "Ours: at `auto` (with the schedule and threads it chose) and on 1 "
        "thread. Each peer: at its best number of threads (in brackets); the "
        "fastest is bold. Ratio: the fastest peer's time over ours at `auto`; "
        "what it would be if ours took no more than the bound; and the same as "
        "the first with 1 thread on both sides. Of FMA peak: of the "
        "measured one, per core used. Of bound: of what the measured peak and "
        "the cache that the weights live in allow, and which of them it is.",
        "", *table(results), ""]


def markdown(results):
    notes = machine(results) + limits(results) + versions(results)
    return "\n".join([
        "<!-- made by bench/run.py -->", *comparison(results),
        *(f"* {note}" for note in notes), "", *steps(results),
        *scaling(results),
        *busy(results)])


def summary(results):
    """The table of README.md."""
    rows = []
    for row in results["rows"]:
        library, threads = fastest(row)
        time = row["peers"][library][threads]["median_us"]
        rows.append([
            name_of(row), microseconds(row["ours_auto"]["median_us"]),
            f"{microseconds(time)}, {NAMES[library]}",
            times(ratio(row, "ours_auto")), times(ratio_at_bound(row)),
            times(ratio(row, "ours_1", "1"))])
    head = ["T,B,I,H,L,D", "libsimplernn", "fastest peer", "times faster",
            "the machine allows", "on 1 thread"]
    notes = [f"{results['date']}, {machine(results)[0]}.",
             "; ".join(versions(results)) + "."]
    return "\n".join([*lines_of(head, rows), "", *notes])


def renew(readme, results):
    text, count = re.subn(
        r"(?s)(<!-- results -->\n).*(<!-- end of results -->)",
        lambda found: f"{found[1]}{summary(results)}\n{found[2]}",
        readme.read_text())
    if count != 1:
        sys.exit(f"{readme} has no place for results")
    readme.write_text(text)


GREY = "#808080"  # readable on white and on black; so are the colours
SERIES = (("#2f81f7", "at auto, the fastest peer at its best thread count"),
          ("#d9822b", "both on 1 thread"))


def draw_bars(axes, rows):
    for index, (colour, label) in enumerate(SERIES):
        values = [ratios(row)[index] for row in rows]
        bars = axes.barh([i - 0.2 + 0.4 * index for i in range(len(rows))],
                         [value - 1 for value in values], height=0.36, left=1,
                         color=colour, label=label)
        axes.bar_label(bars, [times(value) for value in values], padding=3,
                       color=GREY, fontsize=9)


def draw_axes(axes, rows):
    every = [value for row in rows for value in ratios(row)]
    axes.axvline(1, color=GREY, linewidth=1)
    axes.set_xscale("log", base=2)
    axes.set_xlim(min(0.9, 0.85 * min(every)), max(1.1, 1.3 * max(every)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.set_yticks(range(len(rows)), [name_of(row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title("Times faster than the fastest peer (T,B,I,H,L,D)",
                   color=GREY, fontsize=11)
    axes.tick_params(colors=GREY, which="both", left=False)
    axes.grid(axis="x", color=GREY, alpha=0.25)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(GREY)


def draw(results, path):
    """Ratios as bars, with nothing behind them."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": "simplernn",
        "font.family": "sans-serif", "font.size": 10})
    from matplotlib import pyplot

    rows = results["rows"]
    height = 1.3 + 0.4 * len(rows)
    figure, axes = pyplot.subplots(figsize=(8, height))
    draw_bars(axes, rows)
    draw_axes(axes, rows)
    figure.legend(loc="lower center", ncols=2, frameon=False, labelcolor=GREY,
                  fontsize=9)
    figure.tight_layout(rect=(0, 0.35 / height, 1, 1))
    figure.savefig(path, transparent=True, metadata={"Date": None})


def to_json(results):
    """One line for each row and each other key, for the sake of diffs."""
    def value_of(key, value):
        if key not in PARTS:
            return json.dumps(value)
        return "[\n " + ",\n ".join(map(json.dumps, value)) + "\n]"

    ordered = sorted(results.items(), key=lambda item: item[0] in PARTS)
    return "{" + ",\n".join(f"{json.dumps(key)}: {value_of(key, value)}"
                            for key, value in ordered) + "}\n"


def write(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(to_json(results))
    text = markdown(results)
    (folder / "results.md").write_text(text)
    print(text)
    if not libraries(results):
        return
    try:
        draw(results, folder / "ratios.svg")
    except ImportError:
        print("no matplotlib, so no ratios.svg", file=sys.stderr)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    found = json.loads((where / "results.json").read_text())
    write(found, where)
    if len(sys.argv) > 2:
        renew(Path(sys.argv[2]), found)
