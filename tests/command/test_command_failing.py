#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Calls of the C library that fail, one after the other: what the command says
then, and what it leaves. failing.c says which calls these are."""

import collections
import errno
import itertools
import json
import os
import tempfile
import unittest

from support import (ENVIRONMENT, IO, NO_MEMORY, OK, Test, main, model, npy,
                     run)

STEPS, BATCH = 3, 2
INPUTS = "model", "input", "h0", "lengths", "classes"
KINDS = ("open create read write flush close stat seek access chmod sync "
         "rename").split()


class Job(Test):
    """A command and its files. Standard output goes to a file, too."""

    kinds = KINDS
    results = ()  # of which there are old ones
    libraries = ["FAILING_LIBRARY"]
    # Which calls of a kind for a file may fail. For example, a file that cannot
    # be looked at counts as another one than those that it is compared with,
    # and opening it then fails.
    harmless = {}

    def setUp(self):
        super().setUp()
        self.old = dict.fromkeys(self.results, b"old")
        other = tempfile.TemporaryDirectory()
        self.addCleanup(other.cleanup)
        self.note = os.path.join(other.name, "note")
        self.write("model", model(prefix="rnn.", extra=[("fc.weight", [3, 2]),
                                                        ("fc.bias", [3])]))
        self.write("input", npy([STEPS, BATCH, 2], [0.5] * STEPS * BATCH * 2))
        self.write("h0", npy([1, BATCH, 2], [0.25] * BATCH * 2))
        self.write("lengths", npy([BATCH], [3, 1], "<i8"))
        self.write("classes", npy([BATCH], [1, 0], "<i8"))

    def arguments(self):
        raise NotImplementedError

    def reset(self):
        for name in self.results:
            self.write(name, self.old[name])

    def run_failing(self, kind="", number=0, error=0):
        """The result, and the file of the call that failed or None."""
        if os.path.exists(self.note):
            os.remove(self.note)
        self.reset()
        environment = {
            **ENVIRONMENT, "FAIL_KIND": kind, "FAIL_AT": str(number),
            "FAIL_ERROR": str(error), "FAIL_FOLDER": self.folder.name,
            "FAIL_NOTE": self.note,
            "LD_PRELOAD": ":".join(map(os.environ.get, self.libraries))}
        with open(self.path("stdout"), "wb") as stdout:
            result = run(*self.arguments(), stdout=stdout, env=environment)
        if not os.path.exists(self.note):
            return result, None
        with open(self.note, encoding="utf-8") as note:
            file = note.read()
        if file.startswith(self.folder.name):
            file = file[len(self.folder.name) + 1:]
        return result, file

    def files(self):
        """What they hold, but for the time in a log."""
        files = {name: self.read(name) for name in os.listdir(self.folder.name)}
        if "log" in files:
            files["log"] = [{**json.loads(line), "seconds": 0}
                            for line in files["log"].splitlines()]
        return files

    def sweep(self, kind, error, judge):
        """Lets each call of the kind fail once, until there is no further
        one, and calls judge(result, file, nth), where this was the nth call
        of the kind for that file."""
        result, _ = self.run_failing()
        self.check(result, OK)
        self.new = self.files()
        calls = collections.Counter()
        for number in itertools.count(1):
            result, file = self.run_failing(kind, number, error)
            if file is None:
                self.check(result, OK)
                self.assertEqual(self.files(), self.new)
                return
            file = file.split(".")[0] # without what a temporary file has
            calls[file] += 1
            with self.subTest(kind=kind, file=file, nth=calls[file]):
                judge(result, file, calls[file])

    def check_kept(self, kind, file):
        """What a failure leaves: nothing new, and of the results the whole old
        ones, or the whole new ones of those that came before."""
        files = self.files()
        self.assertEqual(set(files), set(self.new))
        for name in self.results:
            if not self.comes_before(name, kind, file):
                self.assertEqual(files[name], self.old[name], name)
            else:
                self.assertEqual(files[name], self.new[name], name)

    def comes_before(self, name, kind, file):
        """Has the result its new content when such a call fails?"""
        order = [*self.results, "stdout"]
        return (file == "stdout" or kind == "rename" and
                order.index(name) < order.index(file))

    def check_harmless(self, result):
        self.check(result, OK)
        self.assertEqual(self.files(), self.new)

    def is_harmless(self, kind, file, nth):
        """Is all well after the failure?"""
        return (kind in ("close", "seek") and file in INPUTS or
                nth in self.harmless.get(f"{kind} {file}", ()))

    def test_files(self):
        def judge(result, file, nth):
            if self.is_harmless(kind, file, nth):
                self.check_harmless(result)
                return
            self.check(result, IO, os.strerror(errno.EIO),
                       "standard output" if file == "stdout"
                       else self.path(file))
            self.check_kept(kind, file)

        for kind in self.kinds:
            self.sweep(kind, errno.EIO, judge)

    def test_signals(self):
        """A call that a signal interrupts is made again."""
        for kind in "open", "read", "write":
            self.sweep(kind, errno.EINTR,
                       lambda result, *_: self.check_harmless(result))

    def test_memory(self):
        """Without the buffer of a stream, for example, all can be well. But
        then it must be so."""
        def judge(result, function, _):
            if result.returncode == OK:
                self.check_harmless(result)
                return
            self.check(result, NO_MEMORY)
            self.assertRegex(result.stderr, b"memory|cannot allocate")
            self.check_kept("memory", function)

        self.sweep("memory", errno.ENOMEM, judge)


class Run(Job):
    results = ("output", "hidden")
    harmless = {f"stat {file}": {1, 2}
                for file in ("output", "hidden", "model")}

    def arguments(self):
        return ["run", self.path("model"), self.path("input"), "--h0",
                self.path("h0"), "--lengths", self.path("lengths"), "--output",
                self.path("output"), "--hidden", self.path("hidden")]


class Head(Job):
    harmless = {"stat stdout": {1}, "stat model": {1}}

    def arguments(self):
        return ["run", self.path("model"), self.path("input"), "--head", "fc.",
                "--classes"]


class HeadLast(Head):
    def arguments(self):
        return super().arguments() + ["--last-step"]


class Info(Job):
    def arguments(self):
        return ["info", self.path("model")]


class InfoJson(Info):
    def arguments(self):
        return ["info", "--json", self.path("model")]


class Picture(Info):
    results = ("picture",)
    harmless = {"stat picture": {1}, "stat model": {1}}

    def arguments(self):
        return ["info", self.path("model"), "--svg", self.path("picture")]


class Check(Info):
    def arguments(self):
        return ["check", self.path("model"), "--prefix", "rnn."]


class Train(Job):
    results = ("checkpoint", "trained")
    harmless = {"stat trained": {1, 2, 3, 4, 5, 11},
                "stat checkpoint": {1, 2, 3, 4, 5}, "stat log": {1, 2, 3, 4},
                "stat input": {1, 2, 3}, "stat classes": {1, 2, 3},
                # Without a name are the folder and files of the library in it.
                "close trained": {1, 2, 3},
                "close ": {2, 4, 6, 8, 10, 12}}

    def arguments(self):
        return [*self.train(1, "--checkpoint"), "--log", self.path("log")]

    def train(self, epochs, checkpoint):
        return ["train", self.path("input"), self.path("classes"), "--output",
                self.path("trained"), checkpoint, self.path("checkpoint"),
                "--epochs", epochs, "--hidden-size", 2, "--seed", 1, "--quiet"]

    def reset(self):
        super().reset()
        self.write("log", b"")

    def comes_before(self, name, kind, file):
        """A failure of the log alone does not make the training end."""
        return self.read(name) != self.old[name] and (
            name == "checkpoint" or kind == "memory" or
            file in ("log", "stdout"))


class Values(Train):
    """At every step, with lengths."""

    kinds = ()  # as for classes

    def arguments(self):
        self.write("values", npy([STEPS, BATCH, 2], [0.5] * STEPS * BATCH * 2))
        return [x if x != self.path("classes") else self.path("values")
                for x in super().arguments()] + [
                    "--lengths", self.path("lengths"), "--clip", 1]


class Continue(Train):
    """From a model on, and back to its best epoch in the end."""

    harmless = {**Train.harmless, "stat trained": {1, 2, 3, 4, 5, 6, 12},
                "stat checkpoint": {1, 2, 3, 4, 5, 6},
                "stat log": {1, 2, 3, 4, 5}, "stat model": {1, 2, 3}}

    def arguments(self):
        return [x for x in super().arguments() if x not in
                ("--hidden-size", 2)] + [
                    "--start-from", self.path("model"), "--validation", 0.5]


class Resume(Train):
    """From the first epoch of another training on."""

    harmless = {**Train.harmless, "stat checkpoint": {1, 2, 3, 4, 6},
                "close checkpoint": {1}}

    def setUp(self):
        super().setUp()
        self.succeed(*self.train(1, "--checkpoint"))
        self.old["checkpoint"] = self.read("checkpoint")

    def arguments(self):
        return [*self.train(2, "--resume"), "--log", self.path("log")]


class Draw(Info):
    def arguments(self):
        return ["info", self.path("model"), "--draw"]


class Measurement(Job):
    """Prints times, which are never the same."""

    def files(self):
        return {**super().files(), "stdout": None}


class Bench(Measurement):
    def arguments(self):
        return ["bench", self.path("model"), "--json", "--steps", 3]


class Doctor(Measurement):
    libraries = ["FAILING_LIBRARY", "HIDE_LIBRARY"]

    def arguments(self):
        return ["doctor"]


del Job, Measurement  # not tests by themselves
main()
