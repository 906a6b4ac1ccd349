#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns results.json into results.md, ratios.svg and step.svg. run.py calls it.
To do the same by hand, give it the folder as its argument. With README.md as a
second argument it also renews the figures there."""

import json
import math
import re
import sys
import textwrap
from pathlib import Path

# Of results: lists of rows.
PARTS = ("rows", "train", "loss", "step", "scaling", "busy")

NAMES = {"onednn": "oneDNN", "onnxruntime": "ONNX Runtime",
         "torch": "PyTorch", "jax": "JAX", "c_loop": "C with OpenBLAS"}

# What README.md shows: a step, and a few rows that both suites have.
STEP = [1, 1, 64, 64, 1, 1]
SHOWN = ([100, 1, 64, 64, 1, 1], [100, 32, 256, 256, 2, 2],
         [50, 64, 1760, 1760, 1, 1])


def fastest(row):
    """(library, threads) of the fastest peer at its best; None without."""
    entries = [(result["median_us"], library, threads)
               for library, by_threads in row["peers"].items()
               for threads, result in by_threads.items()]
    return min(entries)[1:] if entries else None


def ratio(row, ours, threads=None):
    """The fastest peer's time divided by ours. The peer runs with its best
    number of threads, or with the number that is given. None without a peer."""
    times = [result["median_us"]
             for by_threads in row["peers"].values()
             for count, result in by_threads.items()
             if threads is None or count == threads]
    return min(times) / row[ours]["median_us"] if times else None


def ratio_at_bound(row):
    """What the ratio would be if ours took no longer than the bound. None if
    activations and calls take most of the time, as the bound ignores those."""
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
    how = ", ".join([threads, *filter(None, [result.get("core_type")])])
    text = f"{microseconds(result['median_us'])} ({how})"
    best = fastest(row) == (library, threads)
    return f"**{text}**" if best else text


def libraries(rows):
    return [library for library in NAMES
            if any(library in row["peers"] for row in rows)]


def lines_of(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def choice_of(figures):
    return f"({figures['schedule']}, {figures['threads']})"


def table(results):
    peers = libraries(results["rows"])
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


def part_of_forward(figures):
    return times(figures["backward_us"] / figures["forward_us"])


def train(results):
    """The table of training steps."""
    rows = results.get("train")
    if not rows:
        return []
    peers = libraries(rows)
    cells = []
    for row in rows:
        auto, one = row["ours_auto"], row["ours_1"]
        cells.append([
            name_of(row),
            f"{microseconds(auto['median_us'])} {choice_of(auto)}",
            microseconds(one["median_us"]),
            *(peer_cell(row, library) for library in peers),
            times(ratio(row, "ours_auto")), times(ratio_at_bound(row)),
            times(ratio(row, "ours_1", "1")), part_of_forward(auto),
            part_of_forward(one), percent(auto["fma_share"]),
            f"{percent(auto['bound_share'])} ({auto['bound']})"])
    return ["## Training", "",
            "Medians of one forward and backward in microseconds, float32, "
            "tanh. The gradient of the output is given. The gradients of the "
            "input, of h0 and of all parameters are computed. The columns are "
            "those of the first table, and these: `backward / forward` is our "
            "backward alone divided by our usual forward, which records "
            "nothing; the second one is with 1 thread.",
            "", *lines_of(["T,B,I,H,L,D", "auto", "1 thread",
                           *(NAMES[p] for p in peers), "ratio", "at bound",
                           "ratio, 1 thread", "backward / forward",
                           "backward / forward, 1 thread", "of FMA peak",
                           "of bound"], cells), ""]


def loss(results):
    """The table of a loss on the output and a loss on h_n."""
    rows = results.get("loss")
    if not rows:
        return []
    peers = libraries(rows)
    words = {"all": "the output of all steps", "last": "h_n"}
    cells = [[words[row["ours_auto"]["loss"]],
              f"{microseconds(row['ours_auto']['median_us'])} "
              f"{choice_of(row['ours_auto'])}",
              microseconds(row["ours_1"]["median_us"]),
              *(peer_cell(row, library) for library in peers),
              times(ratio(row, "ours_auto")),
              times(ratio(row, "ours_1", "1"))] for row in rows]
    return ["### A loss that reads the last step only", "",
            f"The same for {name_of(rows[0])} with two losses. The gradients "
            "of a loss that reads h_n become smaller at every earlier step. "
            "Many processors are slow at numbers that are almost zero "
            "(subnormal).",
            "", *lines_of(["the loss reads", "auto", "1 thread",
                           *(NAMES[p] for p in peers), "ratio",
                           "ratio, 1 thread"], cells), ""]


def nanoseconds(value):
    return f"{1000 * value:,.0f}".replace(",", " ")


def steps(results):
    """The table of single steps."""
    rows = results.get("step")
    if not rows:
        return []
    peers = libraries(rows)
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
            "One step of one sequence, one layer, in nanoseconds. Ours is the "
            "step of a stream: the median, the 99th percentile and the longest "
            "of a million calls. Other processes on the machine affect the "
            "longest. Each peer runs a sequence of one step; its median is "
            "shown. The ratio is the fastest peer's median divided by ours.",
            "",
            *lines_of(["I, H", "median", "p99", "max",
                       *(NAMES[p] for p in peers), "ratio"], cells), ""]


def scaling(results):
    """The table of ten times the work."""
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
            "Our medians in microseconds. The second row has ten times the "
            "steps of the first one, the third row ten times its batch. The "
            "columns \"times the first\" divide by the first row's median: 10 "
            "means that the time grows linearly.",
            "", *lines_of(["T,B,I,H,L,D", "auto", "times the first",
                           "1 thread", "times the first"], cells), ""]


def busy(results):
    """The table under load. It has means, because a median would hide the
    time slices that other processes took."""
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
            "Our means in microseconds, while "
            f"{results['busy_processes']} other processes spin on "
            f"{results['machine']['cores']} cores.",
            "", *lines_of(["T,B,I,H,L,D", "auto", "1 thread",
                           "auto / 1 thread"], cells), ""]


def version_of(result):
    """With what makes its products, where that is another library."""
    blas = result.get("blas", "oneDNN")
    if blas == NAMES["onednn"]:
        return result["version"]
    return " ".join([f"{result['version']}, {blas}",
                     *filter(None, [result.get("core_type")])])


def versions(results):
    """One line for each library."""
    ours = results["simplernn"]
    build = ours["build"]
    lines = [f"simplernn {ours['version']}, commit {results['commit']}, "
             f"{build['compiler']}"]
    rows = [row for part in PARTS for row in results.get(part, [])]
    for library in libraries(rows):
        found = {version_of(result) for row in rows
                 for result in row["peers"].get(library, {}).values()}
        lines.append(f"{NAMES[library]} {'; '.join(sorted(found))}")
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


COLUMNS = (
    "`auto`: our library, with the schedule and the number of threads that it "
    "chose, in brackets.",
    "`1 thread`: our library with 1 thread.",
    "Each peer runs with its best number of threads, in brackets. A peer that "
    "has OpenBLAS also runs with its best core type. The fastest peer is bold.",
    "`ratio`: the fastest peer's time divided by ours at `auto`.",
    "`at bound`: what the ratio would be if ours took no longer than the "
    "bound.",
    "`ratio, 1 thread`: the ratio with 1 thread on both sides.",
    "`of FMA peak`: our share of the measured peak of the cores in use.",
    "`of bound`: our share of what this machine allows, and what limits it: "
    "arithmetic (FMA), or the cache that the weights are read from.")


def comparison(results):
    if not results["rows"]:
        return []
    return [
        f"Medians of one forward in microseconds, float32, tanh, "
        f"{results['date']}. A row is T steps, batch B, I inputs, H hidden "
        "units, L layers, D directions.",
        "", *(f"* {line}" for line in COLUMNS), "", *table(results), "",
        "![times faster than the fastest peer, row by row](ratios.svg)", ""]


def markdown(results):
    notes = machine(results) + limits(results) + versions(results)
    return "\n".join([
        "<!-- made by bench/run.py -->", *comparison(results),
        *(f"* {note}" for note in notes), "", *train(results),
        *loss(results), *steps(results), *scaling(results), *busy(results)])


def step_times(results):
    """[(name, version, threads, microseconds)] of one step, ours first; [] if
    the step was not measured."""
    for row in results.get("step", []):
        if row["shape"] != STEP or not row["peers"]:
            continue
        times_of = [("libsimplernn", results["simplernn"]["version"], 1,
                     row["ours_1"]["median_us"])]
        for library in NAMES:
            if library in row["peers"]:
                best = min(row["peers"][library].values(),
                           key=lambda result: result["median_us"])
                number = re.match(r"\d\S*|", best["version"])[0]
                times_of.append((NAMES[library], number, best["threads"],
                                 best["median_us"]))
        return times_of
    return []


def two_digits(value):
    return f"{value:.{max(0, 1 - math.floor(math.log10(value)))}f}"


def range_of_ratios(rows):
    found = [ratio(row, "ours_auto") for row in rows]
    return min(found), max(found)


def headline(results):
    """The first figures of README.md, as lines of a list item."""
    (_, _, _, ours), *peers = step_times(results)
    *others, last = [
        f"{two_digits(time)}\N{NO-BREAK SPACE}µs in {name}"
        for name, _, _, time in sorted(peers, key=lambda peer: peer[3])]
    low, high = range_of_ratios(results["rows"])
    train_low, train_high = range_of_ratios(results["train"])
    return textwrap.indent(textwrap.fill(
        f"One step of a network with {STEP[2]} inputs and {STEP[3]} hidden "
        f"units takes {two_digits(ours)}\N{NO-BREAK SPACE}µs. It takes "
        f"{', '.join(others)} and {last}. Whole sequences run {low:.2f} to "
        f"{high:.2f} times as fast as in the fastest of these, and a training "
        f"step {train_low:.2f} to {train_high:.2f} times.", width=78), "  ")


def in_words(shape):
    steps, batch, inputs, hidden, layers, directions = shape
    return (f"{steps} steps, batch {batch}, {inputs} inputs, {hidden} hidden "
            f"units, {layers} layer{'s' if layers > 1 else ''}"
            f"{', bidirectional' if directions == 2 else ''}")


def shown(rows):
    """A table of README.md, and what it says of all rows."""
    cells = []
    for row in (row for row in rows if row["shape"] in SHOWN):
        library, threads = fastest(row)
        time = row["peers"][library][threads]["median_us"]
        cells.append([
            in_words(row["shape"]), microseconds(row["ours_auto"]["median_us"]),
            f"{microseconds(time)}, {NAMES[library]}",
            times(ratio(row, "ours_auto")), times(ratio(row, "ours_1", "1"))])
    head = ["network", "libsimplernn", "fastest peer", "times as fast",
            "times as fast, 1 thread each"]
    low, high = range_of_ratios(rows)
    return [
        *lines_of(head, cells), "",
        f"{len(rows)} networks were measured. Over all of them, it is "
        f"{low:.2f} to {high:.2f} times as fast as the fastest peer.", ""]


def summary(results):
    """The figures of README.md."""
    return "\n".join([
        "One forward:", "", *shown(results["rows"]),
        "One training step, which is a forward and a backward with all "
        "gradients:", "", *shown(results["train"]),
        f"Measured on {results['date']}: {machine(results)[0]}.",
        "; ".join(versions(results)) + "."])


def put_between(text, marker, content):
    """text with something else between a marker and its end."""
    text, count = re.subn(
        rf"(?s)(<!-- {marker} -->).*(<!-- end of {marker} -->)",
        lambda found: f"{found[1]}{content}{found[2]}", text)
    if count != 1:
        sys.exit(f"README.md needs <!-- {marker} --> once")
    return text


def renew(readme, results):
    text = put_between(readme.read_text(), "headline",
                       f"\n{headline(results)}\n  ")
    text = put_between(text, "results", f"\n{summary(results)}\n")
    readme.write_text(text)


GREY = "#7a7a7a"  # readable on white and on black; so are the colours
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
    """ratios.svg: the ratios as bars on a transparent background."""
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


# Pixels of step.svg, and what its axis shows.
WIDTH, LEFT, RIGHT, TOP, ROW = 720, 210, 640, 50, 34
TICKS = (0.1, 1, 10, 100)  # microseconds


def position(time):
    share = math.log(time / TICKS[0]) / math.log(TICKS[-1] / TICKS[0])
    return LEFT + (RIGHT - LEFT) * min(max(share, 0), 1)


def text_at(x, y, text, anchor="start", more=""):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{more}>'
            f"{text}</text>")


def draw_ticks(bottom):
    for tick in TICKS:
        x = position(tick)
        yield (f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="{GREY}" '
               'stroke-opacity="0.3"/>')
        yield text_at(x, bottom + 18, f"{tick:g} µs", "middle")


def draw_times(found):
    for index, (name, version, threads, time) in enumerate(found):
        y, x = TOP + 4 + ROW * index, position(time)
        bold = ' font-weight="bold"' if index == 0 else ""
        plural = "s" if threads > 1 else ""
        label = " ".join(filter(None, [name, version]))
        yield text_at(LEFT - 10, y + 11, label, "end", bold)
        yield text_at(LEFT - 10, y + 25, f"{threads} thread{plural}", "end",
                      ' font-size="11"')
        yield (f'<rect x="{LEFT}" y="{y}" width="{x - LEFT:.1f}" height="26" '
               f'fill="{SERIES[0][0] if index == 0 else GREY}"/>')
        yield text_at(x + 7, y + 18, f"{two_digits(time)} µs", "start", bold)


def draw_steps(results):
    """step.svg: the times of a step as bars on a logarithmic scale. None if
    they were not measured."""
    found = step_times(results)
    if not found:
        return None
    bottom = TOP + ROW * len(found)
    name = results["machine"]["cpu"].get("model name", "unknown")
    note = (f"{results['date']}, {name}, {results['machine']['cores']} cores, "
            f"commit {results['commit']}. Each peer with its best number of "
            "threads.")
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{bottom + 50}" viewBox="0 0 {WIDTH} {bottom + 50}" '
        f'font-family="sans-serif" font-size="13" fill="{GREY}">',
        text_at(LEFT, 20, f"Time of one step: {STEP[2]} inputs, {STEP[3]} "
                "hidden units, float32", more=' font-size="15"'),
        text_at(LEFT, 38, "median; the scale is logarithmic",
                more=' font-size="11"'),
        *draw_ticks(bottom), *draw_times(found),
        text_at(WIDTH - 10, bottom + 42, note, "end", ' font-size="11"'),
        "</svg>", ""])


def to_json(results):
    """One line for each row and for each other key, which keeps diffs short."""
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
    steps_chart = draw_steps(results)
    if steps_chart:
        (folder / "step.svg").write_text(steps_chart)
    if not libraries(results["rows"]):
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
