# SPDX-License-Identifier: MIT
"""A copy of the tree, in which mutants are compiled and tested."""

import dataclasses
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time

from draw import ROOT
from run import Unfit, call

CONFIGURE = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
             "-DSIMPLERNN_EXAMPLES=OFF",
             # A test program stays as it is if the shared library changes.
             "-DCMAKE_LINK_DEPENDS_NO_SHARED=ON"]
# Mutants that leave these as they are, byte for byte, change nothing.
PRODUCTS = ["src/libsimplernn.so", "src/cli/simplernn", "tests/cpp/test_cpp"]

# These are about the text of the sources, or see what `test_bits` sees.
SKIPPED = re.compile("check_.*")
# They take more than 2 seconds of a core. Only what survives the others meets
# them, so nobody tries them without a mutant: other stages of the gate do.
SLOW = re.compile("test_(activation|backward|bits|command_(picture|run|train)|"
                  "memory|outer|random|reference_backward|sequences|sigmoid|"
                  "softmax|weights_memory|weights_merge_random|window)")
SLOW_SECONDS = 60
# The tests that usually notice a mutant of a folder. The others follow.
FIRST = {
    "api": "test_misuse_|test_api_complete|test_tensor|test_empty",
    "bindings": "test_cpp",
    "cell": "test_recur|test_golden|test_reference_",
    "cli": "test_npy|test_command_",
    "gemm": "test_(gemm|pack|outer|openblas)|test_golden|test_reference_",
    "io": "test_(weights|checkpoint|corpus|linear_save)",
    "layer": "test_golden|test_reference_|test_empty|test_reverse",
    "linear": "test_linear|test_loss|test_misuse_linear|test_cpp",
    "optimizer": "test_(golden_)?optimizer|test_misuse_optimizer|test_updates",
    "os": "test_(startup|threads|schedules|rates|weights)",
    "pointwise": "test_(activation|rounding|loss)|test_golden|test_reference_",
    "rnn": "test_(parameters|initialise|misuse_|gradients|golden)",
    "stack": "test_(golden|stream|tape|schedule|reference_|small_stack|stacks"
             "|misuse_|views|reverse)",
    "tensor": "test_(tensor|overlap|misuse_|views|contiguous|allocation)",
    "util": "test_(busy|misuse_|threads|allocation|schedules|tape_threads)",
}
# The command is tested by tests of its own, which take long.
COMMAND = re.compile("test_command_.*|test_npy")

# A test of a mutant may take longer than that of the original by this factor,
# and these seconds.
FACTOR, SECONDS = 10, 10
# Bytes; a mutant shall not fill the machine. Tests map 8 GiB, and make files of
# 2 GiB with nothing in them.
MEMORY_LIMIT = 12 << 30
FILE_LIMIT = 4 << 30


@dataclasses.dataclass
class Test:
    name: str
    command: list
    folder: str
    environment: dict
    seconds: float = 0.0  # how long the original takes


def read_tests(text):
    tests = []
    for entry in json.loads(text)["tests"]:
        if SKIPPED.fullmatch(entry["name"]):
            continue
        values = {p["name"]: p["value"] for p in entry["properties"]}
        environment = dict(pair.split("=", 1)
                           for pair in values.get("ENVIRONMENT", []))
        tests.append(Test(entry["name"], entry["command"],
                          values["WORKING_DIRECTORY"], environment))
    return tests


def tests_for(folder, tests):
    """Those that can notice a mutant of the folder, likely ones first."""
    last = folder.split("/")[-1] if folder.startswith("src/") else "bindings"
    if last == "bindings":
        tests = [test for test in tests if test.name.startswith("test_cpp")]
    else:
        tests = [test for test in tests
                 if bool(COMMAND.fullmatch(test.name)) == (last == "cli")]
    first = re.compile(FIRST.get(last, ""))
    return sorted(tests, key=lambda test: (test.seconds == SLOW_SECONDS,
                                           not first.match(test.name),
                                           test.seconds))


def limit(process, seconds):
    for kind, value in [(resource.RLIMIT_CPU, seconds),
                        (resource.RLIMIT_DATA, MEMORY_LIMIT),
                        (resource.RLIMIT_FSIZE, FILE_LIMIT),
                        (resource.RLIMIT_CORE, 0)]:
        resource.prlimit(process.pid, kind, (value, value))


class Lab:
    def __init__(self, folder, jobs):
        self.tree = folder / "tree"
        self.build_folder = folder / "build"
        self.scratch = folder / "scratch"
        self.jobs = str(jobs)
        shutil.copytree(ROOT, self.tree,
                        ignore=shutil.ignore_patterns(".git", "build*"))
        flags = list(CONFIGURE)
        if shutil.which("ccache"): # the second copy, and going back, cost less
            os.environ.setdefault("CCACHE_DIR", str(folder.parent / "ccache"))
            os.environ["CCACHE_BASEDIR"] = str(folder.parent)
            os.environ["CCACHE_NOHASHDIR"] = "1"
            flags += [f"-DCMAKE_{language}_COMPILER_LAUNCHER=ccache"
                      for language in ("C", "CXX")]
        self.expect("cmake", "-S", self.tree, "-B", self.build_folder, *flags)
        self.expect(*self.ninja())
        code, text = call("ctest", "--test-dir", self.build_folder,
                          "--show-only=json-v1")
        self.tests = read_tests(text)
        self.original = self.products()

    def expect(self, *command):
        code, text = call(*command)
        if code != 0:
            raise Unfit(text)

    def ninja(self, *targets):
        return "ninja", "-C", self.build_folder, "-j", self.jobs, *targets

    def products(self):
        return [hashlib.sha256((self.build_folder / name).read_bytes()).digest()
                for name in PRODUCTS]

    def run(self, test, seconds):
        """What the test says: "passes", "fails" or "timeout". It may compute
        for these seconds, and on a busy machine take longer."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        environment = {**os.environ, **test.environment,
                       "TMPDIR": str(self.scratch)}
        with subprocess.Popen(test.command, cwd=test.folder, env=environment,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              start_new_session=True) as process:
            limit(process, seconds)
            try:
                code = process.wait(5 * seconds)
            except subprocess.TimeoutExpired:
                code = -signal.SIGXCPU
            try: # what it left behind
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return "timeout"
        return "fails" if code else "passes"

    def check_original(self, test):
        if SLOW.fullmatch(test.name):
            test.seconds = SLOW_SECONDS
            return
        start = time.monotonic()
        if self.run(test, 600) != "passes":
            raise Unfit(f"{test.name} fails without a mutant")
        test.seconds = time.monotonic() - start

    def check(self, mutant):
        """The verdict, and the test that decided it."""
        path = self.tree / mutant.file
        original = path.read_text()
        path.write_text(mutant.apply(original))
        try:
            code, text = call(*self.ninja(*PRODUCTS))
            if code != 0:
                return "broken", ""
            if self.products() == self.original:
                return "same", ""
            code, text = call(*self.ninja())
            if code != 0:
                return "broken", ""
            for test in tests_for(mutant.folder, self.tests):
                verdict = self.run(test, int(SECONDS + FACTOR * test.seconds))
                if verdict != "passes":
                    return ("timeout" if verdict == "timeout" else "killed",
                            test.name)
            return "survived", ""
        finally:
            path.write_text(original)
