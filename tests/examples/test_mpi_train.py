#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example mpi-train: the same bits for any number of ranks, and what
happens when one of them dies."""

import os
import pathlib
import re
import signal
import time
from unittest import main

from checkpoint import affine, read_tensors, run_over
from draws import bits, integer, uniform
from support import FOLDER, Test

BATCH, STEPS = 8 * 32, 16

# mpirun does not run for root unless it is told to. Containers may not let one
# process read from another, which it complains about on stderr.
os.environ |= {"OMPI_ALLOW_RUN_AS_ROOT": "1",
               "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_btl_vader_single_copy_mechanism": "none"}


def sequence(key):
    """The inputs of all steps, and the sum of the two that are marked."""
    marked = (integer(key, STEPS, STEPS // 2),
              STEPS // 2 + integer(key, STEPS + 1, STEPS // 2))
    values = [uniform(key, t) for t in range(STEPS)]
    return ([[value, float(t in marked)] for t, value in enumerate(values)],
            sum(values[t] for t in marked))


def loss_of(tensors, seed, step):
    """The mean squared error over the batch of a step."""
    total = 0
    for number in range(step * BATCH, (step + 1) * BATCH):
        inputs, target = sequence(bits(seed, number))
        answer, = affine(tensors, "fc.weight", ["fc.bias"],
                         run_over(tensors, 0, inputs, "")[-1])
        total += (answer - target)**2
    return total / BATCH


class MpiTrain(Test):
    PROGRAM = "mpi-train"

    def command(self, ranks, *arguments):
        return ["mpirun", "--oversubscribe", "-n", str(ranks),
                FOLDER / self.PROGRAM, *map(str, arguments)]

    def train(self, ranks, steps, name, *more):
        """Returns the bytes of the checkpoint at the end."""
        self.succeed(ranks, "--steps", steps, "--checkpoint", name, *more)
        return self.read(name)

    def ranks_of(self, process):
        """The processes that mpirun has started."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                words = path.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            if int(words[1]) == process.pid:
                found.append(int(path.parent.name))
        return found

    def test_any_number_of_ranks(self):
        wanted = self.train(1, 40, "1")
        for ranks in (2, 4, 8):
            self.assertEqual(self.train(ranks, 40, str(ranks)), wanted)
        self.assertNotEqual(self.train(1, 40, "other", "--seed", 2), wanted)

    def test_figures(self):
        """The loss of a step is that of the network before it."""
        before = read_tensors(self.train(1, 5, "saved", "--seed", 4))
        start = time.monotonic()
        output = self.succeed(2, "--steps", 6, "--resume", "saved").decode()
        elapsed = time.monotonic() - start
        found = re.fullmatch(
            r"step 6 of 6  loss ([\d.]+)  \d+ sequences/s  0:00 left\n"
            r"step 6 on 2 ranks in ([\d.]+) s, of which ([\d.]+) % are "
            r"messages\n", output)
        loss, seconds, share = map(float, found.groups())
        self.assertAlmostEqual(loss, loss_of(before, 4, 5), delta=1e-4)
        self.assertLess(seconds, elapsed)
        self.assertLessEqual(share, 100)

    def test_learns(self):
        output = self.succeed(2, "--steps", 1500).decode()
        losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", output)]
        self.assertEqual(len(losses), 15)
        self.assertLess(losses[-1], 0.4 * losses[0])

    def test_resumes_on_other_ranks(self):
        wanted = self.train(1, 40, "whole")
        self.train(2, 20, "half")
        self.assertEqual(self.train(4, 40, "rest", "--resume", "half"), wanted)

    def test_death_of_a_rank(self):
        process = self.start(4, "--steps", 10**9, "--save-every", 10,
                             "--checkpoint", "saved")
        while not (self.folder / "saved").exists():
            time.sleep(0.02)
        os.kill(self.ranks_of(process)[2], signal.SIGKILL)
        code, output, errors = self.end(process)
        self.assertNotEqual(code, 0)
        self.assertIn(b"signal 9", output + errors)
        # The step that was reached is not known, but it is a multiple of 10.
        step = int(self.succeed(1, "--steps", 1, "--resume",
                                "saved").split()[1])
        self.assertEqual(step % 10, 0)
        self.assertEqual(self.train(2, step + 10, "on", "--resume", "saved"),
                         self.train(1, step + 10, "anew"))

    def test_misuse(self):
        for ranks, words in ((3, b"3 ranks cannot share 8 shards"),
                             (1, b"cannot")):
            arguments = [] if ranks == 3 else ["--resume", "missing"]
            code, _, errors = self.end(self.start(ranks, *arguments))
            self.assertNotEqual(code, 0)
            self.assertIn(words, errors)

    def test_measures_messages(self):
        self.assertRegex(self.succeed(2, "--measure", 1),
                         rb"^alpha [\d.]+ us, beta [\d.]+ ns a byte\n$")


if __name__ == "__main__":
    main()
