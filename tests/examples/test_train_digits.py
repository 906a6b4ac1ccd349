#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example train-digits: what it reaches, its checkpoints, what it shows on
a terminal and elsewhere, and what it refuses."""

import json
import re
import signal
import struct
import time
import xml.etree.ElementTree
from unittest import main

from checkpoint import affine, read_tensors, run_both_ways
from support import DIGITS, Test

SMALL = ("--epochs", 12, "--hidden", 8)
LONG = ("--epochs", 300, "--hidden", 8)  # so that a signal comes in time
IMAGES = DIGITS.parents[1] / "train-digits/images.safetensors"
SIDE = 8
SAVED = "digits-checkpoint.safetensors"
MODEL = "digits-model.safetensors"


def tensors(file):
    """{name: (shape, bytes)} of a safetensors file."""
    size, = struct.unpack("<Q", file[:8])
    header, data = json.loads(file[8:8 + size]), file[8 + size:]
    return {name: (tensor["shape"], data[slice(*tensor["data_offsets"])])
            for name, tensor in header.items() if name != "__metadata__"}


def count_right(model, part):
    """How many images of a part a network reads, and their number."""
    tensors, file = read_tensors(model), read_tensors(IMAGES.read_bytes())
    pixels, labels = file[part + ".images"], file[part + ".labels"]
    right = 0
    for n, label in enumerate(labels):
        rows = [[pixel / 16 for pixel in pixels[at:at + SIDE]]
                for at in range(n * SIDE**2, (n + 1) * SIDE**2, SIDE)]
        output = run_both_ways(tensors, 1, rows)
        half = len(output[0]) // 2
        logits = affine(tensors, "fc.weight", ["fc.bias"],
                        output[-1][:half] + output[0][half:])
        right += logits.index(max(logits)) == label
    return right, len(labels)


class TrainDigits(Test):
    PROGRAM = "train-digits"

    def test_figures(self):
        """What it prints at the end is what the saved network reads, and the
        training took as long as it says."""
        for hidden in (4, 8):
            start = time.monotonic()
            output = self.succeed("--epochs", 2, "--hidden", hidden)
            seconds = time.monotonic() - start
            model = self.read(MODEL)
            for part in ("validation", "test"):
                found = re.search(rf"(?m)^{part} +(\d+) of (\d+) images",
                                  output.decode())
                self.assertEqual(tuple(map(int, found.groups())),
                                 count_right(model, part))
            right = int(re.search(rb"test +(\d+)", output)[1])
            self.assertIn(f"test        {right} of 360 images, "
                          f"{100 * right / 360:.1f} %\n", output.decode())
            rate = int(re.search(rb"(\d+) sequences/s  0:00 left", output)[1])
            self.assertGreaterEqual(rate, 2 * 1200 / seconds)

    def test_reaches_what_it_promises(self):
        output = self.succeed()
        found = re.search(rb"^test +(\d+) of 360 images", output, re.M)
        self.assertGreaterEqual(int(found[1]), 0.96 * 360)
        lines = re.findall(rb"^step (\d+) of 1800  loss [\d.]+  "
                           rb"validation [\d.]+ %  \d+ sequences/s  "
                           rb"\d+:\d\d left$", output, re.M)
        self.assertEqual(lines, [b"%d" % (300 * i) for i in range(1, 7)])
        self.assertNotIn(b"\r", output)
        self.check_choice(int(re.search(rb"^validation +(\d+) of 237 images",
                                        output, re.M)[1]))

    def check_choice(self, right):
        """The model is the best of all epochs, which is not the last one."""
        saved, model = tensors(self.read(SAVED)), tensors(self.read(MODEL))
        shape, history = saved["history"]
        self.assertEqual(shape, [3, 60])
        scores = struct.unpack("<180d", history)[120:]
        self.assertAlmostEqual(max(scores), 100 * right / 237)
        self.assertGreater(max(scores), scores[-1])
        best = model["fc.weight"][1] + model["fc.bias"][1]
        self.assertEqual(saved["best.linear"][1], best)
        self.assertNotEqual(saved["fc.bias"], model["fc.bias"])

    def test_files(self):
        self.succeed(*SMALL)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         [SAVED, "digits-curve.svg", MODEL])
        self.assertEqual(
            {name: shape
             for name, (shape, _) in tensors(self.read(MODEL)).items()
             if "reverse" not in name},
            {"rnn.weight_ih_l0": [8, 8], "rnn.weight_hh_l0": [8, 8],
             "rnn.bias_ih_l0": [8], "rnn.bias_hh_l0": [8],
             "fc.weight": [10, 16], "fc.bias": [10]})
        curve = xml.etree.ElementTree.fromstring(
            self.read("digits-curve.svg"))
        lines = curve.findall("{*}path")
        self.assertEqual([line.get("d").count("L") for line in lines],
                         [11, 11])

    def test_seed(self):
        files = []
        for seed in (1, 1, 2):
            self.succeed(*SMALL, "--seed", seed)
            files.append(self.read(MODEL))
        self.assertEqual(files[0], files[1])
        self.assertNotEqual(files[0], files[2])

    def test_threads(self):
        files = []
        for number in ("1", "2"):
            process = self.start(*SMALL, env={"SIMPLERNN_NUM_THREADS": number})
            self.assertEqual(self.end(process)[0], 0)
            files.append(self.read(SAVED))
        self.assertEqual(files[0], files[1])

    def interrupt(self, number):
        """Stops a run of LONG in the middle."""
        process = self.start(*LONG)
        process.stdout.readline()  # epoch 10 is done
        process.send_signal(number)
        code, output, errors = self.end(process)
        self.assertEqual((code, errors), (130, b""))
        found = re.search(rb"^interrupted after epoch (\d+); "
                          rb"go on with --resume (\S+)$", output, re.M)
        self.assertEqual(found[2].decode(), SAVED)
        self.assertFalse((self.folder / MODEL).exists())
        self.assertIn(int(found[1]), range(10, LONG[1]))

    def test_interrupt_and_resume(self):
        """Two parts give the bytes of the whole."""
        whole = self.succeed(*LONG)
        names = (SAVED, MODEL, "digits-curve.svg")
        files = [self.read(name) for name in names]
        for number in (signal.SIGINT, signal.SIGTERM):
            for name in names:
                (self.folder / name).unlink()
            self.interrupt(number)
            part = self.succeed("--resume", SAVED)
            self.assertEqual([self.read(name) for name in names], files)
            self.assertEqual(part.splitlines()[-2:], whole.splitlines()[-2:])

    def test_resume_what_is_done(self):
        whole = self.succeed(*SMALL)
        files = [self.read(name) for name in (SAVED, MODEL)]
        part = self.succeed("--resume", SAVED)
        self.assertEqual(part.splitlines(), whole.splitlines()[-2:])
        self.assertEqual([self.read(name) for name in (SAVED, MODEL)], files)

    def test_terminal(self):
        code, output = self.watch(*SMALL)
        self.assertEqual(code, 0)
        bars = output.split(b"\r\x1b[K")[1:]
        self.assertRegex(bars[-1], rb"\[=+\]  100 %  loss [\d.]+  validation")
        self.assertTrue(all(len(bar) < 80 for bar in bars[:-1]), bars)
        self.assertNotIn(b"step ", output)

    def test_interrupt_on_terminal(self):
        """The message takes the place of the bar."""
        code, output = self.watch(*LONG, stop_after=b"sequences/s")
        self.assertEqual(code, 130)
        self.assertRegex(output, rb"left\r\x1b\[Kinterrupted after epoch")

    def test_wrong(self):
        (self.folder / "text").write_text("no tensors")
        self.succeed(*SMALL)
        self.refuse("absent", "--resume", "absent")
        self.refuse("not a safetensors file", "--resume", "text")
        self.refuse("optimizer", "--resume", MODEL, "--model", "other")
        self.refuse("absent", "--images", "absent")
        self.refuse("training.images", "--images", MODEL, "--model", "other")
        self.refuse("whole number from 1 to 4096", "--hidden", 0)
        self.refuse("absent/x", "--resume", SAVED, "--save", "absent/x")
        self.refuse("absent/x", "--resume", SAVED, "--curve", "absent/x")
        for name in ("--epochs", "--hidden", "--seed"):
            self.refuse(name + " is for a new network", "--resume", SAVED, name,
                        9)
        self.refuse("--resume and --model are the same file", "--resume", SAVED,
                    "--model", SAVED, "--save", "other")
        self.refuse("--curve and --save are the same file, x", "--save", "x",
                    "--curve", "x")
        self.refuse("--model: absent/x", "--model", "absent/x")
        self.refuse('"more" is not expected', "more")
        self.assertIn(b"--resume FILE", self.succeed("--help"))


if __name__ == "__main__":
    main()
