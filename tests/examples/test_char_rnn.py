#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example char-rnn: what it learns, its checkpoints, what it refuses."""

import bisect
import itertools
import math
import re
import signal
import xml.etree.ElementTree
from unittest import main

from checkpoint import (
    affine, as_float64, read_tensors, row, run, with_constants)
from draws import bits, uniform
from support import DIGITS, Test

BATCH, WINDOW, HIDDEN, LAYERS = 20, 35, 16, 2
# A strip has 100 bytes, so that an epoch is two steps; the last 223 bytes are
# held out.
STRIP = 100
TEXT = (b"ab\xc3\xa4 " * 600)[:2230]
SMALL = ("--hidden", HIDDEN, "--layers", LAYERS, "--every", 4)


def samples(output):
    """What the program wrote, without the lines of its progress."""
    return re.sub(rb"step \d+ of \d+ .*\n", b"", output)


def one_hot(symbol, count):
    return [float(i == symbol) for i in range(count)]


def sample(tensors, count, key):
    """What the network writes with these random numbers."""
    alphabet = tensors["alphabet"]
    states = [[0.0] * HIDDEN for _ in range(LAYERS)]
    symbol, written = 0, []
    for i in range(count):
        states = run(tensors, states, one_hot(symbol, len(alphabet)))
        logits = affine(tensors, "fc.weight", ["fc.bias"], states[-1])
        sums = list(itertools.accumulate(map(math.exp, logits)))
        symbol = bisect.bisect_right(sums, uniform(key, i) * sums[-1])
        written.append(alphabet[symbol])
    return bytes(written)


def perplexity(tensors, text):
    """Of the last tenth of a text, each byte after those before it."""
    symbols = [tensors["alphabet"].index(byte)
               for byte in text[len(text) // 10 * 9:]]
    states, loss = [[0.0] * HIDDEN for _ in range(LAYERS)], 0
    for symbol, following in zip(symbols, symbols[1:]):
        states = run(tensors, states,
                     one_hot(symbol, len(tensors["alphabet"])))
        logits = affine(tensors, "fc.weight", ["fc.bias"], states[-1])
        loss += math.log(sum(map(math.exp, logits))) - logits[following]
    return math.exp(loss / (len(symbols) - 1))


class CharRnn(Test):
    PROGRAM = "char-rnn"

    def setUp(self):
        super().setUp()
        (self.folder / "text").write_bytes(TEXT)

    def train(self, steps, name, *more):
        sizes = SMALL[4:] if "--resume" in more else SMALL
        return self.succeed(*sizes, "--steps", steps, "--save", name, *more,
                            "text")

    def test_learns(self):
        output = self.train(200, "model")
        found = [float(number) for number in re.findall(
            rb"held-out perplexity ([\d.]+):", output)]
        self.assertEqual(len(found), 50)
        self.assertGreater(found[0], 3.5)  # four bytes in any order: 4
        self.assertLess(found[-1], 1.1)
        # The network knows the text by heart, so it writes nothing else.
        text = self.succeed("--resume", "model", "--sample", 50)
        self.assertEqual(len(text), 51)
        self.assertIn(text[10:50], TEXT)

    def test_perplexity(self):
        """At each step that it tells, and at the end."""
        for steps in (4, 7, 12):
            output = self.train(steps, "model")
            wanted = perplexity(read_tensors(self.read("model")), TEXT)
            found = re.findall(rb"perplexity ([\d.]+)([:,])", output)
            self.assertEqual(len(found), steps // 4 + 1)
            if steps % 4 == 0:
                self.assertAlmostEqual(float(found[-2][0]), wanted, delta=0.006)
            self.assertAlmostEqual(float(found[-1][0]), wanted, delta=0.006)
            self.assertIn(b"%d steps, held-out perplexity" % steps, output)

    def test_held_out(self):
        """Of a long text, 20000 bytes: here those after the noise."""
        noise = bytes(97 + bits(0, i) % 8 for i in range(10000))
        (self.folder / "text").write_bytes(b"a" * 270000 + noise + b"a" * 20000)
        output = self.train(100, "model", "--every", 100)
        found = re.findall(rb"held-out perplexity ([\d.]+),", output)
        self.assertLess(float(found[0]), 1.2)

    def test_curve(self):
        self.train(8, "model", "--curve", "curve.svg")
        xml.etree.ElementTree.fromstring(self.read("curve.svg"))

    def test_resume(self):
        """From the middle and from the end of an epoch."""
        whole = samples(self.train(12, "whole"))
        for first in (5, 6, 8):
            begin = samples(self.train(first, "part"))
            end = samples(self.train(12, "part", "--resume", "part"))
            self.assertEqual(self.read("part"), self.read("whole"), first)
            begin = begin[:begin.rindex(b"%d steps" % first)]
            self.assertEqual(begin + end.replace(b"part", b"whole"), whole)

    def test_interrupt(self):
        process = self.start(*SMALL, "--steps", 10**9, "--save", "part", "text")
        process.stdout.readline()  # It is training now.
        process.send_signal(signal.SIGINT)
        code, output, errors = self.end(process)
        self.assertEqual((code, errors), (130, b""))
        done = int(re.search(rb"^(\d+) steps, held-out", output, re.M)[1])
        self.assertIn(b"interrupted; go on with --resume part\n", output)
        self.train(done + 3, "part", "--resume", "part")
        self.train(done + 3, "whole")
        self.assertEqual(self.read("part"), self.read("whole"))

    def test_carried_states(self):
        """The states of a checkpoint count for the next step, except at the end
        of an epoch."""
        for done, count in ((1, True), (2, False)):
            self.train(done, "saved")
            (self.folder / "zeros").write_bytes(with_constants(
                self.read("saved"), {"states": [LAYERS, BATCH, HIDDEN]}))
            for name in ("saved", "zeros"):
                self.train(done + 1, name, "--resume", name)
            self.assertEqual(self.read("saved") != self.read("zeros"), count)

    def test_states(self):
        """Each step goes on where the last one has ended, and each epoch begins
        with zeros."""
        noise = bytes(bits(0, i) % 7 for i in range(len(TEXT)))
        (self.folder / "text").write_bytes(noise)
        files = []
        for step in range(4):
            self.train(step, "part", *(["--resume", "part"] if step else []))
            files.append(read_tensors(self.read("part")))
        for step in (1, 2, 3):
            window = (step - 1) % 2
            weights, ended = files[step - 1:step + 1]
            for b in (0, BATCH - 1):
                states = row(weights["states"], LAYERS, BATCH, HIDDEN, b)
                if window == 0:
                    states = [[0.0] * HIDDEN for _ in states]
                first = b * STRIP + window * WINDOW
                for symbol in noise[first:first + WINDOW]:
                    states = run(weights, states, one_hot(symbol, 7))
                expected = row(ended["states"], LAYERS, BATCH, HIDDEN, b)
                for value, other in zip(sum(states, []), sum(expected, [])):
                    self.assertAlmostEqual(value, other, 5)

    def test_sample(self):
        output = self.train(4, "model", "--seed", 3)
        tensors = read_tensors(self.read("model"))
        self.assertIn(b":\n" + sample(tensors, 200, bits(3, 4)) + b"\n",
                      output)
        for seed in (3, 4):
            self.assertEqual(
                self.succeed("--resume", "model", "--sample", 300, "--seed",
                             seed), sample(tensors, 300, seed) + b"\n")

    def test_seed(self):
        for seed in (1, 2):
            self.train(4, f"seed {seed}", "--seed", seed)
        self.assertNotEqual(self.read("seed 1"), self.read("seed 2"))

    def test_wrong_text(self):
        (self.folder / "short").write_bytes(TEXT[:799])
        (self.folder / "empty").write_bytes(b"")
        self.refuse("absent: No such file", "absent")
        self.refuse("799 bytes; training needs at least 800", "short")
        self.refuse("0 bytes", "empty")
        self.refuse("directory", ".")

    def test_wrong_checkpoint(self):
        self.train(4, "model")
        (self.folder / "other").write_bytes(TEXT[:-1] + b"b")
        self.refuse("model has learned from another text than other",
                    "--resume", "model", "other")
        for more in (["text"], ["--sample", 5]):
            self.refuse("absent", "--resume", "absent", *more)
            self.refuse("not a safetensors", "--resume", "text", *more)
        self.refuse("text_checksum", "--resume", DIGITS, "text")
        self.refuse('"fc."', "--resume", DIGITS, "--sample", 5)
        (self.folder / "wide").write_bytes(as_float64(self.read("model")))
        self.refuse("not float32", "--resume", "wide", "--sample", 5)


    def test_sizes_that_do_not_fit(self):
        self.train(4, "model")
        file = self.read("model")
        for name, shapes in (("features", {"fc.weight": [5, 2]}),
                             ("symbols", {"fc.weight": [9, 16],
                                          "fc.bias": [9],
                                          "alphabet": [9]})):
            (self.folder / name).write_bytes(with_constants(file, shapes))
            self.refuse("sizes that do not fit", "--resume", name,
                        "--sample", 5)
        (self.folder / "alphabet").write_bytes(
            with_constants(file, {"alphabet": [2]}))
        self.refuse("the alphabet of the checkpoint", "--resume", "alphabet",
                    "--sample", 5)

    def test_wrong_options(self):
        self.refuse("--layers", "--layers", 3, "text")
        self.refuse("text/x", "--steps", 1, "--save", "text/x", "text")
        self.refuse('"more" is not expected', "text", "more")
        self.refuse("--save would replace text", "--save", "text", "text")
        self.refuse("--curve and --save are the same file, x", "--save", "x",
                    "--curve", "./x", "text")
        self.refuse("--curve: absent/x", "--curve", "absent/x", "text")
        self.assertEqual(self.read("text"), TEXT)
        self.train(1, "model")
        self.refuse("--layers is for a new network", "--resume", "model",
                    "--layers", 1, "text")

    def test_text_without_an_end(self):
        self.refuse("/dev/zero has 256 MiB or more", "/dev/zero")


if __name__ == "__main__":
    main()
