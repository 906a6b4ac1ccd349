#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""simplernn run: what it computes, where it goes, and what a failure leaves."""

import json
import os
import pty
import resource
import signal
import stat
import subprocess
import threading
import time
import unittest

from support import (COMMAND, ENVIRONMENT, IO, MISUSE, OK, STATED, WORDS, WRONG,
                     Test, join, main, model, npy, npy_header, npy_raw,
                     read_npy, run)

RELU = ("--nonlinearity", "relu")
STEPS, BATCH = 3, 2
VALUES = [float(k % 5 - 1) for k in range(STEPS * BATCH * 2)]  # [T, B, I]


SILENT = {}


def matvec(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


def reference(values, states):
    """Output and h_n of model() with relu for [T][B][2] and [B][2]; exact."""
    flat = [(3 * k + 1) % 4 - 1 for k in range(4)]
    matrix = [flat[:2], flat[2:]]
    output = []
    for step in values:
        states = [[max(0.0, a + b) for a, b in zip(matvec(matrix, x),
                                                   matvec(matrix, h))]
                  for x, h in zip(step, states)]
        output.append(states)
    return output, states


def episodes(values, states, resets, fresh):
    """The loop of recurrent reinforcement learning, in the same shapes."""
    output = []
    for step, flags in zip(values, resets):
        states = [new if flag else old
                  for flag, old, new in zip(flags, states, fresh)]
        own, states = reference([step], states)
        output += own
    return output, states


def flat(nested):
    return [x for part in nested for x in (
        flat(part) if isinstance(part, list) else [part])]


def nest(values, rows):
    pairs = [values[i:i + 2] for i in range(0, len(values), 2)]
    return [pairs[i:i + rows] for i in range(0, len(pairs), rows)]


class Base(Test):
    def setUp(self):
        super().setUp()
        self.model = self.write("model", model())
        self.input = self.write("input", npy([STEPS, BATCH, 2], VALUES))

    def names(self):
        return sorted(os.listdir(self.folder.name))


class Results(Base):
    def test_values(self):
        h0 = [1.0, 2.0, -3.0, 0.5]
        output, h_n = reference(nest(VALUES, BATCH), nest(h0, BATCH)[0])
        h0_path = self.write("h0", npy([1, BATCH, 2], h0, ">f8", True))
        text = self.succeed("run", self.model, self.input, *RELU, "--h0",
                            h0_path, "--hidden", self.path("h_n"))
        self.assertEqual(read_npy(text),
                         ("<f4", (STEPS, BATCH, 2), flat(output)))
        self.assertEqual(read_npy(self.read("h_n")),
                         ("<f4", (1, BATCH, 2), flat(h_n)))

    def test_no_batch(self):
        output, h_n = reference([[x] for x in nest(VALUES, 1)[0:6] for x in x],
                                [[0.0, 0.0]])
        path = self.write("one", npy([6, 2], VALUES))
        text = self.succeed("run", self.model, path, *RELU, "--hidden",
                            self.path("h_n"), "--threads", 2)
        self.assertEqual(read_npy(text), ("<f4", (6, 2), flat(output)))
        self.assertEqual(read_npy(self.read("h_n")), ("<f4", (1, 2), flat(h_n)))
        self.assertEqual(text, self.succeed("run", self.model, path, *RELU,
                                            "--batch-first"))

    def test_batch_first(self):
        rows = [[nest(VALUES, BATCH)[t][b] for t in range(STEPS)]
                for b in range(BATCH)]
        output, h_n = reference(nest(VALUES, BATCH), BATCH * [[0.0, 0.0]])
        wanted = flat([[output[t][b] for t in range(STEPS)]
                       for b in range(BATCH)])
        path = self.write("rows", npy([BATCH, STEPS, 2], flat(rows)))
        stated = self.write("stated", model(
            metadata={"batch_first": "true"}))
        for arguments in [(self.model, path, "--batch-first"), (stated, path)]:
            text = self.succeed("run", *arguments, *RELU, "--hidden",
                                self.path("h_n"))
            self.assertEqual(read_npy(text),
                             ("<f4", (BATCH, STEPS, 2), wanted))
            self.assertEqual(read_npy(self.read("h_n")),
                             ("<f4", (1, BATCH, 2), flat(h_n)))
        self.assertEqual(
            self.succeed("run", stated, self.input, *RELU, "--time-first"),
            self.succeed("run", self.model, self.input, *RELU))

    def test_both_directions(self):
        both = self.write("both", model(directions=2, dtype="F64"))
        text = read_npy(self.succeed("run", both, self.input, *RELU))
        forward = reference(nest(VALUES, BATCH), BATCH * [[0.0, 0.0]])[0]
        reverse = reference(nest(VALUES, BATCH)[::-1],
                            BATCH * [[0.0, 0.0]])[0][::-1]
        wanted = [forward[t][b] + reverse[t][b] for t in range(STEPS)
                  for b in range(BATCH)]
        self.assertEqual(text, ("<f8", (STEPS, BATCH, 4), flat(wanted)))

    def test_lengths(self):
        lengths = [1, 3]
        steps = nest(VALUES, BATCH)
        output = [[[0.0, 0.0] for _ in range(BATCH)] for _ in range(STEPS)]
        h_n = []
        for b, length in enumerate(lengths):
            own, last = reference([[steps[t][b]] for t in range(length)],
                                  [[0.0, 0.0]])
            for t in range(length):
                output[t][b] = own[t][0]
            h_n.append(last[0])
        for descr in ("<i8", ">i8", "<i4", ">i4"):
            path = self.write("lengths", npy([BATCH], lengths, descr))
            text = self.succeed("run", self.model, self.input, *RELU,
                                "--lengths", path, "--hidden",
                                self.path("h_n"))
            self.assertEqual(read_npy(text)[2], flat(output))
            self.assertEqual(read_npy(self.read("h_n"))[2], flat(h_n))

    def test_wrong_lengths(self):
        for shape, values, descr, says in [
                ([3], [1, 1, 1], "<i8", ["lengths is [3]", "batch=2"]),
                ([0], [], "<i8", ["lengths is [0]", "the input is taken as "
                 "time first; see --batch-first and --time-first"]),
                ([2], [1, 4], "<i8", "lengths[1] is 4, expected 0 to T=3"),
                ([2], [1, -1], "<i4", "lengths[1] is -1"),
                ([2, 1], [1, 1], "<i8", "lengths is [2, 1]"),
                ([], [1], "<i8", "lengths is []")]:
            path = self.write("lengths", npy(shape, values, descr))
            self.fail_with(WRONG, says, "run", self.model, self.input,
                           "--lengths", path)
        one = self.write("one", npy([6, 2], VALUES))
        path = self.write("lengths", npy([2], [1, 1], "<i8"))
        text = self.check(run("run", self.model, one, "--lengths", path),
                          WRONG, "lengths is [2]").stderr
        self.assertNotIn(b"-first", text)
        path = self.write("cut", npy([BATCH], [1, 1], "<i8")[:-1])
        self.fail_with(WRONG, "truncated", "run", self.model, self.input,
                       "--lengths", path)
        whole = self.write("whole", npy([STEPS, BATCH, 2],
                                        [int(v) for v in VALUES], "<i8"))
        self.fail_with(WRONG, "type is '<i8', expected f2", "run", self.model,
                       whole)

    def test_types_of_lengths(self):
        for descr in ["|b1", "|i1", "|u1", "<i2", "<u4", "<u8", "<f4", ">f8"]:
            path = self.write("lengths", npy_raw(npy_header(descr, "False",
                                                            "(2,)")))
            self.fail_with(WRONG, f"type is '{descr}', expected i4 or i8; "
                           "save x.astype('i8')", "run", self.model,
                           self.input, "--lengths", path)
        path = self.write("lengths", npy_raw("{'descr': [('a', '<i8')]}"))
        self.fail_with(WRONG, "such as '<i8' (save x.astype('i8'))",
                       "run", self.model, self.input, "--lengths", path)

    def test_no_steps(self):
        path = self.write("none", npy([0, BATCH, 2], []))
        h0 = self.write("h0", npy([1, BATCH, 2], [1.0, 2.0, 3.0, 4.0]))
        text = self.succeed("run", self.model, path, "--h0", h0, "--hidden",
                            self.path("h_n"))
        self.assertEqual(read_npy(text), ("<f4", (0, BATCH, 2), []))
        self.assertEqual(read_npy(self.read("h_n"))[2], [1.0, 2.0, 3.0, 4.0])

    def test_prefix_and_model_errors(self):
        under = self.write("under", model(prefix="rnn."))
        text = self.succeed("run", self.model, self.input)
        self.assertEqual(text, self.succeed("run", under, self.input))
        self.assertEqual(text, self.succeed("run", under, self.input,
                                            "--prefix", "rnn."))
        self.fail_with(WRONG, 'prefix "x"', "run", under, self.input,
                       "--prefix", "x")
        self.fail_with(IO, "cannot open", "run", "/nonexistent", self.input)
        self.fail_with(WRONG, "safetensors", "run", self.input, self.input)


class Episodes(Base):
    """--resets and --fresh against the loop."""

    FLAGS = [[1, 0], [0, 1], [0, 0]]  # [T, B], as STEPS and BATCH are
    H0 = [[1.0, 2.0], [-3.0, 0.5]]
    FRESH = [[5.0, -1.0], [0.0, 7.0]]

    def setUp(self):
        super().setUp()
        self.h0 = self.write("h0", npy([1, BATCH, 2], flat(self.H0)))
        self.fresh = self.write("fresh", npy([1, BATCH, 2], flat(self.FRESH)))
        self.flags = self.write("flags", npy([STEPS, BATCH], flat(self.FLAGS),
                                             "|u1"))

    def results(self, *arguments):
        text = self.succeed("run", self.model, *arguments, *RELU, "--hidden",
                            self.path("h_n"))
        return [read_npy(data)[1:] for data in (text, self.read("h_n"))]

    def test_values(self):
        steps = nest(VALUES, BATCH)
        for states, h0 in [(self.H0, ["--h0", self.h0]),
                           (BATCH * [[0.0, 0.0]], [])]:
            for new, fresh in [(self.FRESH, ["--fresh", self.fresh]),
                               (BATCH * [[0.0, 0.0]], [])]:
                output, h_n = episodes(steps, states, self.FLAGS, new)
                self.assertEqual(
                    self.results(self.input, "--resets", self.flags, *h0,
                                 *fresh),
                    [((STEPS, BATCH, 2), flat(output)),
                     ((1, BATCH, 2), flat(h_n))])

    def test_types(self):
        wanted = self.results(self.input, "--resets", self.flags)
        self.assertNotEqual(wanted, self.results(self.input))
        for descr, scale in [("|u1", 255), ("<u1", 2), (">u1", 1), ("|b1", 1)]:
            for is_fortran in [False, True]:
                path = self.write("typed", npy(
                    [STEPS, BATCH], [scale * x for x in flat(self.FLAGS)],
                    descr, is_fortran))
                self.assertEqual(self.results(self.input, "--resets", path),
                                 wanted)

    def test_shared_states(self):
        for option in ["--h0", "--fresh"]:
            shared = self.write("shared", npy([1, 1, 2], [3.0, -2.0]))
            each = self.write("each", npy([1, BATCH, 2],
                                          BATCH * [3.0, -2.0]))
            self.assertEqual(*[
                self.results(self.input, "--resets", self.flags, option, path)
                for path in (shared, each)])

    def test_batch_first(self):
        steps = nest(VALUES, BATCH)
        rows = [[steps[t][b] for t in range(STEPS)] for b in range(BATCH)]
        flags = [[self.FLAGS[t][b] for t in range(STEPS)]
                 for b in range(BATCH)]
        output, h_n = episodes(steps, BATCH * [[0.0, 0.0]], self.FLAGS,
                               self.FRESH)
        path = self.write("rows", npy([BATCH, STEPS, 2], flat(rows)))
        turned = self.write("turned", npy([BATCH, STEPS], flat(flags), "|b1"))
        self.assertEqual(
            self.results(path, "--batch-first", "--resets", turned, "--fresh",
                         self.fresh),
            [((BATCH, STEPS, 2), flat([[output[t][b] for t in range(STEPS)]
                                       for b in range(BATCH)])),
             ((1, BATCH, 2), flat(h_n))])
        self.fail_with(WRONG, ["resets is [3, 2]", "taken as batch first"],
                       "run", self.model, path, "--batch-first", "--resets",
                       self.flags)

    def test_no_batch(self):
        steps = nest(VALUES, 1)
        flags = [[k % 3 == 1] for k in range(len(steps))]
        output, h_n = episodes(steps, [[0.0, 0.0]], flags, [[2.0, 1.0]])
        path = self.write("one", npy([len(steps), 2], VALUES))
        resets = self.write("resets", npy([len(steps)], flat(flags), "|b1"))
        fresh = self.write("fresh", npy([1, 2], [2.0, 1.0]))
        self.assertEqual(
            self.results(path, "--resets", resets, "--fresh", fresh),
            [((len(steps), 2), flat(output)), ((1, 2), flat(h_n))])

    def test_lengths(self):
        lengths = self.write("lengths", npy([BATCH], [2, 1], "<i8"))
        steps = nest(VALUES, BATCH)
        first, h_first = episodes(steps[:2], self.H0, self.FLAGS, self.FRESH)
        h_second = episodes(steps[:1], self.H0, self.FLAGS, self.FRESH)[1]
        output = [first[0], [first[1][0], [0.0, 0.0]], BATCH * [[0.0, 0.0]]]
        self.assertEqual(
            self.results(self.input, "--resets", self.flags, "--lengths",
                         lengths, "--h0", self.h0, "--fresh", self.fresh),
            [((STEPS, BATCH, 2), flat(output)),
             ((1, BATCH, 2), flat([h_first[0], h_second[1]]))])

    def test_misuse(self):
        self.fail_with(MISUSE, "--fresh needs --resets", "run", self.model,
                       self.input, "--fresh", self.fresh)
        self.fail_with(MISUSE, "only one array", "run", self.model, "-",
                       "--resets", "-")
        self.fail_with(MISUSE, "only one array", "run", self.model, self.input,
                       "--resets", "-", "--fresh", "-")
        for descr in ["|i1", "<i8", "<f4", "<u2", "|u4", "|b2"]:
            path = self.write("bad", npy_raw(npy_header(descr)))
            self.fail_with(WRONG, f"type is '{descr}', expected u1 or b1; "
                           "save x.astype('u1')", "run", self.model,
                           self.input, "--resets", path)
        for shape in [[STEPS], [STEPS, BATCH, 1], [STEPS, BATCH + 1]]:
            count = 1
            for size in shape:
                count *= size
            path = self.write("bad", npy(shape, count * [0], "|u1"))
            self.fail_with(WRONG, [f"resets is {shape}", "--batch-first"],
                           "run", self.model, self.input, "--resets", path)
        path = self.write("bad", npy([1, 3, 2], 6 * [0.0]))
        self.fail_with(WRONG, ["fresh is [1, 3, 2]", "--batch-first"], "run",
                       self.model, self.input, "--resets", self.flags,
                       "--fresh", path)


class Subnormals(Base):
    def test_flush(self):
        half = self.write("half", model(
            fill=lambda k: 0.5 if k in (0, 3) else 0.0))
        steps = self.write("steps", npy([40, 1, 2], 80 * [0.0]))
        h0 = self.write("h0", npy([1, 1, 2], 2 * [2.0**-120]))
        command = ["run", half, steps, "--h0", h0, *RELU]
        kept = read_npy(self.succeed(*command))[2]
        self.assertEqual(kept, [2.0**-(121 + t // 2) if t < 58 else 0.0
                                for t in range(80)])
        flushed = read_npy(self.succeed(*command, "--flush-subnormals"))[2]
        self.assertEqual(flushed, [value if value >= 2.0**-126 else 0.0
                                   for value in kept])


class Assumptions(Base):
    """What a model does not state, and what a user learns of that."""

    BOTH = ("nonlinearity tanh and batch_first false were assumed, because the "
            "file does not say; set them with --nonlinearity and --batch-first "
            "or --time-first, or use --strict to fail instead")
    ONE = "{} was assumed, because the file does not say; set it with {}, or .*"
    NONLINEARITY = ONE.format("nonlinearity tanh", "--nonlinearity")
    LAYOUT = ONE.format("batch_first false", "--batch-first or --time-first")

    def setUp(self):
        super().setUp()
        self.silent = self.write("silent", model(metadata=SILENT))

    def test_one_line(self):
        wanted = self.succeed("run", self.model, self.input)
        self.assertEqual(wanted, self.succeed_saying(
            self.BOTH, "run", self.silent, self.input))
        self.assertEqual(wanted, self.succeed(
            "run", self.silent, self.input, "--quiet"))

    def test_not_what_is_stated(self):
        for arguments, pattern in [
                (["--nonlinearity", "tanh"], self.LAYOUT),
                (["--time-first"], self.NONLINEARITY),
                (["--batch-first"], self.NONLINEARITY)]:
            self.succeed_saying(pattern, "run", self.silent, self.input,
                                *arguments)
        self.succeed("run", self.silent, self.input, "--nonlinearity", "tanh",
                     "--time-first")
        for key, pattern in [("nonlinearity", self.LAYOUT),
                             ("batch_first", self.NONLINEARITY)]:
            half = self.write("half", model(metadata={key: STATED[key]}))
            self.succeed_saying(pattern, "run", half, self.input)

    def test_not_what_plays_no_part(self):
        one = self.write("one", npy([6, 2], VALUES))
        self.succeed_saying(self.NONLINEARITY, "run", self.silent, one)

    def test_the_silent_relu_model(self):
        """It ran as tanh, time first, and nobody was told."""
        relu = self.write("relu", model(metadata={"nonlinearity": "relu",
                                                  "batch_first": "True"}))
        rows = self.write("rows", npy([BATCH, STEPS, 2], VALUES))
        wanted = self.succeed("run", relu, rows)
        self.assertEqual(wanted, self.succeed("run", self.silent, rows, *RELU,
                                              "--batch-first"))
        self.succeed_saying(self.BOTH, "run", self.silent, rows)
        self.fail_with(WRONG, "nonlinearity", "run", self.silent, rows,
                       "--strict")

    def test_every_nonlinearity(self):
        """By option and by the file it is the same, and unlike the others."""
        results = set()
        for word in WORDS:
            stated = self.write(word, model(metadata={
                "nonlinearity": word, "batch_first": "false"}))
            results.add(self.succeed("run", stated, self.input))
            self.assertIn(
                self.succeed("run", self.silent, self.input, "--time-first",
                             "--nonlinearity", word), results)
            self.assertIn(f"nonlinearity {word} (from the file)",
                          self.succeed("check", stated).decode())
            self.assertIn(word, self.succeed("info", stated).decode())
        self.assertEqual(len(results), len(WORDS))

    def test_no_line_but_the_failure(self):
        bad = self.write("bad", npy([1, 5, 2], 10 * [0.0]))
        self.fail_with(WRONG, ["h0 is [1, 5, 2]", "taken as time first"],
                       "run", self.silent, self.input, "--h0", bad)

    def test_strict(self):
        for verb, *operands in [("run", self.input), ("check",), ("info",),
                                ("bench",)]:
            for given, missing in [
                    ([], ["nonlinearity", "set --nonlinearity"]),
                    (["--time-first"], ["nonlinearity", "set --nonlinearity"]),
                    (["--nonlinearity", "tanh"],
                     ["batch_first", "set --batch-first or --time-first"])]:
                self.fail_with(WRONG, missing + [
                    "neither the command line nor the file"], verb,
                    self.silent, *operands, "--strict", *given)
            self.succeed(verb, self.silent, *operands, "--strict",
                         "--time-first", "--nonlinearity", "tanh")
            self.succeed(verb, self.model, *operands, "--strict")

    def test_python_words(self):
        for word, layout in [("True", "--batch-first"), ("true",
                             "--batch-first"), ("False", "--time-first"),
                             ("false", "--time-first")]:
            says = self.write("says", model(metadata={
                "nonlinearity": "tanh", "batch_first": word}))
            self.assertEqual(
                self.succeed("run", says, self.input),
                self.succeed("run", self.model, self.input, layout))

    def test_option_over_unreadable_metadata(self):
        odd = self.write("odd", model(metadata={"nonlinearity": "gelu",
                                                "batch_first": "no"}))
        self.fail_with(WRONG, ["gelu", "set --nonlinearity to"], "run", odd,
                       self.input)
        self.fail_with(WRONG, ['"no"', "set --batch-first or --time-first to"],
                       "run", odd, self.input, "--nonlinearity", "tanh")
        self.assertEqual(
            self.succeed("run", self.model, self.input),
            self.succeed("run", odd, self.input, "--nonlinearity", "tanh",
                         "--time-first"))


class Files(Base):
    """Weights as people have them."""

    def test_metadata_under_a_prefix(self):
        own = {"decoder.nonlinearity": "relu", "decoder.batch_first": "false"}
        both = self.write("both", join(
            model(prefix="encoder.", metadata={**STATED,
                                               "batch_first": "true"}),
            model(prefix="decoder.", metadata=own)))
        self.assertEqual(
            self.succeed("run", both, self.input, "--prefix", "decoder."),
            self.succeed("run", self.model, self.input, *RELU))
        self.assertEqual(
            self.succeed("run", both, self.input, "--prefix", "encoder."),
            self.succeed("run", self.model, self.input, "--batch-first"))

    def test_metadata_of_another(self):
        other = self.write("other", join(
            model(prefix="encoder.", metadata={
                f"encoder.{key}": STATED[key] for key in STATED}),
            model(prefix="decoder.", metadata=SILENT)))
        self.succeed("run", other, self.input, "--prefix", "encoder.")
        self.succeed_saying(Assumptions.BOTH, "run", other, self.input,
                            "--prefix", "decoder.")

    def test_cell(self):
        wanted = self.succeed("run", self.model, self.input)
        for prefix in ["", "cell."]:
            cell = self.write("cell", model(
                prefix=prefix, rename=lambda name: name.replace("_l0", ""),
                extra=[("fc.weight", [1])]
                if prefix else []))
            self.assertEqual(wanted, self.succeed("run", cell, self.input))

    def test_absent_bias(self):
        for kept, gone in [("ih", "hh"), ("hh", "ih")]:
            one = self.write("one", model(biases=[kept]))
            two = self.write("two", model(biases=[kept, gone],
                                          zeros=[f"bias_{gone}_l0"]))
            self.assertEqual(self.succeed("run", one, self.input, *RELU),
                             self.succeed("run", two, self.input, *RELU))
            self.assertNotEqual(
                self.succeed("run", one, self.input, *RELU),
                self.succeed("run", self.model, self.input, *RELU))

    def test_extra_tensors(self):
        extra = self.write("extra", model(prefix="rnn.", extra=[
            ("rnn.fc.weight", [3]), ("rnn.h0", [1, 1, 2])]))
        self.fail_with(WRONG, ['"rnn.fc.weight"', "--allow-extra"], "run",
                       extra, self.input)
        self.assertEqual(
            self.succeed("run", self.model, self.input),
            self.succeed("run", extra, self.input, "--allow-extra"))

    def test_names_stay_in_messages(self):
        """Only the advice of the library becomes that of the command."""
        name = "rnn.SRNN_OPTION_DIRECTION; set SRNN_OPTION_ALLOW_EXTRA, the " \
            "config"
        extra = self.write("extra", model(prefix="rnn.", extra=[(name, [3])]))
        self.fail_with(WRONG, [f'"{name}"', "--allow-extra"], "run", extra,
                       self.input)
        word = "the config; set SRNN_OPTION_DROPOUT to ignore it"
        odd = self.write("odd", model(metadata={**STATED,
                                                "nonlinearity": word}))
        self.fail_with(WRONG, [f'"{word}"', "--nonlinearity"], "run", odd,
                       self.input)

    def test_reverse(self):
        steps = nest(VALUES, BATCH)
        output, h_n = reference(steps[::-1], BATCH * [[0.0, 0.0]])
        wanted = [((STEPS, BATCH, 2), flat(output[::-1])),
                  ((1, BATCH, 2), flat(h_n))]
        named = self.write("named", model(
            rename=lambda name: name + "_reverse"))
        says = self.write("says", model(metadata={**STATED,
                                                  "direction": "reverse"}))
        for arguments in [(named,), (says,),
                          (self.model, "--direction", "reverse")]:
            text = self.succeed("run", *arguments, self.input, *RELU,
                                "--hidden", self.path("h_n"))
            self.assertEqual([read_npy(data)[1:] for data in
                              (text, self.read("h_n"))], wanted)
        self.assertEqual(
            self.succeed("run", says, self.input, "--direction", "forward"),
            self.succeed("run", self.model, self.input))
        self.fail_with(WRONG, "direction", "run", named, self.input,
                       "--direction", "forward")


class Targets(Base):
    def test_files(self):
        text = self.succeed("run", self.model, self.input)
        for path in ["new", "new", "./dot"]:
            self.assertEqual(b"", self.succeed(
                "run", self.model, self.input, "--output", self.path(path)))
            self.assertEqual(self.read(path), text)
        self.assertEqual(text, self.succeed("run", self.model, self.input,
                                            "--output", "-"))
        h_n = self.succeed("run", self.model, self.input, "--hidden", "-",
                           "--output", self.path("new"))
        self.assertEqual(read_npy(h_n)[1], (1, BATCH, 2))
        self.succeed("run", self.model, self.input, "--output", self.input)
        self.assertEqual(self.read("input"), text)
        self.assertEqual(self.names(), ["dot", "input", "model", "new"])

    def test_permissions_and_links(self):
        self.write("old", b"old")
        os.chmod(self.path("old"), 0o640)
        os.symlink("old", self.path("link"))
        self.succeed("run", self.model, self.input, "--output",
                     self.path("link"), "--hidden", self.path("new"))
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual(read_npy(self.read("old"))[1], (STEPS, BATCH, 2))
        mask = os.umask(0)
        os.umask(mask)
        for name, mode in [("old", 0o640), ("new", 0o666 & ~mask)]:
            self.assertEqual(stat.S_IMODE(os.stat(self.path(name)).st_mode),
                             mode)

    def test_links_to_nothing(self):
        """The file appears where the link leads, and the link stays."""
        os.mkdir(self.path("real"))
        wanted = self.succeed("run", self.model, self.input)
        for link, to, name in [("a", "new", "new"), ("b", "real/new",
                                                     "real/new"),
                               ("c", self.path("far"), "far"),
                               ("real/d", "../up", "up"),
                               ("e", "real/d", "up")]:
            os.symlink(to, self.path(link))
            self.succeed("run", self.model, self.input, "--output",
                         self.path(link))
            self.assertTrue(os.path.islink(self.path(link)))
            self.assertFalse(os.path.islink(self.path(name)))
            self.assertEqual(self.read(name), wanted)
            os.remove(self.path(name))
        os.symlink("no/where", self.path("astray"))
        os.symlink("loop", self.path("loop"))
        os.symlink("./" * 2045 + "x", self.path("long"))
        for link in ["astray", "loop", "long"]:
            self.fail_with(IO, f'"{self.path(link)}": cannot', "run",
                           self.model, self.input, "--output",
                           self.path(link))
            self.assertTrue(os.path.islink(self.path(link)))

    def test_link_to_a_deleted_file(self):
        """Its text is the name of another file, which stays as it is."""
        self.write("gone", b"")
        self.write("gone (deleted)", b"another")
        with open(self.path("gone"), "r+b") as file:
            os.remove(self.path("gone"))
            link = f"/proc/self/fd/{file.fileno()}"
            for arguments in [["run", self.model, self.input, "--output", link],
                              ["info", self.model, "--svg", link]]:
                self.fail_with(IO, [f'"{link}": the link leads to a file that '
                                    "its text does not name"], *arguments,
                               pass_fds=[file.fileno()])
        self.assertEqual(self.read("gone (deleted)"), b"another")
        self.assertFalse(os.path.exists(self.path("gone")))

    @unittest.skipUnless(os.environ.get("MOUNTED_LIBRARY"), "no such library")
    def test_link_to_another_device(self):
        """Files of two devices may have the same number."""
        self.write("real", b"old")
        real = os.path.realpath(self.path("real"))
        os.symlink(real, self.path("link"))
        environment = dict(ENVIRONMENT, MOUNTED=real,
                           LD_PRELOAD=os.environ["MOUNTED_LIBRARY"])
        self.fail_with(IO, "the link leads to a file that its text does not",
                       "run", self.model, self.input, "--output",
                       self.path("link"), env=environment)
        self.assertEqual(self.read("real"), b"old")

    def test_misuse(self):
        for arguments, text in [
                (["-", "--h0", "-"], "can come from standard input"),
                ([self.input, "--hidden", "-"], "both go to standard output"),
                ([self.input, "--output", "-", "--hidden", "-"], "--output"),
                ([self.input, "--hidden", "/dev/stdout"], "both go to"),
                ([self.input, "--output", "a", "--hidden", "a"], "same file")]:
            self.fail_with(MISUSE, text, "run", self.model, *arguments)

    def test_spellings_of_a_file(self):
        os.mkdir(self.path("real"))
        os.symlink("real", self.path("folder"))
        self.write("old", b"old")
        os.symlink("old", self.path("link"))
        os.symlink("y", self.path("to_y"))
        os.symlink("folder/../to_y", self.path("to_link"))
        os.symlink(self.path("y"), self.path("real/up"))
        for one, other in [("y", "./y"), ("y", "real/../y"),
                           ("real/y", "real//y"), ("real/y", "folder/y"),
                           ("old", "link"), ("old", "./old"), ("y", "to_y"),
                           ("to_y", "to_link"), ("real/up", "to_y")]:
            for output, hidden in [(one, other), (other, one)]:
                self.fail_with(MISUSE, "--output and --hidden are the same",
                               "run", self.model, self.input, "--output",
                               self.path(output), "--hidden",
                               self.path(hidden))
                result = subprocess.run(
                    [COMMAND, "run", "model", "input", "--output", output,
                     "--hidden", self.path(hidden)], env=ENVIRONMENT,
                    cwd=self.folder.name, check=False, stderr=subprocess.PIPE)
                self.check(result, MISUSE, "are the same file")
        with open(self.path("old"), "ab") as file:
            self.check(run("run", self.model, self.input, "--hidden",
                           self.path("link"), stdout=file), MISUSE,
                       "both go to standard output")
        self.assertEqual(self.read("old"), b"old")
        self.succeed("run", self.model, self.input, "--output",
                     self.path("real/y"), "--hidden", self.path("y"))
        self.succeed("run", self.model, self.input, "--output", "/dev/null",
                     "--hidden", "/dev/null")

    def test_model_is_kept(self):
        before = self.read("model")
        os.symlink("model", self.path("link"))
        for path in ["model", "./model", "link"]:
            for option in ["--output", "--hidden"]:
                self.fail_with(MISUSE, f"{option} and MODEL are the same",
                               "run", self.model, self.input, option,
                               self.path(path))
        with open(self.model, "ab") as file:
            self.check(run("run", self.model, self.input, stdout=file), MISUSE,
                       "standard output and MODEL are the same file")
        self.assertEqual(self.read("model"), before)

    def test_model_named_dash(self):
        self.write("-", model())
        self.assertEqual(
            self.succeed("run", self.model, self.input),
            self.succeed("run", "-", "input", cwd=self.folder.name))

    def test_names_around_dash(self):
        for path in ["+", "-x", "./-"]:
            self.write(path, model())
            self.fail_with(MISUSE, "--output and MODEL are the same", "run",
                           "--output", path, "--", path, "input",
                           cwd=self.folder.name)

    def test_terminal(self):
        outer, inner = pty.openpty()
        for option, arguments in [
                ("--output", []), ("--output", ["--output", "-"]),
                ("--output", ["--output", "/dev/stdout"]),
                *[("--hidden", ["--output", self.path("o"), "--hidden", path])
                  for path in ["-", "/dev/stdout"]]]:
            result = run("run", self.model, self.input, *arguments,
                         stdout=inner)
            self.check(result, MISUSE, "is a terminal",
                       f"name a file with {option}")
        os.close(inner)
        os.close(outer)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            self.check(run("run", self.model, self.input, stdout=full), IO,
                       "standard output", "No space left")
        self.fail_with(IO, '"/dev/full": cannot write', "run", self.model,
                       self.input, "--output", "/dev/full")
        self.fail_with(IO, '"/dev/full": cannot write', "run", self.model,
                       self.input, "--output", self.path("output"), "--hidden",
                       "/dev/full")
        self.assertEqual(self.names(), ["input", "model"])

    def test_limit_of_a_file(self):
        old = self.write("old", b"old")
        big = self.write("big", npy([40000, 2], 80000 * [0.0]))
        result = subprocess.run(
            ["sh", "-c", 'ulimit -f 100; exec "$@"', "sh", COMMAND, "run",
             self.model, big, "--output", old], env=ENVIRONMENT, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.check(result, IO, '"' + old + '": cannot write', "too large")
        self.assertEqual(self.read("old"), b"old")
        self.assertEqual(self.names(), ["big", "input", "model", "old"])

    def test_closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        self.check(run("run", self.model, self.input, stdout=writer), IO,
                   "Broken pipe")
        os.close(writer)

    def test_unwritable(self):
        for path, text in [(self.folder.name, "cannot open"),
                           (self.path("no/where"), "cannot create"),
                           (self.input + "/x", "cannot open")]:
            for option in ["--output", "--hidden"]:
                self.fail_with(IO, [f'"{path}"', text], "run", self.model,
                               self.input, option, path)
        self.fail_with(IO, 'a\\x22b\\x5cc": cannot open', "run", self.model,
                       self.path('a"b\\c'))
        for path in ["./" * 2100 + "x", "x" * 300]:
            self.fail_with(IO, ["cannot open", "File name too long"], "run",
                           self.model, self.input, "--output",
                           self.path(path))

    def test_failure_keeps_the_old(self):
        old = self.write("old", b"old")
        bad = self.write("bad", b"bad")
        self.fail_with(WRONG, "not a .npy file", "run", self.model, bad,
                       "--output", old)
        self.fail_with(IO, "no/where", "run", self.model, self.input,
                       "--output", old, "--hidden", self.path("no/where"))
        self.assertEqual(self.read("old"), b"old")
        self.assertEqual(self.names(), ["bad", "input", "model", "old"])


class Closed(Base):
    """Standard input, output or error are closed: "<&-" and the like."""

    def run_with(self, closed, *arguments):
        return subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh", COMMAND, *arguments],
            env=ENVIRONMENT, check=False, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def test_files_take_no_place_of_them(self):
        for closed in [">&-", "<&- >&-"]:
            for arguments in [["--hidden", self.path("h")],
                              ["--output", "/proc/self/fd/1"]]:
                result = self.run_with(closed, "run", self.model, self.input,
                                       *arguments)
                self.check(result, IO)
                self.assertEqual(self.names(), ["input", "model"])
        text = self.succeed("run", self.model, self.input)
        for closed in ["<&-", ">&-", "<&- >&-"]:
            self.check(self.run_with(closed, "run", self.model, self.input,
                                     "--output", self.path("output")), OK)
            self.assertEqual(self.read("output"), text)

    def test_errors(self):
        for closed in ["<&-", "<&- >&-"]:
            self.check(self.run_with(closed, "run", self.model, "-",
                                     "--output", self.path("output")), IO,
                       "standard input: cannot read: Bad file descriptor")
        for arguments in [["check", self.model], ["--version"],
                          ["run", self.model, self.input]]:
            for closed in [">&-", "<&- >&-"]:
                self.check(self.run_with(closed, *arguments), IO,
                           "standard output: cannot write: Bad file "
                           "descriptor")
        result = self.run_with("<&- >&- 2>&-", "check", self.model)
        self.assertEqual((result.returncode, result.stderr), (IO, b""))


class LongRuns(Test):
    def setUp(self):
        super().setUp()
        self.model = self.write("model", model(1, 64, layers=16,
                                               fill=lambda k: k % 7 / 64))
        bench = self.succeed("bench", self.model, "--json", "--threads", 1)
        self.steps = int(3e9 / json.loads(bench)["ns_per_step"])
        self.input = self.write("input", npy(
            [self.steps, 1, 1], [k % 9 / 8 for k in range(self.steps)]))

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [COMMAND, "run", self.model, self.input, "--threads", "1",
             "--output", self.path("output"), *arguments], env=ENVIRONMENT,
            **options)

    def told(self, *arguments):
        """What a terminal on stderr shows."""
        outer, inner = pty.openpty()
        shown = []

        def read():
            try:
                while part := os.read(outer, 4096):
                    shown.append(part)
            except OSError:  # how a terminal ends on Linux
                pass

        reader = threading.Thread(target=read)
        reader.start()
        with self.start(*arguments, "--hidden", self.path("h_n"),
                        stderr=inner) as process:
            os.close(inner)
        reader.join()
        os.close(outer)
        self.assertEqual(process.returncode, OK)
        return b"".join(shown)

    def test_progress(self):
        self.assertRegex(self.told(), rb"simplernn: \d+ of %d steps, \d+ %%"
                         % self.steps)
        in_blocks = self.read("output"), self.read("h_n")
        self.assertEqual(self.told("--quiet"), b"")
        self.assertEqual((self.read("output"), self.read("h_n")), in_blocks)

    def test_signal(self):
        for ending in [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
                       signal.SIGTERM, signal.SIGXCPU]:
            def prepare():
                """The tests may run in the background, and leave no cores."""
                signal.signal(ending, signal.SIG_DFL)
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

            process = self.start("--hidden", self.path("h"),
                                 preexec_fn=prepare)
            deadline = time.monotonic() + 60
            while len(os.listdir(self.folder.name)) < 4:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            process.send_signal(ending)
            self.assertEqual(process.wait(), -ending)
            self.assertEqual(sorted(os.listdir(self.folder.name)),
                             ["input", "model"])

    def test_ignored_signal(self):
        """What nohup makes the command ignore, it goes on ignoring."""
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        process = self.start(preexec_fn=ignore)
        deadline = time.monotonic() + 60
        while len(os.listdir(self.folder.name)) < 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.1)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), -signal.SIGTERM)

    @unittest.skipUnless(os.environ.get("INTERRUPT_LIBRARY"),
                         "a sanitizer wants to be the first library")
    def test_signal_as_a_file_appears(self):
        environment = {**ENVIRONMENT,
                       "LD_PRELOAD": os.environ["INTERRUPT_LIBRARY"]}
        result = subprocess.run(
            [COMMAND, "run", self.model, self.input, "--output",
             self.path("output")], env=environment, check=False)
        self.assertEqual(result.returncode, -signal.SIGTERM)
        self.assertEqual(sorted(os.listdir(self.folder.name)),
                         ["input", "model"])


main()
