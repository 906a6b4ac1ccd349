#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example amp: the recording that it makes, what it learns, its
checkpoints, what it plays and what it refuses."""

import math
import re
import signal
import struct
import time
import wave
import xml.etree.ElementTree
from unittest import main

from checkpoint import (
    affine, as_float64, read_tensors, row, run, with_constants)
from support import DIGITS, Test

BATCH, WARM_UP, CHUNK, HIDDEN = 32, 200, 1000, 4
COUNT = 3 * 44100
SMALL = ("--hidden", HIDDEN, "--every", 2)


class Amp(Test):
    PROGRAM = "amp"

    def setUp(self):
        super().setUp()
        # A strip has 3 chunks, so that an epoch is three steps.
        self.succeed("make", "--seconds", 3)

    def train(self, steps, name, *more):
        sizes = SMALL[2:] if "--resume" in more else SMALL
        return self.succeed("train", *sizes, "--steps", steps, "--save", name,
                            *more)

    def samples(self, name):
        with wave.open(str(self.folder / name)) as file:
            self.assertEqual((file.getnchannels(), file.getsampwidth(),
                              file.getframerate()), (1, 3, 44100))
            data = file.readframes(file.getnframes())
        return [int.from_bytes(data[i:i + 3], "little", signed=True)
                for i in range(0, len(data), 3)]

    def write(self, name, channels=1, width=2, rate=44100, count=COUNT):
        with wave.open(str(self.folder / name), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(width)
            file.setframerate(rate)
            size = channels * width * count
            file.writeframes((bytes(range(100)) * (size // 100 + 1))[:size])

    def error_to_signal(self, name, target, first=0):
        pairs = list(zip(self.samples(name), self.samples(target)))[first:]
        return (sum((a - b)**2 for a, b in pairs) /
                sum(b**2 for _, b in pairs))

    def test_make(self):
        dry, wet = self.samples("dry.wav"), self.samples("wet.wav")
        self.assertEqual((len(dry), len(wet)), (COUNT, COUNT))
        for sound in (dry, wet):
            self.assertGreater(max(sound), 0.1 * 2**23)
            self.assertLess(max(map(abs, sound)), 2**23 - 1)  # not clipped
        before = self.read("dry.wav"), self.read("wet.wav")
        self.assertEqual(self.succeed("make", "--seconds", 3),
                         b"wrote dry.wav and wet.wav, 3 seconds each\n")
        self.assertEqual((self.read("dry.wav"), self.read("wet.wav")), before)
        self.succeed("make", "--seconds", 3, "--seed", 1)
        self.assertNotEqual(self.read("dry.wav"), before[0])

    def test_learns(self):
        output = self.train(1000, "model", "--hidden", 8, "--every", 100)
        ratio = float(re.search(rb"ratio ([\d.]+) %", output)[1])
        self.assertLess(ratio, 8)
        output = self.succeed("play", "--model", "model", "--target", "wet.wav")
        # Samples that were clipped in the file would not be those compared.
        self.assertLess(max(map(abs, self.samples("played.wav"))), 2**23 - 1)
        whole = float(re.search(rb"ratio ([\d.]+) %", output)[1])
        self.assertAlmostEqual(
            whole, 100 * self.error_to_signal("played.wav", "wet.wav"), 2)
        # What is held out is played from silence on, so that the first samples
        # differ.
        held_out = COUNT // 5 * 4
        self.assertAlmostEqual(ratio, 100 * self.error_to_signal(
            "played.wav", "wet.wav", held_out), 1)
        xml.etree.ElementTree.fromstring(self.read("amp.svg"))

    def test_carried_states(self):
        """The states of a checkpoint count for the next step, except at the end
        of an epoch."""
        for done, count in ((2, True), (3, False)):
            self.train(done, "saved")
            (self.folder / "zeros").write_bytes(with_constants(
                self.read("saved"), {"states": [1, BATCH, HIDDEN]}))
            for name in ("saved", "zeros"):
                self.train(done + 1, name, "--resume", name)
            self.assertEqual(self.read("saved") != self.read("zeros"), count)

    def test_states(self):
        """Each step goes on where the last one has ended, and each epoch begins
        with a warm-up from zeros."""
        dry = [sample / 2**23 for sample in self.samples("dry.wav")]
        strip = COUNT // 5 * 4 // BATCH
        files = []
        for step in range(5):
            self.train(step, "part", *(["--resume", "part"] if step else []))
            files.append(read_tensors(self.read("part")))
        for step in (1, 2, 4):
            chunk = (step - 1) % 3
            weights, ended = files[step - 1:step + 1]
            for b in (0, BATCH - 1):
                states = row(weights["states"], 1, BATCH, HIDDEN, b)
                begin = WARM_UP + chunk * CHUNK
                end = begin + CHUNK
                if chunk == 0:
                    states, begin = [[0.0] * HIDDEN], 0
                for x in dry[b * strip + begin:b * strip + end]:
                    states = run(weights, states, [x])
                expected = row(ended["states"], 1, BATCH, HIDDEN, b)
                for value, other in zip(states[0], expected[0]):
                    self.assertAlmostEqual(value, other, 5)

    def test_resume(self):
        """From the middle and from the end of an epoch."""
        self.train(7, "whole")
        for first in (2, 3, 5):
            self.train(first, "part")
            self.train(7, "part", "--resume", "part")
            self.assertEqual(self.read("part"), self.read("whole"), first)

    def test_interrupt(self):
        process = self.start("train", *SMALL, "--steps", 10**9, "--save",
                             "part")
        process.stdout.readline()  # It is training now.
        process.send_signal(signal.SIGINT)
        code, output, errors = self.end(process)
        self.assertEqual((code, errors), (130, b""))
        done = int(re.search(rb"^(\d+) steps, held-out", output, re.M)[1])
        self.assertIn(b"interrupted; go on with --resume part\n", output)
        self.train(done + 2, "part", "--resume", "part")
        self.train(done + 2, "whole")
        self.assertEqual(self.read("part"), self.read("whole"))

    def test_sounds_of_others(self):
        """16 bits, and another rate than that of amp make."""
        self.write("low.wav", rate=8000)
        self.train(1, "model", "--dry", "low.wav", "--wet", "low.wav")
        self.succeed("play", "--model", "model", "low.wav")

    def test_play(self):
        """What the network computes, clipped."""
        self.train(5, "model")
        start = time.monotonic()
        output = self.succeed("play", "--model", "model", "--output", "out.wav")
        seconds = time.monotonic() - start
        nanoseconds = int(re.fullmatch(rb"wrote out.wav, (\d+) ns of processor "
                                       rb"time for a sample\n", output)[1])
        self.assertTrue(0 < nanoseconds < seconds * 1e9 / COUNT)
        tensors, states = read_tensors(self.read("model")), [[0.0] * HIDDEN]
        for x, played in list(zip(self.samples("dry.wav"),
                                  self.samples("out.wav")))[:1000]:
            states = run(tensors, states, [x / 2**23])
            expected, = affine(tensors, "fc.weight", ["fc.bias"], states[0])
            self.assertAlmostEqual(played / 2**23, expected, 5)
        for bias, limit in ((9, 2**23 - 1), (-9, -2**23)):
            (self.folder / "loud").write_bytes(with_constants(
                self.read("model"), {"fc.bias": [1]}, bias))
            self.succeed("play", "--model", "loud")
            self.assertEqual(set(self.samples("played.wav")), {limit})

    def test_learning_rate(self):
        rates = []
        for steps in (1, 2, 3):
            self.train(steps, "model")
            rates.append(float(re.search(
                rb'"optimizer.learning_rate":"([^"]+)"',
                self.read("model"))[1]))
        for step, rate in enumerate(rates):
            self.assertAlmostEqual(rate, 0.02 / (1 + step / 300), 12)

    def test_wrong_recording(self):
        (self.folder / "text").write_text("no sound\n" * 99)
        self.write("stereo.wav", channels=2)
        self.write("low.wav", rate=8000)
        self.write("short.wav", count=47999)
        self.refuse("absent: ", "train", "--dry", "absent")
        self.refuse("text: ", "train", "--wet", "text")
        self.refuse("2 channels, expected 1", "train", "--dry", "stereo.wav")
        self.refuse("8000 Hz", "train", "--dry", "low.wav")
        self.refuse("47999 samples; training needs at least 48000", "train",
                    "--dry", "short.wav", "--wet", "short.wav")
        self.refuse("short.wav has 47999 samples at 44100 Hz, but wet.wav has "
                    "132300 at 44100 Hz", "train", "--dry", "short.wav")
        self.refuse("absent/x", "make", "--dry", "absent/x")
        self.write_floats("nan.wav", [0.5] * 7 + [math.nan] + [0.5] * COUNT)
        self.refuse("nan.wav: sample 7 is NaN", "train", "--dry", "nan.wav")
        self.write_floats("still.wav", [0.5] * 9 + [0] * (COUNT - 9))
        self.refuse("still.wav is silent in its last fifth", "train", "--wet",
                    "still.wav")

    def write_floats(self, name, values):
        """A WAV file of 32-bit floating point."""
        data = struct.pack(f"<{len(values)}f", *values)
        form = struct.pack("<HHIIHH", 3, 1, 44100, 4 * 44100, 4, 32)
        chunks = b"".join(tag + struct.pack("<I", len(body)) + body for
                          tag, body in ((b"fmt ", form), (b"data", data)))
        (self.folder / name).write_bytes(
            b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)

    def test_outputs(self):
        """Nothing is replaced by another file, and nothing is lost at the
        end."""
        self.train(1, "model")
        before = [self.read(name) for name in ("dry.wav", "wet.wav", "model")]
        self.refuse("--wet and --dry are the same", "make", "--dry", "x",
                    "--wet", "x")
        self.refuse("--wet and --save are the same file, wet.wav", "train",
                    "--save", "wet.wav")
        self.refuse("--model and --output are the same", "play", "--model",
                    "model", "--output", "./model")
        self.refuse("--output would replace dry.wav", "play", "--model",
                    "model", "--output", "dry.wav")
        self.refuse("--curve: absent/x", "train", "--curve", "absent/x")
        self.refuse("--save: . is a folder", "train", "--save", ".")
        self.assertEqual([self.read(name) for name in
                          ("dry.wav", "wet.wav", "model")], before)

    def test_wrong_checkpoint(self):
        self.train(1, "model")
        self.write("other.wav")
        for sound in ("dry", "wet"):
            self.refuse("model has learned from another recording than",
                        "train", "--resume", "model", "--" + sound, "other.wav")
        for more in (["train", "--resume"], ["play", "--model"]):
            self.refuse("absent", *more, "absent")
            self.refuse("not a safetensors", *more, "dry.wav")
        self.refuse("dry_checksum", "train", "--resume", DIGITS)
        self.refuse("rate", "play", "--model", DIGITS)

    def test_sizes_that_do_not_fit(self):
        self.train(1, "model")
        for shapes in ({"fc.weight": [1, 3]},
                       {"fc.weight": [2, 4], "fc.bias": [2]},
                       {"rnn.weight_ih_l0": [4, 2]}):
            (self.folder / "wrong").write_bytes(
                with_constants(self.read("model"), shapes))
            self.refuse("its layers have other sizes", "play", "--model",
                        "wrong")

    def test_wrong_play(self):
        self.train(1, "model")
        (self.folder / "wide").write_bytes(as_float64(self.read("model")))
        self.refuse("not float32", "play", "--model", "wide")
        self.refuse("not float32", "train", "--resume", "wide")
        self.write("low.wav", rate=8000)
        self.write("short.wav", count=47999)
        play = ("play", "--model", "model")
        self.refuse("8000 samples a second, but the model has learned from "
                    "44100", *play, "low.wav")
        self.refuse("absent/x", *play, "--output", "absent/x")
        self.refuse("dry.wav has 132300 samples at 44100 Hz, but short.wav has "
                    "47999 at 44100 Hz", *play, "--target", "short.wav")
        self.refuse("at 8000 Hz", *play, "--target", "low.wav")
        self.assertFalse((self.folder / "played.wav").exists())

    def test_verbs(self):
        for wrong in ((), ("sing",)):
            process = self.start(*wrong)
            code, output, errors = self.end(process)
            self.assertEqual((code, output), (1, b""))
            self.assertIn(b"usage: amp make|train|play", errors)
        self.assertIn(b"usage: amp", self.succeed("--help"))
        self.assertIn(b"usage: amp train", self.succeed("train", "--help"))


if __name__ == "__main__":
    main()
