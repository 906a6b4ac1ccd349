#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example decision: what it learns, its checkpoints and its curves."""

import re
import signal
import xml.etree.ElementTree
from unittest import main

from support import Test

SMALL = ("--hidden", 8)
SAVED = "decision-checkpoint.safetensors"
CURVES = ("decision-curve.svg", "decision-psychometric.svg")


def accuracies(output):
    """[(coherence, accuracy, that of the ideal observer)] in percent."""
    return [tuple(map(float, row)) for row in re.findall(
        rb"^ +([\d.]+) % +([\d.]+) % +([\d.]+) %$", output, re.M)]


class Decision(Test):
    PROGRAM = "decision"

    def test_learns_to_decide(self):
        output = self.succeed()
        rows = accuracies(output)
        self.assertEqual([row[0] for row in rows], [0, 6.4, 12.8, 25.6, 51.2])
        for _, accuracy, ideal in rows:
            # Nobody is better. 2000 trials have a standard deviation of at
            # most 1.1.
            self.assertLess(accuracy, ideal + 3.5)
            self.assertGreater(accuracy, ideal - 6)
        self.assertGreater(rows[-1][1], 99)
        loss = re.search(rb"^step 1500 of 1500  loss ([\d.]+)", output, re.M)
        self.assertLess(float(loss[1]), 0.03)

    def test_begins_with_guesses(self):
        """Before the first step, no coherence helps."""
        for _, accuracy, _ in accuracies(self.succeed("--steps", 0)):
            self.assertLess(abs(accuracy - 50), 15)

    def test_curves(self):
        self.succeed("--steps", 100, *SMALL)
        learning, psychometric = (
            xml.etree.ElementTree.fromstring(self.read(name))
            for name in CURVES)
        self.assertEqual([line.get("d").count("L")
                          for line in learning.findall("{*}path")], [3, 3])
        self.assertEqual(len(psychometric.findall("{*}circle")), 10)
        self.assertEqual(len(psychometric.findall("{*}path")), 1)

    def test_seed(self):
        files = []
        for seed in (1, 1, 2):
            output = self.succeed("--steps", 60, *SMALL, "--seed", seed)
            self.assertTrue(output.startswith(b"step 60 of 60 "), output)
            files.append(self.read(SAVED))
        self.assertEqual(files[0], files[1])
        self.assertNotEqual(files[0], files[2])

    def test_resume(self):
        """50 + 50 steps are 100, with the network and seed of the file."""
        whole = self.succeed("--steps", 100, *SMALL, "--seed", 5,
                             "--rate", 0.01)
        files = [self.read(name) for name in (SAVED, *CURVES)]
        self.succeed("--steps", 50, *SMALL, "--seed", 5, "--rate", 0.01)
        part = self.succeed("--steps", 100, "--resume", SAVED)
        self.assertEqual([self.read(name) for name in (SAVED, *CURVES)], files)
        self.assertEqual(accuracies(part), accuracies(whole))

    def test_interrupt(self):
        process = self.start(*SMALL, "--steps", 10**6, "--save", "part")
        process.stdout.readline()  # step 200 is done
        process.send_signal(signal.SIGINT)
        code, output, errors = self.end(process)
        self.assertEqual((code, errors), (130, b""))
        step = int(re.search(rb"^interrupted after step (\d+); "
                             rb"go on with --resume part$", output, re.M)[1])
        self.assertFalse((self.folder / CURVES[1]).exists())
        self.succeed("--steps", step + 25, "--resume", "part", "--save", "part")
        self.succeed("--steps", step + 25, *SMALL, "--save", "whole")
        self.assertEqual(self.read("part"), self.read("whole"))

    def test_wrong(self):
        self.succeed("--steps", 1, *SMALL)
        self.refuse("absent", "--resume", "absent")
        self.refuse("from 0 to 1", "--rate", "nan")
        self.refuse("absent/x", "--steps", 0, "--save", "absent/x")
        self.refuse("--psychometric: absent/x", "--psychometric", "absent/x")
        self.refuse("--rate is for a new network", "--rate", 0.1, "--resume",
                    SAVED)
        self.assertIn(b"--psychometric FILE", self.succeed("--help"))


if __name__ == "__main__":
    main()
