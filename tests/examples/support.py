# SPDX-License-Identifier: MIT
"""What the tests of the examples share: runs in an empty folder."""

import os
import pathlib
import pty
import signal
import subprocess
import tempfile
import unittest

FOLDER = pathlib.Path(os.environ["EXAMPLES_FOLDER"])  # of the programs
TIMEOUT = 300  # seconds

# A file with a network that none of the training examples has trained.
DIGITS = (pathlib.Path(__file__).resolve().parents[2] /
          "examples/digits/digits.safetensors")


class Test(unittest.TestCase):
    PROGRAM = ""  # its name, set by each test

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def command(self, *arguments):
        return [FOLDER / self.PROGRAM, *map(str, arguments)]

    def start(self, *arguments, **options):
        return subprocess.Popen(
            self.command(*arguments), cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options)

    def end(self, process):
        """Its exit code, and what it wrote on both streams."""
        output, errors = process.communicate(timeout=TIMEOUT)
        return process.returncode, output, errors

    def watch(self, *arguments, stop_after=None):
        """Runs on a terminal, and sends SIGINT once it shows some bytes.
        Returns the exit code and all that the terminal got."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(self.command(*arguments), cwd=self.folder,
                              stdin=theirs, stdout=theirs) as process:
            os.close(theirs)
            output = b""
            try:
                while block := os.read(ours, 4096):
                    output += block
                    if stop_after is not None and stop_after in output:
                        process.send_signal(signal.SIGINT)
                        stop_after = None
            except OSError:  # the other end is closed
                pass
        os.close(ours)
        return process.returncode, output

    def succeed(self, *arguments):
        """Returns what a run printed."""
        code, output, errors = self.end(self.start(*arguments))
        self.assertEqual((code, errors), (0, b""))
        return output

    def refuse(self, words, *arguments):
        """A run fails, and one line says why."""
        code, output, errors = self.end(self.start(*arguments))
        self.assertEqual((code, output), (1, b""))
        self.assertEqual(errors.count(b"\n"), 1, errors)
        self.assertIn(words, errors.decode())

    def read(self, name):
        return (self.folder / name).read_bytes()
