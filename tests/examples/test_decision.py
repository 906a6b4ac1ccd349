#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example decision: what it learns, its checkpoints and its curves."""

import math
import re
import signal
import xml.etree.ElementTree
from unittest import main

from checkpoint import affine, read_tensors, run_over
from draws import bits, integer, normal
from support import Test

SMALL = ("--hidden", 8)
SAVED = "decision-checkpoint.safetensors"
CURVES = ("decision-curve.svg", "decision-psychometric.svg")


COHERENCES = (0, 0.064, 0.128, 0.256, 0.512)
STEPS, BEGIN, END, DELAYS, NOISE = 50, 5, 30, (5, 15), 0.5
TRIALS = 1000  # at each coherence, to each side
BATCH = 64


def trial(key, coherence):
    """The inputs of all steps, when the answer is due, and the right answer:
    0 for left."""
    answer = integer(key, 1, 2)
    due = (END + DELAYS[0] +
           integer(key, 2, DELAYS[1] - DELAYS[0] + 1))
    sign = coherence if answer == 1 else -coherence
    left, right = bits(key, 3), bits(key, 4)
    return [[float(step < due),
             (1 - sign) / 2 + NOISE * normal(left, step),
             (1 + sign) / 2 + NOISE * normal(right, step)]
            if BEGIN <= step < END else [float(step < due), 0.0, 0.0]
            for step in range(STEPS)], due, answer


def examine(tensors, seed, number):
    """How often a network is right at one coherence, as the program examines
    it: in percent."""
    key, right, left = bits(bits(seed, 1), number), 0, [TRIALS, TRIALS]
    index = 0
    while any(left):
        inputs, _, answer = trial(bits(key, index), COHERENCES[number])
        index += 1
        if left[answer] == 0:
            continue
        left[answer] -= 1
        state = run_over(tensors, 0, inputs, "")[-1]
        output = affine(tensors, "fc.weight", ["fc.bias"], state)
        right += int(output[1] > output[0]) == answer
    return 100 * right / (2 * TRIALS)


def judge_batch(tensors, seed):
    """The mean squared error and the accuracy in percent over the first batch
    of training. The first two steps of an answer do not count."""
    key, errors, right = bits(seed, 0), [], 0
    for row in range(BATCH):
        own = bits(key, row)
        inputs, due, answer = trial(own, COHERENCES[integer(own, 0, 5)])
        outputs = [affine(tensors, "fc.weight", ["fc.bias"], state)
                   for state in run_over(tensors, 0, inputs, "")]
        for step, output in enumerate(outputs):
            for side, value in enumerate(output):
                target = float(step >= due and side == answer)
                if not due <= step < due + 2:
                    errors.append((value - target)**2)
        right += int(outputs[-1][1] > outputs[-1][0]) == answer
    return sum(errors) / len(errors), 100 * right / BATCH


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

    def test_ideal_observer(self):
        """The chance that a sum of 25 normal differences has the right sign."""
        for coherence, _, ideal in accuracies(self.succeed("--steps", 0,
                                                           *SMALL)):
            mean = (END - BEGIN) * coherence / 100
            deviation = NOISE * math.sqrt(2 * (END - BEGIN))
            chance = (1 + math.erf(mean / deviation / math.sqrt(2))) / 2
            self.assertAlmostEqual(ideal, 100 * chance, delta=0.06)

    def test_accuracy(self):
        """What it prints of the network that it saves."""
        output = self.succeed("--steps", 200, "--hidden", 3, "--seed", 7)
        tensors = read_tensors(self.read(SAVED))
        for number in (2, 4):
            self.assertAlmostEqual(accuracies(output)[number][1],
                                   examine(tensors, 7, number), delta=0.11)

    def test_loss(self):
        """Of the first step, before which the network is that of no step."""
        self.succeed("--steps", 0, *SMALL, "--seed", 3)
        loss, accuracy = judge_batch(read_tensors(self.read(SAVED)), 3)
        output = self.succeed("--steps", 1, *SMALL, "--seed", 3)
        found = re.search(rb"^step 1 of 1  loss ([\d.]+)  accuracy ([\d.]+) %",
                          output)
        self.assertAlmostEqual(float(found[1]), loss, delta=1e-4)
        self.assertAlmostEqual(float(found[2]), accuracy, delta=0.06)

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
