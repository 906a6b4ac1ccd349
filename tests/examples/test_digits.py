#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example digits: each figure that it prints, recomputed from its files,
and that it fails where it promises to."""

import json
import re
import shutil
import struct
import time
from unittest import main

from checkpoint import affine, read_tensors, run_both_ways
from support import DIGITS, Test

COUNT, SIDE, CLASSES, LAYERS, SHOWN = 360, 8, 10, 2, 4
IMAGES = "digits_test.safetensors"
SHADES = "  ░░▒▒▓▓██"


def best(logits):
    return max(range(len(logits)), key=lambda c: logits[c])


class Digits(Test):
    PROGRAM = "digits"

    def setUp(self):
        super().setUp()
        for path in DIGITS.parent.glob("*.safetensors"):
            shutil.copy(path, self.folder)
        tensors = read_tensors(self.read(IMAGES))
        self.labels = [int(label) for label in tensors["labels"]]
        self.images = [tensors["images"][n * SIDE**2:(n + 1) * SIDE**2]
                       for n in range(COUNT)]
        self.logits = [tensors["logits"][n * CLASSES:(n + 1) * CLASSES]
                       for n in range(COUNT)]
        self.read_as = [best(logits) for logits in self.logits]
        self.wrong = [n for n in range(COUNT)
                      if self.read_as[n] != self.labels[n]]

    def change(self, name, index, value):
        """One element of a tensor in the file of the images."""
        file = bytearray(self.read(IMAGES))
        size, = struct.unpack("<Q", file[:8])
        tensor = json.loads(file[8:8 + size])[name]
        code = {"F32": "<f", "F16": "<e"}[tensor["dtype"]]
        at = (8 + size + tensor["data_offsets"][0] +
              index * struct.calcsize(code))
        struct.pack_into(code, file, at, value)
        (self.folder / IMAGES).write_bytes(file)

    def judge(self):
        """Its exit code, and the figures: right, percent, agreeing, error."""
        code, output, errors = self.end(self.start(self.folder))
        found = re.search(
            r"(?m)^accuracy    (\d+) of 360 held-out images, ([\d.]+) %\n"
            r"PyTorch     reads (\d+) of 360 the same; logits differ by at "
            r"most (\S+)\nthroughput  (\d+) images a second\n\Z",
            output.decode())
        self.assertEqual(errors, b"" if code == 0 else
                         b"digits: worse than PyTorch, or than 96 %\n")
        return code, (int(found[1]), found[2], int(found[3]), float(found[4]))

    def test_figures(self):
        start = time.monotonic()
        output = self.succeed(self.folder).decode()
        seconds = time.monotonic() - start
        code, (right, percent, agreeing, error) = self.judge()
        self.assertEqual(right, COUNT - len(self.wrong))
        self.assertEqual(percent, f"{100 * right / COUNT:.2f}")
        self.assertEqual((code, agreeing), (0, COUNT))
        self.assertTrue(0 < error <= 1e-5, error)
        rate = int(re.search(r"throughput  (\d+)", output)[1])
        self.assertGreater(rate, 50 * COUNT / seconds)  # the time of 50 rounds

    def test_logits_of_pytorch(self):
        """What the file says that PyTorch computed is what the network does."""
        tensors = read_tensors(self.read("digits.safetensors"))
        for n in range(0, COUNT, 24):
            rows = [[pixel / 16 for pixel in self.images[n][y:y + SIDE]]
                    for y in range(0, SIDE**2, SIDE)]
            last = run_both_ways(tensors, LAYERS, rows)[-1]
            logits = affine(tensors, "head.weight", ["head.bias"], last)
            for value, wanted in zip(logits, self.logits[n]):
                self.assertAlmostEqual(value, wanted, 4)

    def check_pictures(self):
        shown = [n * COUNT // SHOWN for n in range(SHOWN)]
        shown[0] = self.wrong[-1] if self.wrong else shown[0]
        lines = ["".join("".join(
            2 * SHADES[2 * min(int(pixel / 4), 4)] for pixel in
            self.images[n][y * SIDE:(y + 1) * SIDE]) + "   " for n in shown)
            for y in range(SIDE)]
        lines.append("".join(
            f"read {self.read_as[n]}, is {self.labels[n]} "
            f"{'wrong' if n in self.wrong else '':6}" for n in shown))
        output = self.end(self.start(self.folder))[1].decode()
        self.assertIn("\n" + "\n".join(lines) + "\n\n", output)

    def test_pictures(self):
        """A wrong reading comes first, if there is one."""
        self.check_pictures()
        for n in self.wrong:
            self.change("labels", n, self.read_as[n])
            self.labels[n] = self.read_as[n]
        self.wrong = []
        self.check_pictures()

    def test_fails_where_a_logit_differs(self):
        index = 77 * CLASSES + (self.read_as[77] + 1) % CLASSES
        value = self.logits[77][index % CLASSES]
        for change in (4e-5, -4e-5):
            self.change("logits", index, value + change)
            code, (_, _, agreeing, error) = self.judge()
            self.assertEqual((code, agreeing), (1, COUNT))
            self.assertAlmostEqual(error, 4e-5, 5)
        self.change("logits", index, float("nan"))
        self.assertEqual(self.judge()[0], 1)

    def test_fails_where_pytorch_reads_another_digit(self):
        index = 77 * CLASSES + (self.read_as[77] + 1) % CLASSES
        self.change("logits", index, max(self.logits[77]) + 1)
        code, (right, _, agreeing, _) = self.judge()
        self.assertEqual((code, right, agreeing),
                         (1, COUNT - len(self.wrong), COUNT - 1))

    def test_fails_below_96_percent(self):
        """346 of 360 are 96.1 %, 345 are 95.8 %."""
        good = [n for n in range(COUNT) if n not in self.wrong]
        right = len(good)
        while right > 345:
            n = good.pop()
            self.change("labels", n, (self.labels[n] + 1) % CLASSES)
            right -= 1
            if right <= 346:
                code, figures = self.judge()
                self.assertEqual((code, figures[:3]), (
                    int(right == 345),
                    (right, f"{100 * right / COUNT:.2f}", COUNT)))

    def test_wrong_files(self):
        (self.folder / IMAGES).write_bytes(self.read("digits.safetensors"))
        self.refuse("images", self.folder)
        (self.folder / IMAGES).unlink()
        self.refuse(IMAGES, self.folder)


if __name__ == "__main__":
    main()
