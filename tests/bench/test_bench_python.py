# SPDX-License-Identifier: MIT
"""The arithmetic of bench/*.py and bench/learn/run.py, on results that are made
up, and whether README.md and results.md show the figures of results.json."""

import argparse
import contextlib
import importlib.util
import io
import json
import re
import sys
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench"
sys.path.insert(0, str(BENCH))
import report
import run

spec = importlib.util.spec_from_file_location("learn", BENCH / "learn/run.py")
learn = importlib.util.module_from_spec(spec)
spec.loader.exec_module(learn)


def ours(median, threads=1, schedule="serial", **more):
    return {"median_us": median, "mean_us": 2 * median, "threads": threads,
            "schedule": schedule, "fma_share": 0.25, "bound_share": 0.5,
            "bound": "L2", "p99_us": 3 * median, "max_us": 4 * median,
            "backward_us": 3 * median, "forward_us": 2 * median,
            "loss": "all"} | more


def peer(median, threads, **more):
    return {"median_us": median, "threads": threads, "version": "1.2"} | more


def row_of(shape=(100, 1, 64, 64, 1, 1)):
    """The fastest peer is torch with 2 threads, with 1 thread it is onednn."""
    return {"shape": list(shape),
            "ours_auto": ours(10, 2, "columns"), "ours_1": ours(16),
            "peers": {"onednn": {"1": peer(40, 1), "2": peer(30, 2)},
                      "torch": {"1": peer(80, 1), "2": peer(25, 2)},
                      "c_loop": {"1": peer(50, 1, core_type="Haswell",
                                           version="gcc 12.2.0",
                                           blas="OpenBLAS")}}}


def cells(line):
    return [cell.strip() for cell in line.strip("|").split(" | ")]


class Report(unittest.TestCase):
    def test_takes_the_fastest_peer_at_its_best(self):
        self.assertEqual(report.fastest(row_of()), ("torch", "2"))
        self.assertIsNone(report.fastest(row_of() | {"peers": {}}))

    def test_divides_the_peer_by_ours(self):
        row = row_of()
        self.assertEqual(report.ratio(row, "ours_auto"), 2.5)
        self.assertEqual(report.ratio(row, "ours_1", "1"), 2.5)
        self.assertEqual(report.ratio(row, "ours_1"), 25 / 16)
        self.assertEqual(report.ratios(row), (2.5, 2.5))
        self.assertIsNone(report.ratio(row | {"peers": {}}, "ours_1"))

    def test_says_what_the_bound_would_give(self):
        row = row_of()
        self.assertEqual(report.ratio_at_bound(row), 5)
        row["ours_auto"]["bound_share"] = 0.19
        self.assertIsNone(report.ratio_at_bound(row))
        self.assertIsNone(report.ratio_at_bound(row_of() | {"peers": {}}))

    def test_rounds(self):
        for value, text in ((0.24704, "0.247"), (1.876, "1.88"),
                            (29.97, "30.0"), (123.6, "124"),
                            (1234567.8, "1 234 568"), (9.996, "10.00")):
            self.assertEqual(report.microseconds(value), text)
        for value, text in ((0.0497, "50"), (1.2346, "1 235")):
            self.assertEqual(report.nanoseconds(value), text)
        for value, text in ((0.2449, "0.24"), (2.449, "2.4"), (24.49, "24"),
                            (244.9, "245")):
            self.assertEqual(report.two_digits(value), text)
        self.assertEqual(report.percent(0.256), "26 %")
        self.assertEqual(report.times(None), "-")
        self.assertEqual(report.times(2.345678), "2.35")

    def test_fills_the_table_of_forwards(self):
        head, rule, line = report.table({"rows": [row_of()]})
        self.assertEqual(cells(head)[:6],
                         ["T,B,I,H,L,D", "auto", "1 thread", "oneDNN",
                          "PyTorch", "C with OpenBLAS"])
        self.assertEqual(len(cells(rule)), len(cells(head)))
        self.assertEqual(cells(line), [
            "100,1,64,64,1,1", "10.0 (columns, 2)", "16.0", "30.0 (2)",
            "**25.0 (2)**", "50.0 (1, Haswell)", "2.50", "5.00", "2.50",
            "25 %", "50 % (L2)"])

    def test_fills_the_other_tables(self):
        row, results = row_of(), {"busy_processes": 4, "machine": {"cores": 2}}
        line = report.train({"train": [row]})[-2]
        self.assertEqual(cells(line), [
            "100,1,64,64,1,1", "10.0 (columns, 2)", "16.0", "30.0 (2)",
            "**25.0 (2)**", "50.0 (1, Haswell)", "2.50", "5.00", "2.50",
            "1.50", "1.50", "25 %", "50 % (L2)"])
        self.assertEqual(cells(report.loss({"loss": [row]})[-2])[0],
                         "the output of all steps")
        self.assertEqual(cells(report.steps({"step": [row]})[-2]), [
            "64, 64", "16 000", "48 000", "64 000", "30 000", "25 000",
            "50 000", "1.56"])
        longer = row_of((1000, 1, 64, 64, 1, 1))
        longer["ours_auto"], longer["ours_1"] = ours(90, 2), ours(176)
        self.assertEqual(cells(report.scaling({"scaling": [row, longer]})[-2]),
                         ["1000,1,64,64,1,1", "90.0", "9.00", "176", "11.00"])
        text = report.busy(results | {"busy": [row]})
        self.assertIn("4 other processes spin on 2 cores", text[2])
        self.assertEqual(cells(text[-2]), [
            "100,1,64,64,1,1", "20.0 (columns, 2)", "32.0", "0.62"])

    def test_shows_a_step_beside_the_peers(self):
        results = {"step": [row_of((1, 1, 64, 64, 1, 1))],
                   "simplernn": {"version": "0.2"},
                   "rows": [row_of(), row_of()], "train": [row_of(), row_of()]}
        results["train"][0]["ours_auto"] = ours(26)
        results["rows"][1]["ours_auto"] = ours(20)
        self.assertEqual(report.step_times(results), [
            ("libsimplernn", "0.2", 1, 16), ("oneDNN", "1.2", 2, 30),
            ("PyTorch", "1.2", 2, 25), ("C with OpenBLAS", "", 1, 50)])
        self.assertEqual(report.range_of_ratios(results["rows"]), (1.25, 2.5))
        self.assertEqual(
            " ".join(report.headline(results).split()),
            "One step of a network with 64 inputs and 64 hidden units takes 16 "
            "µs. It takes 25 µs in PyTorch, 30 µs in oneDNN and 50 µs in C "
            "with OpenBLAS. Whole sequences run 1.25 to 2.50 times as fast as "
            "in the fastest of these, and a training step 0.96 to 2.50 "
            "times.")

    def test_draws_to_scale(self):
        self.assertEqual(report.position(report.TICKS[0]), report.LEFT)
        self.assertEqual(report.position(report.TICKS[-1]), report.RIGHT)
        self.assertEqual(report.position(1e9), report.RIGHT)
        third = report.LEFT + (report.RIGHT - report.LEFT) / 3
        self.assertAlmostEqual(report.position(1), third)


def figures_of(text):
    return re.findall(r"\d+(?:[.,]\d+)*", text)


class Published(unittest.TestCase):
    """What is in the repository."""

    def setUp(self):
        text = (BENCH / "results/results.json").read_text()
        self.results = json.loads(text)
        self.assertEqual(report.to_json(self.results), text)

    def test_results_md_has_the_figures_of_the_results(self):
        self.assertEqual(
            figures_of((BENCH / "results/results.md").read_text()),
            figures_of(report.markdown(self.results)))

    def test_readme_has_the_figures_of_the_results(self):
        text = (ROOT / "README.md").read_text()
        for marker, made in (("headline", report.headline(self.results)),
                             ("results", report.summary(self.results))):
            shown = re.search(rf"(?s)<!-- {marker} -->(.*)"
                              rf"<!-- end of {marker} -->", text)[1]
            self.assertEqual(figures_of(shown), figures_of(made))

    def test_the_picture_of_a_step_is_that_of_the_results(self):
        self.assertEqual((BENCH / "results/step.svg").read_text(),
                         report.draw_steps(self.results))


class Commands:
    """Stands in for run.run: medians by the first word of a command, one for
    each time that it is run."""

    def __init__(self, medians, **more):
        self.medians, self.more = medians, more
        self.seen = []

    def __call__(self, command, environment):
        self.seen.append(([str(word) for word in command], environment))
        result = {"median_us": self.medians[command[0]].pop(0),
                  "threads": 1, "version": "1", "library": command[0],
                  "build": {}, "cpu": "x", "shape": []} | self.more
        if command[0] == "blas":
            result["core_type"] = environment.get("OPENBLAS_CORETYPE", "old")
        return json.dumps(result)


def effort(**more):
    return argparse.Namespace(**{"rounds": 2, "seconds": 0.5, "samples": 7}
                              | more)


class Run(unittest.TestCase):
    def run_row(self, medians, contestants, core_types=(), **more):
        self.commands = Commands(medians)
        with mock.patch.object(run, "run", self.commands), \
                mock.patch.object(run, "possible_core_types",
                                  lambda: list(core_types)):
            return run.run_row("1,2,3,4,5,1", contestants, effort(**more), {})

    def test_takes_the_best_of_all_rounds(self):
        best = self.run_row({"a": [5, 3, 4], "b": [7, 8, 9]},
                            {("simplernn", "auto"): ["a"],
                             ("torch", 2): ["b"]}, rounds=3)
        self.assertEqual({who: result["median_us"]
                          for who, result in best.items()},
                         {("simplernn", "auto"): 3, ("torch", 2): 7})
        words = [words[0] for words, _ in self.commands.seen]
        self.assertEqual(words, ["a", "b"] * 3)  # they take turns
        self.assertEqual(self.commands.seen[0][0][1:], [
            "--shape", "1,2,3,4,5,1", "--seconds", "0.5", "--samples", "7"])

    def test_tells_peers_their_threads(self):
        self.run_row({"a": [1], "b": [1]},
                     {("simplernn", 1): ["a"], ("torch", 3): ["b"]}, rounds=1)
        self.assertEqual([environment for _, environment in self.commands.seen],
                         [{}, {"OMP_NUM_THREADS": "3"}])

    def test_keeps_the_best_core_type(self):
        best = self.run_row({"blas": [9, 4, 6, 5]}, {("c_loop", 1): ["blas"]},
                            ["Haswell", "SkylakeX"])
        self.assertEqual(best["c_loop", 1]["median_us"], 4)
        self.assertEqual(best["c_loop", 1]["core_type"], "Haswell")
        types = [environment.get("OPENBLAS_CORETYPE")
                 for _, environment in self.commands.seen]
        self.assertEqual(types, [None, "Haswell", "SkylakeX", "Haswell"])

    def test_records_each_contestant_in_its_place(self):
        results = {"rows": []}
        common = {"library": "simplernn", "version": "0.2", "build": {},
                  "cpu": "x", "shape": [1]}
        run.record(results, "rows", "1,2,3,4,5,1", {
            ("simplernn", "auto"): common | {"median_us": 1},
            ("simplernn", 1): common | {"median_us": 2},
            ("torch", 1): common | {"library": "torch", "median_us": 3},
            ("torch", 2): common | {"library": "torch", "median_us": 4}})
        self.assertEqual(results["rows"], [{
            "shape": [1, 2, 3, 4, 5, 1],
            "ours_auto": {"median_us": 1}, "ours_1": {"median_us": 2},
            "peers": {"torch": {"1": {"median_us": 3, "version": "0.2"},
                                "2": {"median_us": 4, "version": "0.2"}}}}])
        self.assertEqual(results["simplernn"]["version"], "0.2")

    def test_measures_ours_at_auto_and_at_1_thread(self):
        with mock.patch.object(run, "find_peers", lambda _: {"torch": ["t"]}):
            found = run.find_contestants(argparse.Namespace(
                build=Path("b"), threads=[4]))
        self.assertEqual({who: [str(word) for word in command[-2:]]
                          for who, command in found.items()},
                         {("simplernn", "auto"): ["--threads", "auto"],
                          ("simplernn", 1): ["--threads", "1"],
                          ("torch", 1): ["--threads", "1"],
                          ("torch", 4): ["--threads", "4"]})

    def test_trains_those_that_can(self):
        found = run.training({("simplernn", 1): ["a"], ("torch", 1): ["t"],
                              ("onnxruntime", 1): ["o"]}, "--loss", "last")
        self.assertEqual(found, {
            ("simplernn", 1): ["a", "--mode", "train", "--loss", "last"],
            ("torch", 1): ["t", "--mode", "train", "--loss", "last"]})

    def test_takes_the_load_before_it_builds(self):
        load = [1]
        given = argparse.Namespace(parts=[], output=Path("out"))
        with mock.patch.multiple(
                run, parse=lambda: given, find_contestants=lambda _: {},
                build=lambda *_: load.append(9),
                describe_run=lambda *_: {"rounds": 3}), \
                mock.patch("os.getloadavg", lambda: load[-1:]), \
                mock.patch.object(run.report, "write") as write:
            run.main()
        self.assertEqual(write.call_args.args, (
            {"rounds": 3, "rows": [], "load_before": 1, "load_after": 9},
            Path("out")))

    def test_loads_the_machine_for_one_long_round(self):
        results, seen = {"machine": {"cores": 3}}, []
        with mock.patch.object(run, "measure", lambda *given: seen.append(
                given)), mock.patch.object(
                    run, "spinning", lambda count: contextlib.nullcontext(
                        seen.append(count))):
            run.measure_busy(results, {}, effort(), {})
        self.assertEqual(results["busy_processes"], 6)
        count, (_, part, shapes, _, given, _) = seen
        self.assertEqual((count, part, shapes), (6, "busy", run.BUSY))
        self.assertEqual((given.rounds, given.seconds, given.samples),
                         (1, 2.0, 7))


class Learn(unittest.TestCase):
    def test_takes_the_best_of_rounds_and_threads(self):
        commands = Commands({"a": [9, 8, 7, 6], "blas": [5, 4, 3, 2]})
        with mock.patch.object(run, "run", commands), \
                mock.patch.object(learn.forward, "possible_core_types",
                                  lambda: []), \
                mock.patch("os.sched_getaffinity", lambda _: {0, 1}):
            best = learn.run_row(learn.ROWS[0],
                                 {"simplernn": ["a"], "c_loop": ["blas"]},
                                 effort())
        self.assertEqual(best["simplernn"]["median_us"], 6)
        self.assertEqual(best["c_loop"]["median_us"], 2)
        threads = [words[words.index("--threads") + 1]
                   for words, _ in commands.seen]
        self.assertEqual(threads, ["1", "2", "1", "2"] * 2)
        for words, environment in commands.seen:
            self.assertEqual(environment["OMP_NUM_THREADS"],
                             words[words.index("--threads") + 1])

    def test_all_must_have_learned_the_same(self):
        learn.check({"simplernn": {"loss": 2.0}, "torch": {"loss": 2.0019}})
        for loss in (2.0021, 1.9979, -2.0):
            with self.assertRaises(SystemExit):
                learn.check({"simplernn": {"loss": 2.0},
                             "torch": {"loss": loss}})

    def test_prints_the_ratio_to_ours(self):
        best = {"simplernn": {"median_us": 20, "threads": 2, "version": "0.2",
                              "loss": 1},
                "torch": {"median_us": 50, "threads": 1, "version": "2",
                          "loss": 1, "core_type": "Haswell"}}
        out = io.StringIO()
        with mock.patch.object(learn, "run_row", lambda *_: best), \
                mock.patch.object(learn, "find_contestants", lambda _: best), \
                mock.patch.object(sys, "argv", ["run.py", "--rows",
                                                learn.ROWS[0][0]]), \
                contextlib.redirect_stdout(out):
            learn.main()
        self.assertIn("| 20,64,2,16,10 | last, classes | 20.0 (2) | "
                      "50.0 (1, Haswell) 2.50x |", out.getvalue())


if __name__ == "__main__":
    unittest.main()
