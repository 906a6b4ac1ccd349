#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""simplernn train: what it learns, what it counts, how it goes on, and what a
failure or a signal leaves."""

import itertools
import json
import math
import os
import pty
import random
import re
import resource
import signal
import struct
import subprocess
import time
import unittest

from support import (COMMAND, ENVIRONMENT, IO, MISUSE, NO_MEMORY, OK, WRONG,
                     Test, main, model, npy, npy_header, npy_raw, read_npy,
                     run)

N, T, I = 60, 5, 2
LENGTHS = [1 + k % T for k in range(N)]
SMALL = ("--hidden-size", 8)
SGD = ("--optimizer", "sgd", "--clip", 0)


def sequences(seed=1):
    """[N][T][I] of numbers from -1 to 1."""
    draw = random.Random(seed)
    return [[[draw.uniform(-1, 1) for _ in range(I)] for _ in range(T)]
            for _ in range(N)]


def time_first(nested):
    """[N][T]... in the order of [T, N, ...], flat."""
    return [value for t in range(T) for row in nested for value in (
        row[t] if isinstance(row[t], list) else [row[t]])]


def tensors(data):
    """{name: values} and the metadata of a safetensors file of float32."""
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    values = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        code = {"F32": "f", "F64": "d", "I64": "q"}[entry["dtype"]]
        count = (end - begin) // struct.calcsize(code)
        values[name] = struct.unpack(f"<{count}{code}",
                                     data[8 + size + begin:8 + size + end])
    return values, metadata


def with_header(data, old, new):
    """A safetensors file with one change in its header."""
    size, = struct.unpack("<Q", data[:8])
    assert data[8:8 + size].count(old) == 1, old
    text = data[8:8 + size].replace(old, new)
    return struct.pack("<Q", len(text)) + text + data[8 + size:]


def with_value(data, name, index, value):
    """A safetensors file with another value in a tensor of float32."""
    size, = struct.unpack("<Q", data[:8])
    at = 8 + size + 4 * index + json.loads(
        data[8:8 + size])[name]["data_offsets"][0]
    return data[:at] + struct.pack("<f", value) + data[at + 4:]


def cross_entropy(logits, target):
    largest = max(logits)
    return math.log(sum(math.exp(x - largest) for x in logits)) + \
        largest - logits[target]


def squares(values, targets):
    return sum((a - b) ** 2 for a, b in zip(values, targets))


class Base(Test):
    def setUp(self):
        super().setUp()
        self.x = sequences()
        self.input = self.write("x", npy([T, N, I], time_first(self.x)))
        self.lengths = self.write("lengths", npy([N], LENGTHS, "<i8"))
        sums = [[sum(step[0] for step in row[:t + 1]) for t in range(T)]
                for row in self.x]
        self.signs = [[int(s > 0) + int(s > 0.5) for s in row] for row in sums]
        self.classes = self.write("classes", npy(
            [N], [row[-1] for row in self.signs], "<i8"))
        self.every_class = self.write("every_class", npy(
            [T, N], time_first(self.signs), "<i4"))
        self.sums = [[[s, -s / 2] for s in row] for row in sums]
        self.values = self.write("values", npy(
            [N, 2], [v for row in self.sums for v in row[-1]]))
        self.every_value = self.write("every_value", npy(
            [T, N, 2], time_first(self.sums), "<f8"))

    def train(self, targets, *arguments, name="m", **options):
        """The line of the result."""
        return self.succeed("train", self.input, targets, "--output",
                            self.path(name), "--quiet", *arguments,
                            **options).decode()

    def log(self, targets, *arguments, **options):
        """The lines of the log of a training."""
        path = self.path("log")
        if os.path.exists(path):
            os.remove(path)
        self.train(targets, "--log", path, *arguments, **options)
        return [json.loads(line) for line in
                self.read("log").decode().splitlines()]

    def head(self, *arguments, name="m"):
        return read_npy(self.succeed("run", self.path(name), self.input,
                                     "--head", "fc.", *arguments))[2]

    def names(self):
        return sorted(os.listdir(self.folder.name))


class Learns(Base):
    def test_classes(self):
        for targets, more in [(self.classes, ["--last-step"]),
                              (self.every_class, [])]:
            for options in [[], ["--bidirectional"], ["--num-layers", 2]]:
                lines = self.log(targets, "--learning-rate", 0.02, "--epochs",
                                 90, *options)
                found = self.head("--classes", *more)
                wanted = (self.signs if more == [] else
                          [[row[-1]] for row in self.signs])
                wanted = ([row[0] for row in wanted] if more else
                          time_first(wanted))
                share = sum(a == b for a, b in zip(found, wanted)) / len(wanted)
                self.assertGreaterEqual(share, 0.95)
                self.assertAlmostEqual(lines[-1]["accuracy"], share, delta=0.05)
                self.assertEqual([line["epoch"] for line in lines],
                                 list(range(1, 91)))

    def test_values(self):
        for targets in [self.values, self.every_value]:
            lines = self.log(targets, "--learning-rate", 0.02, "--epochs", 60)
            self.assertLess(lines[-1]["loss"], 0.01)
            self.assertGreater(lines[0]["loss"], 0.1)
            self.assertNotIn("accuracy", lines[0])

    def test_every_optimizer_and_nonlinearity(self):
        found = set()
        for options in [["--optimizer", "sgd", "--learning-rate", 0.1],
                        ["--optimizer", "adam"], ["--optimizer", "adamw"],
                        ["--optimizer", "rmsprop"],
                        ["--weight-decay", 0.1],
                        ["--nonlinearity", "relu"], ["--direction", "reverse"],
                        ["--seed", 2], ["--clip", 0.01], ["--batch-size", 7]]:
            lines = self.log(self.classes, "--epochs", 15, *options)
            self.assertLess(lines[-1]["loss"], lines[0]["loss"])
            found.add(self.read("m"))
        self.assertEqual(len(found), 10)

    def test_what_the_model_states(self):
        self.train(self.classes, "--nonlinearity", "relu", "--epochs", 1,
                   "--num-layers", 2, "--dropout", 0.25, *SMALL)
        values, metadata = tensors(self.read("m"))
        self.assertEqual(
            (metadata["rnn.nonlinearity"], metadata["rnn.batch_first"],
             float(metadata["rnn.dropout"])), ("relu", "false", 0.25))
        self.assertEqual(set(values), {
            *(f"rnn.{kind}_{end}_l{k}" for kind in ["weight", "bias"]
              for end in ["ih", "hh"] for k in range(2)),
            "fc.weight", "fc.bias"})
        self.assertEqual(len(values["fc.weight"]), 3 * 8)
        self.train(self.classes, "--learning-rate", 0, "--epochs", 1)
        values = tensors(self.read("m"))[0]
        self.assertNotEqual(values["rnn.weight_ih_l0"][0],
                            values["fc.weight"][0])
        self.train(self.values, "--prefix", "a.", "--head", "b.", "--epochs",
                   1, *SMALL)
        names = set(tensors(self.read("m"))[0])
        self.assertLessEqual({"a.weight_ih_l0", "b.weight"}, names)


class Counts(Base):
    """With a learning rate of 0 the loss is that of the model that is written,
    which run --head shows."""

    STILL = ("--learning-rate", 0, "--epochs", 1, "--batch-size", 7, *SMALL)

    def loss(self, targets, *arguments):
        line, = self.log(targets, *self.STILL, *arguments)
        return line["loss"], line.get("accuracy")

    def rows(self, width, *arguments):
        values = self.head(*arguments)
        return [values[i:i + width] for i in range(0, len(values), width)]

    def check_loss(self, found, rows, targets):
        losses = [cross_entropy(row, c) for row, c in zip(rows, targets)
                  if c != -100]
        right = [row.index(max(row)) == c for row, c in zip(rows, targets)
                 if c != -100]
        self.assertAlmostEqual(found[0], sum(losses) / len(losses), delta=1e-6)
        self.assertAlmostEqual(found[1], sum(right) / len(right), delta=1e-8)

    def test_last_step(self):
        for more in [[], ["--lengths", self.lengths]]:
            for both in [[], ["--bidirectional"]]:
                found = self.loss(self.classes, *more, *both)
                rows = self.rows(3, "--last-step", *more)
                self.check_loss(found, rows, [row[-1] for row in self.signs])
                found = self.loss(self.values, *more, *both)[0]
                rows = self.rows(2, "--last-step", *more)
                self.assertAlmostEqual(found, sum(
                    squares(row, own[-1]) for row, own in
                    zip(rows, self.sums)) / (2 * N), delta=1e-6)

    def padded(self, nested, nothing):
        return time_first([[value if t < LENGTHS[b] else nothing
                            for t, value in enumerate(row)]
                           for b, row in enumerate(nested)])

    def test_every_step(self):
        self.check_loss(self.loss(self.every_class), self.rows(3),
                        time_first(self.signs))
        found = self.loss(self.every_value)[0]
        targets = [row[t] for t in range(T) for row in self.sums]
        self.assertAlmostEqual(found, sum(
            squares(row, own) for row, own in zip(self.rows(2), targets)) /
            (2 * N * T), delta=1e-6)

    def test_padding_does_not_count(self):
        """Not even if it is NaN, or no class at all."""
        more = ["--lengths", self.lengths]
        self.write("x", npy([T, N, I], self.padded(self.x, [math.nan] * I)))
        wanted = self.padded(self.signs, -100)
        odd = self.write("odd", npy([T, N], self.padded(self.signs, -7),
                                    "<i8"))
        found = self.loss(odd, *more)
        self.check_loss(found, self.rows(3, *more), wanted)
        nan = self.write("nan", npy([T, N, 2], self.padded(
            self.sums, [math.nan] * 2)))
        found = self.loss(nan, *more)[0]
        rows = self.rows(2, *more)
        real = [(rows[t * N + b], self.sums[b][t]) for t in range(T)
                for b in range(N) if t < LENGTHS[b]]
        self.assertAlmostEqual(
            found, sum(squares(*pair) for pair in real) / (2 * len(real)),
            delta=1e-6)
        self.train(odd, *more)
        self.train(nan, *more)

    def test_ignored_classes(self):
        classes = [row[-1] if b % 3 else -100
                   for b, row in enumerate(self.signs)]
        path = self.write("some", npy([N], classes, "<i8"))
        self.check_loss(self.loss(path), self.rows(3, "--last-step"), classes)

    def test_types_of_targets(self):
        wanted = self.loss(self.classes)
        for descr in ["|u1", "<i4", ">i4", ">i8"]:
            path = self.write("typed", npy(
                [N], [row[-1] for row in self.signs], descr))
            self.assertEqual(self.loss(path), wanted)
        many = self.write("many", npy([N], [255] + (N - 1) * [128], "|u1"))
        self.loss(many)
        self.assertEqual(len(tensors(self.read("m"))[0]["fc.bias"]), 256)

    def test_batch_first(self):
        kept = {}
        for targets in [self.classes, self.every_class, self.values,
                        self.every_value]:
            self.train(targets, "--lengths", self.lengths, "--epochs", 3)
            kept[targets] = tensors(self.read("m"))[0]
        self.write("x", npy([N, T, I], [v for row in self.x for step in row
                                        for v in step]))
        self.write("every_class", npy([N, T], sum(self.signs, []), "<i8"))
        self.write("every_value", npy([N, T, 2], [
            v for row in self.sums for step in row for v in step]))
        for targets, wanted in kept.items():
            self.train(targets, "--lengths", self.lengths, "--epochs", 3,
                       "--batch-first")
            values, metadata = tensors(self.read("m"))
            self.assertEqual(metadata["rnn.batch_first"], "true")
            for name, own in wanted.items():
                for a, b in zip(values[name], own):
                    self.assertAlmostEqual(a, b, delta=1e-5)

    def test_gradient(self):
        """A small step of SGD by r times the gradient lowers the loss by the
        square of the step over r."""
        rate = 1e-3
        for targets in [self.classes, self.every_class, self.values,
                        self.every_value]:
            for more in [[], ["--bidirectional", "--num-layers", 2]]:
                base = ["--batch-size", N, "--epochs", 1, "--lengths",
                        self.lengths, *SGD]
                new = [*more, *SMALL]
                before = self.log(targets, *base, *new, "--learning-rate",
                                  0)[0]["loss"]
                old = tensors(self.read("m"))[0]
                self.train(targets, *base, *new, "--learning-rate", rate)
                moved = tensors(self.read("m"))[0]
                os.rename(self.path("m"), self.path("start"))
                after = self.log(targets, *base, "--start-from",
                                 self.path("start"), "--learning-rate",
                                 0)[0]["loss"]
                step = 0.0
                for name, values in old.items():
                    own = squares(values, moved[name])
                    self.assertGreater(own, 0, name)
                    step += own
                self.assertAlmostEqual((before - after) / (step / rate), 1,
                                       delta=0.02)

    def test_clip(self):
        for limit in [0.01, 0.001]:
            common = ["--batch-size", N, "--epochs", 1, "--optimizer", "sgd",
                      "--clip", limit]
            self.train(self.classes, *common, "--learning-rate", 0)
            old = tensors(self.read("m"))[0]
            self.train(self.classes, *common, "--learning-rate", 1)
            step = sum(squares(values, tensors(self.read("m"))[0][name])
                       for name, values in old.items())
            self.assertAlmostEqual(math.sqrt(step) / limit, 1, delta=1e-3)


class Choices(Base):
    def rates(self, *arguments):
        return [line["learning_rate"]
                for line in self.log(self.classes, *SMALL, *arguments)]

    def test_constant(self):
        self.assertEqual(self.rates("--epochs", 3), 3 * [0.001])
        self.assertEqual(self.rates("--epochs", 2, "--optimizer", "rmsprop"),
                         2 * [0.01])

    def test_cosine(self):
        rates = self.rates("--schedule", "cosine", "--epochs", 8,
                           "--learning-rate", 0.25)
        for epoch, rate in enumerate(rates):
            self.assertAlmostEqual(
                rate, 0.125 * (1 + math.cos(math.pi * epoch / 8)), delta=1e-8)

    def test_plateau(self):
        """Without a lower loss from the second epoch on."""
        still = ["--schedule", "plateau", "--optimizer", "sgd",
                 "--learning-rate", 1e-30, "--epochs", 25]
        wanted = 12 * [1e-30] + 11 * [1e-31] + 2 * [1e-32]
        for more in [[], ["--validation", 0.2]]:
            for rate, own in zip(self.rates(*still, *more), wanted):
                self.assertAlmostEqual(rate / own, 1, delta=1e-6)
        self.assertEqual(self.rates("--schedule", "plateau", "--epochs", 25),
                         25 * [0.001])

    def test_plateau_of_validation(self):
        """While the loss in training still falls, and over a break."""
        options = ["--schedule", "plateau", "--learning-rate", 0.01]
        lines = self.log(self.noise(), *options, "--epochs", 40)
        self.assertEqual({line["learning_rate"] for line in lines}, {0.01})
        options += ["--validation", 0.3]
        lines = self.log(self.noise(), *options, "--epochs", 40)
        rates = [line["learning_rate"] for line in lines]
        self.assertEqual(rates[0], 0.01)
        self.assertAlmostEqual(rates[-1], 0.00001, delta=1e-9)
        parts = self.log(self.noise(), *options, "--epochs",
                         rates.index(rates[-1]) - 4, "--checkpoint",
                         self.path("c"))
        parts += self.log(self.noise(), *options, "--epochs", 40, "--resume",
                          self.path("c"))
        self.assertEqual([line["learning_rate"] for line in parts], rates)

    def two_epochs(self, *options, new=()):
        """The models after two epochs, and after the first one twice."""
        options = [*options, *SGD, "--learning-rate", 0.1]
        self.train(self.classes, *options, *new, "--epochs", 2)
        both = tensors(self.read("m"))[0]
        self.train(self.classes, *options, *new, "--epochs", 1)
        os.rename(self.path("m"), self.path("start"))
        self.train(self.classes, *options, "--epochs", 1, "--start-from",
                   self.path("start"))
        return both, tensors(self.read("m"))[0]

    def test_each_epoch_has_another_order(self):
        self.assertNotEqual(*self.two_epochs("--batch-size", 7))

    def test_each_step_has_other_masks(self):
        """All sequences are the same, so their order has no part in it."""
        self.write("x", npy([T, N, I], time_first(N * self.x[:1])))
        self.write("classes", npy([N], N * [1], "|u1"))
        self.assertNotEqual(*self.two_epochs(
            "--batch-size", N, new=["--num-layers", 2, "--dropout", 0.5]))
        self.assertEqual(*self.two_epochs("--batch-size", N))

    def test_validation_is_not_trained_on(self):
        """And it is a third of the sequences, chosen by the seed."""
        few = 9
        chosen = []
        for seed in [0, 1]:
            def bytes_of(x):
                path = self.write("few", npy([T, few, I], [
                    v for t in range(T) for row in x for v in row[t]]))
                self.check(run(
                    "train", path, self.write("c", npy(
                        [few], [k % 2 for k in range(few)], "|u1")),
                    "--output", self.path("m"), "--quiet", "--epochs", 1,
                    "--validation", 0.34, "--seed", seed, *SMALL), OK)
                return self.read("m")

            x = self.x[:few]
            wanted = bytes_of(x)
            self.assertEqual(bytes_of(x), wanted)
            without = []
            for b in range(few):
                other = [row if k != b else [[9.0] * I] * T
                         for k, row in enumerate(x)]
                if bytes_of(other) == wanted:
                    without.append(b)
            self.assertEqual(len(without), 3)
            chosen.append(without)
        self.assertNotEqual(*chosen)

    def noise(self):
        draw = random.Random(3)
        return self.write("noise", npy([N], [draw.randrange(3)
                                             for _ in range(N)], "|u1"))

    def test_best_epoch(self):
        """Random classes are learned by heart, which validation shows."""
        noise = self.noise()
        options = ["--validation", 0.3, "--learning-rate", 0.01]
        lines = self.log(noise, *options, "--epochs", 40)
        losses = [line["validation_loss"] for line in lines]
        best = losses.index(min(losses)) + 1
        self.assertLess(best, 30)
        wanted = self.read("m")
        lines = self.log(noise, *options, "--epochs", best)
        self.assertEqual(len(lines), best)
        self.assertEqual(self.read("m"), wanted)
        for patience in [1, 4]:
            first = next(k for k in range(1, 41) if k - losses.index(
                min(losses[:k])) - 1 >= patience)
            found = self.log(noise, *options, "--epochs", 40, "--patience",
                             patience)
            self.assertEqual([line["validation_loss"] for line in found],
                             losses[:first])
        line = self.train(noise, *options, "--epochs", 40)
        self.assertIn(f"the best was epoch {best}, validation loss "
                      f"{min(losses):.4g}", line)

    def test_start_from(self):
        self.train(self.classes, "--epochs", 5, *SMALL)
        os.rename(self.path("m"), self.path("start"))
        kept = self.read("start")
        start = ["--start-from", self.path("start")]
        first = self.log(self.classes, "--epochs", 1, "--learning-rate", 0,
                         *start)[0]["loss"]
        self.assertEqual(tensors(self.read("m"))[0], tensors(kept)[0])
        self.assertLess(self.log(self.classes, "--epochs", 9, *start)[-1][
            "loss"], first)
        self.train(self.values, "--epochs", 1, "--head", "new.", *start)
        self.assertIn("new.weight", tensors(self.read("m"))[0])
        self.assertEqual(self.read("start"), kept)
        self.fail_with(WRONG, ["have 2 values", "gives 3"], "train",
                       self.input, self.values, "--output", self.path("m"),
                       *start)
        many = self.write("many", npy([N], [k % 4 for k in range(N)], "|u1"))
        self.fail_with(WRONG, ["have 4 classes", "gives 3"], "train",
                       self.input, many, "--output", self.path("m"), *start)
        wide = self.write("wide", npy([T, N, 3], T * N * 3 * [0.5]))
        self.fail_with(WRONG, ["has 3 features", "input_size=2"], "train",
                       wide, self.classes, "--output", self.path("m"), *start)
        for option in [["--hidden-size", 8], ["--num-layers", 1],
                       ["--dropout", 0], ["--dropout", 0.2],
                       ["--bidirectional"],
                       ["--bidirectional", "--direction", "reverse"]]:
            self.fail_with(MISUSE, f"{option[0]} cannot be changed", "train",
                           self.input, self.classes, "--output",
                           self.path("m"), *start, *option)

    def test_start_from_without_a_prefix(self):
        """The names of a bare torch.nn.RNN, which get a prefix."""
        for prefix in [[], ["--prefix", ""]]:
            bare = self.write("bare", model(biases=["ih", "hh"]))
            self.train(self.classes, "--start-from", bare, *prefix,
                       "--learning-rate", 0, "--epochs", 1, "--validation",
                       0.2, "--checkpoint", self.path("c"))
            old = tensors(self.read("bare"))[0]
            for name in ["m", "c"]:
                self.head("--prefix", "rnn.", name=name)
                self.succeed("check", self.path(name), "--prefix", "rnn.")
                found = tensors(self.read(name))[0]
                self.assertEqual({key: found["rnn." + key] for key in old},
                                 old)
            self.train(self.classes, "--start-from", bare, *prefix,
                       "--learning-rate", 0, "--epochs", 2, "--validation",
                       0.2, "--resume", self.path("c"))

    def test_start_from_values_that_are_not_finite(self):
        """The file is to blame, not the learning rate."""
        self.train(self.classes, "--epochs", 1, *SMALL)
        whole = self.read("m")
        cell = model(biases=["ih"], prefix="cell.",
                     rename=lambda name: name.replace("_l0", ""))
        for data, name, index, size in [
                (whole, "rnn.weight_hh_l0", 9, 64), (whole, "fc.bias", 2, 3),
                (cell, "cell.weight_ih", 3, 4), (cell, "cell.bias_ih", 0, 2)]:
            for value in [math.nan, math.inf, -math.inf]:
                start = self.write("s", with_value(data, name, index, value))
                self.fail_with(WRONG, f'"{start}": value {index} of {size} in '
                               f'"{name}" is {value}, expected a finite '
                               "number\n", "train", self.input, self.classes,
                               "--output", self.path("n"), "--start-from",
                               start, "--log", self.path("log"))
        self.train(self.classes, "--epochs", 1, "--head", "new.",
                   "--start-from", self.write("s", with_value(
                       whole, "fc.bias", 0, math.nan)))
        self.assertNotIn("log", self.names())

    def test_start_from_a_layer_without_a_bias(self):
        start = self.write("s", model(prefix="rnn.",
                                      extra=[("fc.weight", [3, 2])]))
        self.train(self.classes, "--epochs", 1, "--start-from", start)
        self.assertNotIn("fc.bias", tensors(self.read("m"))[0])

    def test_start_from_a_file_that_does_not_say(self):
        silent = self.write("silent", model(metadata={}))
        self.succeed_saying("nonlinearity tanh and batch_first false were.*\n"
                            "simplernn: epoch 1 of 1.*", "train", self.input,
                            self.classes, "--output", self.path("m"),
                            "--start-from", silent, "--epochs", 1)
        self.fail_with(WRONG, "--nonlinearity", "train", self.input,
                       self.classes, "--output", self.path("m"),
                       "--start-from", silent, "--strict")

    def test_same_bits(self):
        """For any number of threads, and each time."""
        found = set()
        for threads in [1, 2, 2]:
            self.train(self.every_class, "--threads", threads, "--epochs", 3,
                       "--dropout", 0.3, "--num-layers", 2)
            found.add(self.read("m"))
        self.assertEqual(len(found), 1)


class Resumes(Base):
    OPTIONS = ("--num-layers", 2, "--dropout", 0.4, "--learning-rate", 0.02,
               "--batch-size", 7, "--validation", 0.2)

    def test_same_bits(self):
        for targets, options in [
                (self.classes, []),
                (self.every_value, ["--schedule", "plateau"]),
                (self.values, ["--optimizer", "sgd"]),
                (self.classes, ["--optimizer", "rmsprop", "--bidirectional"])]:
            options = [*self.OPTIONS, "--lengths", self.lengths, *options]
            whole = self.log(targets, *options, "--epochs", 16)
            wanted = self.read("m")
            keep = ["--checkpoint", self.path("c")]
            parts = self.log(targets, *options, "--epochs", 3, *keep)
            self.assertNotEqual(self.read("m"), wanted)
            for more in [["--epochs", 4, "--checkpoint", self.path("d")],
                         ["--epochs", 16]]:
                parts += self.log(targets, *options, *more, "--resume",
                                  self.path("c"))
                if more[1] == 4:
                    os.rename(self.path("d"), self.path("c"))
            self.assertEqual(self.read("m"), wanted)
            for line in [*whole, *parts]:
                del line["seconds"]
            self.assertEqual(parts, whole)
            os.remove(self.path("m"))
            self.log(targets, *options, "--epochs", 16, "--resume",
                     self.path("c"))
            self.assertEqual(self.read("m"), wanted)

    def test_checkpoint_is_a_model(self):
        self.train(self.classes, "--epochs", 3, "--checkpoint", self.path("c"))
        self.assertEqual(self.head(name="c"), self.head(name="m"))

    def test_another_command(self):
        keep = ["--epochs", 1, "--validation", 0.2]
        self.train(self.classes, *keep, "--checkpoint", self.path("c"))
        checkpoint, kept = self.read("c"), self.read("m")
        for options, text in [
                (["--hidden-size", 65], 'hidden-size "64", this command has '
                 '"65"'),
                (["--num-layers", 2], "num-layers"),
                (["--bidirectional"], 'direction "forward", this command has '
                 '"bidirectional"'),
                (["--nonlinearity", "relu"], "nonlinearity"),
                (["--num-layers", 2, "--dropout", 0.5], "num-layers"),
                (["--optimizer", "adamw"], 'optimizer "adam"'),
                (["--learning-rate", 0.002], "learning-rate"),
                (["--weight-decay", 0.5], "weight-decay"),
                (["--clip", 2], "clip"),
                (["--schedule", "plateau"], 'schedule "constant", this '
                 'command has "plateau"'),
                (["--seed", 1], "seed"), (["--batch-size", 31], "batch-size"),
                (["--validation", 0.3], "validation"),
                (["--flush-subnormals"], "flush-subnormals")]:
            self.fail_with(WRONG, [f'"{self.path("c")}" was made with', text],
                           "train", self.input, self.classes, "--output",
                           self.path("m"), *keep, "--resume", self.path("c"),
                           *options)
        short = self.write("short", npy([T, 40, I], T * 40 * I * [0.5]))
        few = self.write("few", npy([40], 40 * [1], "|u1"))
        self.fail_with(WRONG, 'data "time first, B = 60', "train", short, few,
                       "--output", self.path("m"), *keep, "--resume",
                       self.path("c"))
        self.fail_with(WRONG, "is not a checkpoint of simplernn train",
                       "train", self.input, self.classes, "--output",
                       self.path("n"), "--resume", self.path("m"))
        self.assertEqual((self.read("c"), self.read("m")), (checkpoint, kept))

    def test_other_data(self):
        """Also with the same shapes, and a difference in one number."""
        def changed(name, index):
            data = bytearray(self.read(name))
            data[index] ^= 1
            return self.write("changed_" + name, bytes(data))

        keep = ["--quiet", "--epochs", 1, "--output", self.path("m")]
        text = "time first, B = 60, T = 5, "
        class_, values = "a class for each ", "values for each "
        for own, lengths, wanted, others in [
                (self.classes, [], class_ + "sequence, without lengths", [
                    (self.every_class, [], class_ + "step, without lengths"),
                    (self.values, [], values + "sequence, without lengths"),
                    (self.every_value, [], values + "step, without lengths"),
                    (self.classes, ["--lengths", self.lengths],
                     class_ + "sequence, with lengths"),
                    (changed("classes", -N * 8), [], class_)]),
                (self.values, ["--lengths", self.lengths],
                 values + "sequence, with lengths", [
                     (self.values, [], values + "sequence, without lengths"),
                     (self.values, ["--lengths", self.write("l", npy(
                         [N], LENGTHS[::-1], "<i8"))], values),
                     (changed("values", -1), ["--lengths", self.lengths],
                      values)])]:
            self.succeed("train", self.input, own, *keep, *lengths,
                         "--checkpoint", self.path("c"))
            resume = [*keep, "--resume", self.path("c")]
            self.succeed("train", self.input, own, *lengths, *resume)
            for other, more, found in others:
                self.fail_with(WRONG, [f'was made with data "{text}{wanted}, '
                                       "checksum ", ', this command has "'
                                       + text + found], "train", self.input,
                               other, *more, *resume)
            self.fail_with(WRONG, "was made with data", "train",
                           changed("x", -1), own, *lengths, *resume)

    def test_damaged(self):
        self.train(self.classes, "--epochs", 1, "--checkpoint", self.path("c"))
        whole = self.read("c")
        for old, new in [(b'"train.epoch":"1"', b'"train.epoch":"x"'),
                         (b'"train.epoch":"1"', b'"train.epoch":"-"'),
                         (b'"train.batch":"0"', b'"train.batch":" 0"'),
                         (b'"train.batch":"0"', b'"train.bitch":"0"'),
                         (b'"train.loss":"', b'"train.loss":"g')]:
            self.write("c", with_header(whole, old, new))
            self.fail_with(WRONG, self.path("c"), "train", self.input,
                           self.classes, "--output", self.path("m"),
                           "--resume", self.path("c"))
        self.write("c", whole[:-4])
        self.fail_with(WRONG, self.path("c"), "train", self.input,
                       self.classes, "--output", self.path("m"), "--resume",
                       self.path("c"))
        self.fail_with(IO, "nothing", "train", self.input, self.classes,
                       "--output", self.path("m"), "--resume",
                       self.path("nothing"))

    def test_best_values_of_another_shape(self):
        """And of another type, and none."""
        options = ["--validation", 0.2, *SMALL]
        self.train(self.classes, *options, "--epochs", 1, "--checkpoint",
                   self.path("c"))
        whole = self.read("c")
        rnn, linear = 8 * (I + 8 + 2), 3 * (8 + 1)
        for name, size, old, new, found in [
                ("train.best.rnn", rnn, f"[{rnn}]", f"[{rnn},1]",
                 f"float32 [{rnn}, 1]"),
                ("train.best.linear", linear, f"[{linear}]", "[3,9]",
                 "float32 [3, 9]"),
                ("train.best.rnn", rnn, f'"F32","shape":[{rnn}]',
                 f'"F64","shape":[{rnn // 2}]', f"float64 [{rnn // 2}]")]:
            before = whole.index(f'"{name}"'.encode())
            cut = whole[before:]
            self.assertIn(old.encode(), cut)
            text = whole[8:before] + cut.replace(old.encode(), new.encode(), 1)
            grown = len(text) + 8 - len(whole)
            length, = struct.unpack("<Q", whole[:8])
            self.write("c", struct.pack("<Q", length + grown) + text)
            self.fail_with(WRONG, f'"{self.path("c")}": the tensor "{name}" is '
                           f"{found}; this network needs float32 [{size}]\n",
                           "train", self.input, self.classes, "--output",
                           self.path("n"), *options, "--resume",
                           self.path("c"))
        self.write("c", whole.replace(b"train.best.rnn", b"train.bust.rnn"))
        self.fail_with(WRONG, [f'"{self.path("c")}": ', '"train.best.rnn"'],
                       "train", self.input, self.classes, "--output",
                       self.path("n"), *options, "--resume", self.path("c"))

    def test_values_that_are_not_finite(self):
        """A second moment may have become infinite: it is a square."""
        options = ["--validation", 0.2, "--clip", 0, *SMALL]
        self.train(self.classes, *options, "--epochs", 1, "--checkpoint",
                   self.path("c"))
        whole = self.read("c")
        options += ["--epochs", 2, "--resume", self.path("c")]
        for name in ["rnn.weight_ih_l0", "fc.weight", "train.best.rnn",
                     "train.best.linear", "optimizer.exp_avg.fc.bias",
                     "optimizer.exp_avg_sq.rnn.bias_hh_l0"]:
            for value in [math.nan, math.inf]:
                self.write("c", with_value(whole, name, 1, value))
                if name.startswith("optimizer.") and value == math.inf:
                    continue
                self.fail_with(WRONG, [f'"{self.path("c")}": value 1 of ',
                                       f' in "{name}" is {value}, expected a '
                                       "finite number\n"],
                               "train", self.input, self.classes, "--output",
                               self.path("n"), *options)
        self.train(self.classes, *options)

    def test_largest_numbers(self):
        """Training can add to the numbers of a checkpoint and multiply them.
        """
        options = ["--validation", 0.2, "--schedule", "plateau", *SMALL]
        self.train(self.classes, *options, "--epochs", 1, "--checkpoint",
                   self.path("c"))
        whole = self.read("c")
        found = tensors(whole)[1]
        options += ["--epochs", 2, "--resume", self.path("c")]
        for largest, keys in [
                (2**31 - 1, ["epoch", "best-epoch", "plateau-epochs",
                             "batch"]),
                (2**62 - 1, ["count", "validation-count", "best-count",
                             "correct", "validation-correct",
                             "best-correct"])]:
            for key in keys:
                key = f"train.{key}"
                for value in [largest, largest + 1, 2**63 - 1, 2**63, -1,
                              "1x"]:
                    self.write("c", with_header(
                        whole, f'"{key}":"{found[key]}"'.encode(),
                        f'"{key}":"{value}"'.encode()))
                    if value == largest:
                        self.train(self.classes, *options)
                        continue
                    self.fail_with(WRONG, f'"{self.path("c")}": {key} is '
                                   f'"{value}", expected 0 to {largest}',
                                   "train", self.input, self.classes,
                                   "--output", self.path("m"), *options)


def stop_ignoring():
    """These tests may run under nohup, or in the background."""
    for ending in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
        signal.signal(ending, signal.SIG_DFL)


class Ends(Base):
    """Signals, at any moment."""

    OPTIONS = ("--num-layers", 2, "--dropout", 0.4, "--batch-size", 7,
               "--schedule", "cosine", "--epochs", 100, "--validation", 0.2)

    def start(self, *options):
        return subprocess.Popen(
            [COMMAND, "train", self.input, self.every_class, "--output",
             self.path("m"), "--checkpoint", self.path("c"), "--quiet",
             *map(str, [*self.OPTIONS, *options])], env=ENVIRONMENT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=stop_ignoring)

    def wait_for(self, name):
        deadline = time.monotonic() + 60
        while not os.path.exists(self.path(name)):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.001)

    def finish(self, *options):
        with self.start("--resume", self.path("c"), *options) as process:
            output, error = process.communicate()
        self.assertEqual((process.returncode, error), (OK, b""))
        return output.decode()

    def test_saves_in_the_middle_of_an_epoch(self):
        """Also the sums of its first batches, which the log shows."""
        options = ["--batch-size", 1, "--hidden-size", 128, "--epochs", 8,
                   "--log", self.path("log")]
        with self.start(*options) as process:
            process.communicate()
        wanted, whole = self.read("m"), self.read("log")
        batch = 0
        for _ in range(50):
            for name in ["c", "log"]:
                os.remove(self.path(name))
            with self.start(*options) as process:
                self.wait_for("c")
                time.sleep(0.005)
                process.send_signal(signal.SIGINT)
                process.communicate()
            kept = tensors(self.read("c"))[1]
            batch = int(kept["train.batch"])
            if batch > 0:
                break
        self.assertGreater(batch, 0)
        self.assertGreater(len(kept["train.loss"]), 12)  # to the last bit
        self.finish(*options)
        self.assertEqual(self.read("m"), wanted)
        self.assertEqual(*[[
            {**json.loads(line), "seconds": 0} for line in log.splitlines()]
            for log in (self.read("log"), whole)])

    def test_interrupted_without_a_checkpoint(self):
        with subprocess.Popen(
                [COMMAND, "train", self.input, self.every_class, "--output",
                 self.path("m"), "--log", self.path("log"), "--quiet",
                 *map(str, [*self.OPTIONS, "--epochs", 10**6])],
                env=ENVIRONMENT, stdout=subprocess.PIPE,
                preexec_fn=stop_ignoring) as process:
            self.wait_for("log")
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            output = process.communicate()[0].decode()
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertTrue(output.endswith(
            "\nit cannot go on without a --checkpoint\n"), output)
        self.succeed("check", self.path("m"))

    def test_interrupted(self):
        with self.start() as process:
            whole = process.communicate()[0].decode()
        wanted = self.read("m")
        for ending in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
            os.remove(self.path("c"))
            os.remove(self.path("m"))
            with self.start() as process:
                self.wait_for("c")
                time.sleep(0.02)
                process.send_signal(ending)
                output, error = process.communicate()
            self.assertEqual((process.returncode, error), (-ending, b""))
            self.assertRegex(output.decode(), r"stopped after \d+ epochs, loss "
                             r".*\ngo on with --resume \S*/c\S*\n$")
            self.succeed("check", self.path("c"), "--prefix", "rnn.")
            self.succeed("check", self.path("m"))
            self.assertNotEqual(self.read("m"), wanted)
            self.assertEqual(self.finish(), whole)
            self.assertEqual(self.read("m"), wanted)
        self.assertEqual(self.names(), ["c", "classes", "every_class",
                                        "every_value", "lengths", "m",
                                        "values", "x"])

    @unittest.skipUnless(os.environ.get("INTERRUPT_SYNC_LIBRARY"),
                         "a sanitizer wants to be the first library")
    def test_signal_as_a_file_is_written(self):
        """A checkpoint is finished, a model is removed, and so is what is only
        written to find out whether it can be."""
        def interrupt(at, *options):
            result = subprocess.run(
                [COMMAND, "train", self.input, self.classes, "--output",
                 self.path("m"), "--epochs", "2", *options],
                env={**ENVIRONMENT, "INTERRUPT_AT": str(at),
                     "LD_PRELOAD": os.environ["INTERRUPT_SYNC_LIBRARY"]},
                check=False, capture_output=True, timeout=300,
                preexec_fn=stop_ignoring)
            if result.returncode == OK:
                return False
            self.assertEqual(result.returncode, -signal.SIGTERM)
            self.assertEqual(self.read("m"), b"old")
            return True

        for options in [[], ["--checkpoint", self.path("c")]]:
            self.write("m", b"old")
            before = self.names()
            found = []
            for at in itertools.count(1):
                if not interrupt(at, *options):
                    break
                kept = [name for name in self.names() if name not in before]
                found.append(kept)
                if kept:
                    epoch = tensors(self.read("c"))[1]["train.epoch"]
                    self.assertIn(epoch, "12")
                    os.remove(self.path("c"))
            self.assertGreaterEqual(len(found), 8)
            self.assertEqual(found, sorted(found))
            self.assertEqual(found[-1], ["c"] if options else [])

    def test_killed(self):
        """kill -9 leaves no half of a file, and nothing is lost but the epoch
        that was not done."""
        endless = ["--schedule", "constant", "--epochs", 10**6]
        draw = random.Random(5)
        self.write("m", b"old")
        epoch, resume = 0, []
        for _ in range(100):
            with self.start(*endless, *resume) as process:
                self.wait_for("c")
                time.sleep(draw.uniform(0, 0.03))
                process.kill()
            self.assertEqual(process.returncode, -signal.SIGKILL)
            self.succeed("check", self.path("c"), "--prefix", "rnn.")
            now = int(tensors(self.read("c"))[1]["train.epoch"])
            self.assertGreaterEqual(now, epoch)
            epoch, resume = now, ["--resume", self.path("c")]
        self.assertEqual(self.read("m"), b"old")
        self.assertGreater(epoch, 1)
        models = []
        for more in [resume, []]:
            with self.start("--schedule", "constant", "--epochs", epoch + 1,
                            *more) as process:
                process.communicate()
            models.append(self.read("m"))
        self.assertEqual(*models)

    def test_ignored_hangup(self):
        process = subprocess.Popen(
            ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", COMMAND, "train",
             self.input, self.classes, "--output", self.path("m"), "--epochs",
             "30", "--checkpoint", self.path("c"), "--quiet"],
            env=ENVIRONMENT, stdout=subprocess.PIPE)
        with process:
            self.wait_for("c")
            process.send_signal(signal.SIGHUP)
            process.communicate()
        self.assertEqual(process.returncode, OK)


class Shows(Base):
    def test_lines(self):
        result = run("train", self.input, self.classes, "--output",
                     self.path("m"), "--epochs", 3, "--validation", 0.2)
        lines = result.stderr.decode().splitlines()
        self.assertEqual(len(lines), 2)  # the first and the last epoch
        for line, epoch in zip(lines, [1, 3]):
            self.assertRegex(line, rf"\Asimplernn: epoch {epoch} of 3: loss "
                             r"[\d.e-]+, accuracy [\d.]+ %; validation loss "
                             r"[\d.e-]+, accuracy [\d.]+ %; \d+ sequences/s, "
                             r"0:0\d left\Z")
        self.assertRegex(result.stdout.decode(), r'\A".*/m": 3 epochs, loss '
                         r"[\d.e-]+, accuracy [\d.]+ %; the best was epoch "
                         r"\d, validation loss [\d.e-]+, accuracy [\d.]+ %\n")

    def test_terminal(self):
        outer, inner = pty.openpty()
        with subprocess.Popen(
                [COMMAND, "train", self.input, self.classes, "--output",
                 self.path("m"), "--epochs", "300", "--batch-size", "4"],
                env=ENVIRONMENT, stdout=subprocess.PIPE,
                stderr=inner) as process:
            os.close(inner)
            shown = b""
            try:
                while part := os.read(outer, 4096):
                    shown += part
            except OSError:  # how a terminal ends on Linux
                pass
        os.close(outer)
        self.assertEqual(process.returncode, OK)
        self.assertRegex(shown, rb"epoch \d+/300 \[#*\.*\] 0:\d\d left, "
                         rb"loss [\d.e-]+, accuracy [\d.]+ %, \d+ seq")
        self.assertLess(max(map(len, re.split(rb"\r\x1b\[K", shown))), 80)
        self.assertTrue(shown.endswith(b"\r\x1b[K"))

    def test_log_that_cannot_be_written(self):
        """It costs neither the model nor the checkpoint of an epoch, and
        training goes on."""
        common = [self.classes, "--epochs", 3, *SMALL]
        self.train(*common, "--checkpoint", self.path("c"))
        wanted = self.read("m"), self.read("c")
        os.remove(self.path("m"))
        os.remove(self.path("c"))
        self.fail_with(IO, '"/dev/full": cannot write: No space left on '
                       "device", "train", self.input, *common, "--output",
                       self.path("m"), "--checkpoint", self.path("c"),
                       "--quiet", "--log", "/dev/full")
        self.assertEqual((self.read("m"), self.read("c")), wanted)
        result = run("train", self.input, self.values, "--output",
                     self.path("m"), "--nonlinearity", "relu", "--quiet",
                     "--learning-rate", 1000, *SGD, "--log", "/dev/full")
        self.check(result, WRONG)
        self.assertRegex(result.stderr, rb"training failed in epoch [2-9]")

    def test_log_is_added_to(self):
        for wanted in [2, 4]:
            self.train(self.values, "--epochs", 2, "--log", self.path("log"),
                       *SMALL)
            lines = self.read("log").decode().splitlines()
            self.assertEqual(len(lines), wanted)
            for line in map(json.loads, lines):
                self.assertEqual(set(line), {"epoch", "loss", "learning_rate",
                                             "seconds"})
                self.assertGreater(line["seconds"], 0)


class Refused(Base):
    def setUp(self):
        super().setUp()
        self.write("m", b"old")
        self.before = self.names()

    def refuse(self, code, texts, *arguments, output=True):
        output = ["--output", self.path("m")] if output else []
        self.assertEqual(b"", self.fail_with(code, texts, "train", *arguments,
                                             *output, "--quiet"))
        self.assertEqual(self.read("m"), b"old")

    def test_shapes(self):
        for shape, dtype, texts in [
                ([T], "<i8", ["targets is [5]", f"the input [{T}, {N}, {I}]",
                              "taken as [T, B, input_size], with B = 60 and "
                              "T = 5",
                              "needs classes [60] for the last step",
                              "[5, 60] for every",
                              "see --batch-first"]),
                ([N, T], "<i8", ["targets is [60, 5]"]),
                ([T, N - 1], "<i8", ["targets is [5, 59]"]),
                ([N, 1, 1], "|u1", ["targets is [60, 1, 1]"]),
                ([N], "<f4", ["targets is [60]", "values [60, C] for"]),
                ([N, T], "<f4", None),
                ([T, N], "<f4", ["targets is [5, 60]", "values"]),
                ([T, N, 1, 1], "<f4", ["targets is [5, 60, 1, 1]", "values"]),
                ([], "<i8", ["is []"])]:
            count = math.prod(shape)
            path = self.write("t", npy(shape, count * [1], dtype))
            if texts is None:  # as many values as there are steps
                self.log(path, "--epochs", 1)
                self.write("m", b"old")
            else:
                self.refuse(WRONG, texts, self.input, path)
        for shape in [[T, N], [T, N, 0], [0, N, I], [T, 0, I], [N], []]:
            path = self.write("t", npy(shape, math.prod(shape) * [0.5]))
            self.refuse(WRONG, f"input is {shape}; training needs "
                        "[T, B, input_size]", path, self.classes)
            self.refuse(WRONG, "training needs [B, T, input_size]", path,
                        self.classes, "--batch-first")
        for shape in [[N + 1], [N, 1], []]:
            path = self.write("l", npy(shape, math.prod(shape) * [1], "<i8"))
            self.refuse(WRONG, [f"lengths is {shape}", "needs [60]"],
                        self.input, self.classes, "--lengths", path)

    def test_values(self):
        for value in [0, -1, T + 1, 2**40]:
            path = self.write("l", npy([N], [*LENGTHS[:-1], value], "<i8"))
            self.refuse(WRONG, f"lengths[59] is {value}; a sequence has 1 to "
                        "5 steps", self.input, self.classes, "--lengths", path)
        for value in [-1, -99, -101, -2**63, 2**30 - 1, 2**63 - 1]:
            path = self.write("c", npy([N], [0, 1, value, *(N - 3) * [1]],
                                       "<i8"))
            self.refuse(WRONG, f"class 2 of the targets is {value}; a class "
                        "is 0 to 1073741822, or -100 to be ignored",
                        self.input, path)
        self.refuse(WRONG, "no class of the targets counts", self.input,
                    self.write("c", npy([N], N * [-100], "<i8")))
        self.refuse(WRONG, "the targets have no values", self.input,
                    self.write("v", npy([N, 0], [])))
        for value in [math.nan, math.inf]:
            values = time_first(self.x)
            values[(2 * N + 4) * I + 1] = value
            self.refuse(WRONG, f"input[2, 4, 1] is {value}; training needs "
                        "finite", self.write("n", npy([T, N, I], values)),
                        self.classes)
            values = (2 * N - 1) * [1.0] + [value]
            self.refuse(WRONG, f"targets[59, 1] is {value}", self.input,
                        self.write("v", npy([N, 2], values)))
            values = 2 * T * N * [1.0]
            values[(3 * N + 2) * 2] = value
            self.refuse(WRONG, f"targets[3, 2, 0] is {value}", self.input,
                        self.write("v", npy([T, N, 2], values)))

    def test_parts_without_targets(self):
        """Nothing could be learned from one, or be said of the other."""
        parts = [f"of the {n} sequences {what} none has a target that counts; "
                 "try another --seed" for n, what in [
                     (12, "kept for validation"), (48, "to train on")]]
        rows = [[1 if (n, t) == (7, 2) else -100 for t in range(T)]
                for n in range(N)]
        flat = [c for row in rows for c in row]
        forms = [
            (self.input, [N], [row[2] for row in rows], []),
            (self.input, [T, N], time_first(rows), []),
            (self.write("b", npy([N, T, I], [
                v for row in self.x for step in row for v in step])),
             [N, T], flat, ["--batch-first"])]
        options = ["--validation", 0.2, "--epochs", 1, *SMALL]
        found = set()
        for seed in range(10):
            own = set()
            for x, shape, classes, more in forms:
                y = self.write("t", npy(shape, classes, "<i8"))
                error = run("train", x, y, "--output", self.path("m"),
                            "--quiet", "--seed", seed, *options,
                            *more).stderr.decode()
                own.add(tuple(part in error for part in parts))
            self.assertEqual(len(own), 1)
            found |= own
        self.assertEqual(found, {(True, False), (False, True)})
        self.assertEqual(self.read("m"), b"old")
        two = self.write("t", npy([N], [1, 1, *(N - 2) * [-100]], "<i8"))
        codes = {run("train", self.input, two, "--output", self.path("m"),
                     "--quiet", "--seed", seed, *options).returncode
                 for seed in range(30)}
        self.assertEqual(codes, {OK, WRONG})

    def test_divergence(self):
        for clip in [[], ["--clip", 1e9]]:
            result = run("train", self.input, self.values, "--output",
                         self.path("m"), "--quiet", "--nonlinearity", "relu",
                         "--learning-rate", 1000, *SGD, *clip)
            self.check(result, WRONG)
            self.assertRegex(
                result.stderr, rb'training failed in epoch \d+: the gradient '
                rb'of "(rnn|fc)\.\w+" has a value that is NaN or infinite; try '
                rb"a lower --learning-rate or --clip\n")
            self.assertEqual(self.read("m"), b"old")
        self.assertEqual(self.names(), self.before)

    def test_dtype_of_the_linear_layer(self):
        mixed = self.write("mixed", model(
            prefix="rnn.", extra=[("fc.weight", [3, 2]), ("fc.bias", [3])],
            dtype={"fc.weight": "F64", "fc.bias": "F64"}))
        text = ('the linear layer under "fc." is float64, the rnn under '
                '"rnn." float32; both need the same dtype')
        self.refuse(WRONG, text, self.input, self.classes, "--start-from",
                    mixed)
        self.fail_with(WRONG, text, "run", mixed, self.input, "--head", "fc.")

    def test_files(self):
        for name in ["nothing", "no/where"]:
            nothing = self.path(name)
            for arguments in [
                    (nothing, self.classes), (self.input, nothing),
                    (self.input, self.classes, "--lengths", nothing),
                    (self.input, self.classes, "--start-from", nothing)]:
                self.refuse(IO, f'"{nothing}"', *arguments)
        for descr in ["|b1", "<u2", "<c8"]:
            self.refuse(WRONG, [f"type is '{descr}'", "for classes",
                                "for values"], self.input,
                        self.write("t", npy_raw(npy_header(descr))))
        self.refuse(WRONG, "expected f2, f4 or f8", self.classes,
                    self.classes)
        self.refuse(WRONG, "not a .npy file", self.input,
                    self.write("t", b"odd"))

    def test_places(self):
        where = self.path("no/where")
        self.refuse(IO, f'"{where}"', self.input, self.classes, "--log", where)
        for option in [["--output", where],
                       ["--output", self.path("m"), "--checkpoint", where]]:
            self.fail_with(IO, f'"{where}"', "train", self.input, self.classes,
                           *option, "--log", self.path("log"))
            self.assertNotIn("log", self.names())  # there was no epoch
        common = ["train", self.input, self.classes, "--output"]
        self.fail_with(IO, f'"{where}"', *common, where)
        os.symlink("no/where", self.path("link"))
        for option in [["--output", self.path("link")],
                       ["--output", self.path("m"), "--checkpoint",
                        self.path("link")]]:
            self.fail_with(IO, f'"{self.path("link")}"', "train", self.input,
                           self.classes, *option, "--log", self.path("log"))
            self.assertNotIn("log", self.names())
        os.remove(self.path("link"))
        for path in ["/dev/null", self.folder.name, "-"]:
            self.fail_with(MISUSE, f'"{path}" is not a regular file', *common,
                           path)
        self.assertEqual(self.names(), self.before)

    def test_prefixes(self):
        """Before the data are read: there are none."""
        bare = self.write("bare", model())
        start = ["--start-from", self.write("a", model(prefix="a."))]
        new = "give each a prefix of its own, for example --prefix rnn. "\
            "--head fc.\n"
        other = "choose another --head\n"
        for options, prefix, head, advice in [
                (["--prefix", ""], "", "fc.", new),
                (["--head", "rnn."], "rnn.", "rnn.", new),
                (["--head", "rnn.fc."], "rnn.", "rnn.fc.", new),
                (["--prefix", "a", "--head", "ab"], "a", "ab", new),
                (["--start-from", bare, "--head", "rnn."], "rnn.", "rnn.",
                 other),
                ([*start, "--head", "a.b."], "a.", "a.b.", other)]:
            self.refuse(MISUSE, [
                f'the linear layer under "{head}" would be taken for a part '
                f'of the rnn under "{prefix}"; {advice}'],
                self.path("x.npy"), self.path("y.npy"), *options)
        for prefix, reserved in [("train.", "train."), ("t", "train."),
                                 ("train.a.", "train."),
                                 ("opt", "optimizer.")]:
            path = self.write("s", model(prefix=prefix))
            for options in [[], ["--prefix", prefix]]:
                self.refuse(WRONG, f'"{path}": the network is under the prefix '
                            f'"{prefix}", which overlaps with "{reserved}", '
                            "and a checkpoint has names of its own there; "
                            "save the network under another prefix, for "
                            "example rnn.\n", self.path("x.npy"),
                            self.path("y.npy"), "--start-from", path,
                            *options)
        for prefix, reserved in [
                ("train.", "train."), ("t", "train."),
                ("train.best.", "train."), ("opt", "optimizer."),
                ("optimizer.a.", "optimizer.")]:
            self.refuse(MISUSE, f'the prefix "{prefix}" of the rnn and '
                        f'"{reserved}" overlap, and a checkpoint has names of '
                        "its own there", self.path("x.npy"),
                        self.path("y.npy"), "--prefix", prefix)
        for prefix, head in [("a.b.", "a."), ("rnn.", "rnn"), ("rnn.", ""),
                             ("rnn.", "train."), ("rnn.", "o"),
                             ("training.", "trainer."), ("a.train.", "fc.")]:
            self.train(self.classes, "--prefix", prefix, "--head", head,
                       "--epochs", 1, "--checkpoint", self.path("c"),
                       "--validation", 0.2, *SMALL)
            for name in ["m", "c"]:
                self.succeed("run", self.path(name), self.input, "--head",
                             head, "--prefix", prefix)

    def test_read_only(self):
        """Before the first epoch, which the log would show. Root may write to
        every file, unless it gives up that right."""
        give_up = [] if os.geteuid() else [
            "setpriv", "--bounding-set=-dac_override",
            "--inh-caps=-dac_override"]
        common = [*give_up, COMMAND, "train", self.input, self.classes,
                  "--quiet", "--epochs", "2"]

        def train(*options, umask=0o022):
            return subprocess.run([*common, *options], umask=umask,
                                  env=ENVIRONMENT, capture_output=True,
                                  timeout=300, check=False)

        self.succeed("train", self.input, self.classes, "--quiet", "--epochs",
                     1, "--output", self.path("m"), "--checkpoint",
                     self.path("c"))
        before = self.read("m"), self.read("c")
        for name, options in [
                ("m", ["--output", self.path("m")]),
                ("c", ["--output", self.path("n"), "--checkpoint",
                       self.path("c")]),
                ("c", ["--output", self.path("n"), "--resume",
                       self.path("c")])]:
            os.chmod(self.path(name), 0o444)
            self.check(train(*options, "--log", self.path("log")), IO,
                       f'"{self.path(name)}": cannot replace: Permission '
                       "denied")
            os.chmod(self.path(name), 0o644)
            self.assertEqual((self.read("m"), self.read("c")), before)
            self.assertEqual(self.names(), sorted([*self.before, "c"]))
        self.check(train("--output", self.path("n"), "--checkpoint",
                         self.path("d"), umask=0o222), IO,
                   f'"{self.path("d")}": the umask makes a new file read-only')
        self.assertEqual(self.names(), sorted([*self.before, "c"]))
        for umask, old, new in [(0o222, None, 0o444), (0o077, None, 0o600),
                                (0o022, 0o640, 0o640)]:
            if old is None:
                os.remove(self.path("m"))
            else:
                os.chmod(self.path("m"), old)
            self.check(train("--output", self.path("m"), umask=umask), OK)
            mode = os.stat(self.path("m")).st_mode & 0o777
            self.assertEqual(oct(mode), oct(new))
            self.succeed("check", self.path("m"))

    def test_model_that_cannot_be_written(self):
        """A limit on the size of files ends the rnn, then the layer too."""
        self.train(self.classes, "--epochs", 1)
        size = len(self.read("m"))
        layer = 4 * 3 * (64 + 1)
        self.write("m", b"old")
        for limit in [1, size - layer, size - 1]:
            def set_limit():
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

            self.fail_with(IO, f'simplernn: "{self.path("m")}": cannot write: '
                           "File too large", "train", self.input,
                           self.classes, "--output", self.path("m"),
                           "--epochs", 1, "--quiet", preexec_fn=set_limit)
            self.assertEqual(self.read("m"), b"old")
            self.assertEqual(self.names(), self.before)

    def test_header_too_large(self):
        """Before the first epoch, which the log would show."""
        long = 120000 * "p"
        keep = ["--checkpoint", self.path("c"), "--validation", 0.2]
        for name, options in [
                ("m", ["--num-layers", 14000]), ("c", ["--num-layers", 4000,
                                                       *keep]),
                ("m", ["--prefix", long, "--num-layers", 9]),
                ("c", ["--prefix", long, "--num-layers", 3, *keep])]:
            self.refuse(MISUSE, [
                f'"{self.path(name)}": the header of ', " tensors",
                "; give fewer --num-layers, or a shorter --prefix or --head"],
                self.input, self.classes, "--hidden-size", 1, "--log",
                self.path("log"), *options)
            self.assertEqual(self.names(), self.before)
        start = self.write("start", model(layers=4000, hidden=1,
                                          biases=["ih", "hh"]))
        self.refuse(WRONG, f'"{self.path("c")}": the header of 64011 tensors',
                    self.input, self.classes, "--start-from", start, *keep)

    def test_sizes(self):
        """The message names the options, or the class that is too large."""
        for options, before in [
                (["--hidden-size", 2**30 - 1],
                 "--hidden-size 1073741823 and --num-layers 1"),
                (["--hidden-size", 10**8, "--num-layers", 2**16 - 1],
                 "--hidden-size 100000000 and --num-layers 65535")]:
            self.refuse(MISUSE, f"{before}: the rnn's parameters would need "
                        "more than 2^63 - 1 bytes", self.input, self.classes,
                        *options)
        self.refuse(NO_MEMORY, "--hidden-size 100000000 and --num-layers 1: "
                    "cannot allocate", self.input, self.classes,
                    "--hidden-size", 10**8)

    @unittest.skipUnless(os.environ.get("INTERRUPT_LIBRARY"),
                         "a sanitizer needs a large address space")
    def test_largest_class(self):
        """A class that nobody meant takes memory that nobody has."""
        def set_limit():
            resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))

        classes = N * [1]
        classes[-1] = 10**9
        path = self.write("large", npy([N], classes, "<i8"))
        for options, sizes in [
                ([], "[1000000001, 64]"),
                (["--bidirectional", *SMALL], "[1000000001, 16]")]:
            self.fail_with(NO_MEMORY, [
                "the largest class of the targets is 1000000000, for which "
                f"the linear layer needs a weight of {sizes}: cannot "
                "allocate"], "train", self.input, path, "--output",
                self.path("m"), *options, preexec_fn=set_limit)

    def test_text_that_no_file_can_have(self):
        for option in ["--prefix", "--head"]:
            self.refuse(MISUSE, ['"\\xff"', "not valid UTF-8"], self.input,
                        self.classes, option, os.fsdecode(b"\xff"), "--log",
                        self.path("log"))
        self.assertEqual(self.names(), self.before)

    def test_same_file(self):
        paths = {"INPUT.npy": self.input, "TARGETS.npy": self.classes,
                 "--lengths": self.lengths,
                 "--start-from": self.write("s", model())}
        given = [self.input, self.classes, "--lengths", self.lengths,
                 "--start-from", paths["--start-from"]]
        for name, path in paths.items():
            before = self.read(os.path.basename(path))
            self.fail_with(MISUSE, f"--output and {name} are the same file",
                           "train", *given, "--output", path)
            for option in ["--checkpoint", "--log"]:
                self.refuse(MISUSE, f"{option} and {name} are the same file",
                            *given, option, path)
            self.refuse(MISUSE, f"--resume and {name} are the same file",
                        *given, "--resume", path)
            self.assertEqual(self.read(os.path.basename(path)), before)
        for option in ["--checkpoint", "--resume", "--log"]:
            self.refuse(MISUSE, f"--output and {option} are the same file",
                        *given, option, self.path("./m"))
        for option in ["--checkpoint", "--resume"]:
            self.refuse(MISUSE, f"{option} and --log are the same file",
                        *given, option, self.path("n"), "--log",
                        self.path("n"))

    def test_same_file_as_standard_input(self):
        """There, "-" is that file; elsewhere it is a name."""
        for name, given in [
                ("INPUT.npy", ["-", self.classes]),
                ("TARGETS.npy", [self.input, "-"]),
                ("--lengths", [self.input, self.classes, "--lengths", "-"])]:
            path = {"INPUT.npy": self.input, "TARGETS.npy": self.classes,
                    "--lengths": self.lengths}[name]
            before = self.read(os.path.basename(path))
            for option in ["--output", "--checkpoint", "--log"]:
                with open(path, "rb") as file:
                    self.fail_with(MISUSE, f"{option} and {name} are the same "
                                   "file", "train", *given, "--output",
                                   self.path("n"), option, path, stdin=file)
            self.assertEqual(self.read(os.path.basename(path)), before)
        self.assertEqual(self.names(), self.before)
        with open(self.input, "rb") as file:
            self.succeed("train", "-", self.classes, "--output", "./-",
                         "--quiet", "--epochs", 1, stdin=file,
                         cwd=self.folder.name)
        self.succeed("check", self.path("-"))

    def test_same_file_behind_links(self):
        """A link to a file that is not there yet is that file."""
        os.symlink("gone", self.path("link"))
        os.symlink("./link", self.path("other"))
        given = ["train", self.input, self.classes, "--output"]
        for one, other in [("gone", "link"), ("link", "gone"),
                           ("link", "other")]:
            for option in ["--checkpoint", "--resume", "--log"]:
                self.fail_with(MISUSE, "are the same file", *given,
                               self.path(one), option, self.path(other))
        self.assertEqual(self.names(), sorted([*self.before, "link",
                                               "other"]))

    def test_links_to_nothing(self):
        """Each file appears where its link leads."""
        results = ["a", "b", "c"]
        for name in results:
            os.symlink(f"new_{name}", self.path(f"link_{name}"))
        a, b, c = (self.path(f"link_{name}") for name in results)
        self.succeed("train", self.input, self.classes, "--output", a,
                     "--checkpoint", b, "--log", c, "--epochs", 1, "--quiet")
        for name in results:
            self.assertTrue(os.path.islink(self.path(f"link_{name}")))
            self.assertTrue(os.path.isfile(self.path(f"new_{name}")))

    def test_same_file_as_resume(self):
        """Only checkpoints may replace the one that training goes on from."""
        kept, other = self.path("c"), self.path("d")
        common = ["train", self.input, self.classes, "--quiet", "--epochs", 1]
        self.succeed(*common, "--output", self.path("m"), "--checkpoint", kept)
        before = self.read("c")
        self.fail_with(MISUSE, "--output and --resume are the same file",
                       *common, "--resume", kept, "--checkpoint", other,
                       "--output", kept)
        self.fail_with(MISUSE, "--log and --resume are the same file",
                       *common, "--resume", kept, "--checkpoint", other,
                       "--output", self.path("m"), "--log", kept)
        self.assertEqual(self.read("c"), before)
        for more in [[], ["--checkpoint", kept], ["--checkpoint", other]]:
            self.succeed(*common, "--output", self.path("m"), "--resume",
                         kept, *more)

    def test_misuse(self):
        for arguments, text in [
                (["--patience", 2], "--patience needs --validation"),
                (["--bidirectional", "--direction", "forward"], "exclude"),
                (["--dropout", 0.5], "--num-layers 2"),
                (["--num-layers", 1, "--dropout", 0.5], "--num-layers 2"),
                (["--dropout", 1.5], '"1.5", expected 0 to 1'),
                (["--dropout", "x"], "expected 0 to 1"),
                (["--dropout", "0.5x"], '"0.5x", expected 0 to 1'),
                (["--validation", 1], "expected 0 to 0.9"),
                (["--validation", "nan"], "expected 0 to 0.9"),
                *[([option, tiny], f'{option} is "{tiny}", closer to 0 than '
                   "2.2e-308, the smallest normal number; expected 0 to "
                   + largest)
                  for option, largest in [
                      ("--clip", "1000000000"), ("--validation", "0.9"),
                      ("--dropout", "1"), ("--learning-rate", "1000"),
                      ("--weight-decay", "1000")]
                  for tiny in ["1e-400", "-1e-400", "1e-310", "0x1p-1074"]],
                (["--clip", "1e-400x"], '"1e-400x", expected 0 to'),
                (["--clip", "1e400"], '"1e400", expected 0 to 1000000000'),
                (["--epochs", 0], "expected 1 to 1000000000"),
                (["--seed", 2**32], "expected 0 to 4294967295"),
                (["--seed", -1], "expected 0 to 4294967295"),
                (["--optimizer", "lbfgs"],
                 "expected sgd or adam or adamw or rmsprop"),
                (["--schedule", "step"],
                 "expected constant or cosine or plateau"),
                (["--learning-rate", ""], '""'), (["--log", ""], "a file"),
                (["--h0", self.input], "is not an option"),
                (["--classes"], "is not an option"),
                (["--lengths", "-"], "only one array")]:
            if arguments == ["--lengths", "-"]:
                self.refuse(MISUSE, text, "-", self.classes, *arguments)
            else:
                self.refuse(MISUSE, text, self.input, self.classes, *arguments)
        for zero in ["0", "0.0", "-0", "0e-400", "0x0p-2000"]:
            self.train(self.classes, "--clip", zero, "--epochs", 1)
        self.write("m", b"old")
        self.refuse(MISUSE, "only one array", "-", "-")
        self.refuse(MISUSE, "train needs --output", self.input, self.classes,
                    output=False)
        self.refuse(MISUSE, "train needs INPUT.npy TARGETS.npy", self.input)
        one = self.write("one", npy([T, 1, I], T * I * [0.5]))
        self.refuse(WRONG, "--validation needs at least 2 sequences", one,
                    self.write("c", npy([1], [1], "|u1")), "--validation", 0.5)

    def test_strict(self):
        """Of a new network, options state everything."""
        tanh = ["--nonlinearity", "tanh"]
        layout = ["--time-first"]
        for options, missing in [
                ([], "--nonlinearity, and --batch-first or --time-first"),
                (tanh, "--batch-first or --time-first"),
                (layout, "--nonlinearity")]:
            self.refuse(MISUSE, "--strict assumes nothing; give the new "
                        f"network {missing}\n", self.input, self.classes,
                        "--strict", *options)
        self.train(self.classes, "--strict", *tanh, *layout, "--epochs", 1)

    def test_standard_input(self):
        self.log(self.classes, "--epochs", 1)
        wanted = self.read("m")
        data = self.read("x")
        self.check(run("train", "-", self.classes, "--epochs", 1, "--quiet",
                       "--output", self.path("m"), input=data), OK)
        self.assertEqual(self.read("m"), wanted)


main()
