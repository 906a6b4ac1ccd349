# SPDX-License-Identifier: MIT
"""A copy of the tree, in which mutants are compiled and tested."""

import dataclasses
import filecmp
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess

from draw import ROOT
from run import FAST, Unfit, cache_flags, call

CONFIGURE = [*FAST, "-DSIMPLERNN_WERROR=ON"]
# Finds what changes no result, such as a read behind the end of an array.
SANITIZE = ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O1",
            "-DCMAKE_C_COMPILER=clang", "-DCMAKE_CXX_COMPILER=clang++",
            "-DSIMPLERNN_SANITIZE=address,undefined,float-cast-overflow"]
# Mutants that leave these as they are, byte for byte, change nothing.
PRODUCTS = ["src/libsimplernn.so", "src/cli/simplernn", "tests/cpp/test_cpp"]

# These are about the text of the sources, or see what `test_bits` sees.
SKIPPED = re.compile("check_.*")
# They take more than 2 seconds of a core, and are left out unless asked for.
SLOW = re.compile("test_(activation|backward|bits|memory|outer|random|"
                  "reference_backward|sequences|sigmoid|softmax|"
                  "torch_(compile|memory|random)|weights_memory|"
                  "weights_merge_random|window)")
# The tests that usually notice a mutant of a folder, in the order in which they
# are tried. The others follow.
FIRST = {
    "api": "test_misuse_ test_api_complete test_(tensor|empty)",
    "cell": "test_golden test_recur test_reference_",
    "cli": "test_npy test_command_",
    "gemm": "test_(gemm|pack) test_golden test_(outer|openblas|reference_)",
    "io": "test_(weights|checkpoint|corpus|linear_save)",
    "layer": "test_golden test_(empty|reverse) test_reference_",
    "linear": "test_(linear|loss) test_misuse_linear test_cpp",
    "optimizer": "test_(golden_)?optimizer test_misuse_optimizer test_updates",
    "os": "test_cores startup_ test_(rates|threads|schedules) test_weights",
    "pointwise": "test_(rounding|loss|activation) test_golden test_reference_",
    "rnn": "test_golden test_(gradients|misuse_) test_(parameters|initialise)",
    "simd": "test_(gemm|pack|rounding) test_golden test_misuse_ "
            "test_(outer|recur)",
    "stack": "test_golden test_(tape|schedule|small_stack|stacks|misuse_) "
             "test_(stream|views|reverse|reference_)",
    "tensor": "test_(tensor|arena|overlap|misuse_) "
              "test_(views|contiguous|allocation)",
    "util": "test_(team|busy|misuse_|allocation) "
            "test_(threads|schedules|model)",
    # Of the Python package:
    "convert": "test_convert_ test_(package|types)",
    "torch": "test_torch_",
    "train": "test_train_ test_(errors|files|package|streams|types)",
}
# Which tests try a folder; all others try the rest of src/.
OWN_TESTS = {
    "src/cli": re.compile("test_command_.*|test_npy|test_corpus_command"),
    "bindings/cpp": re.compile("test_cpp.*"),
}
# These take ten times as long as others. Nobody tries them without a mutant,
# because other stages of the gate do.
LONG = re.compile(f"test_command_(picture|run|train)|{SLOW.pattern}")

# Seconds of a core that a test of a mutant may take. Without a mutant, those of
# src/ take a fifth at most.
SECONDS, LONG_SECONDS = 60, 300
# Bytes; a mutant shall not fill the machine. Tests map 8 GiB, and make files of
# more than 4 GiB with nothing in them.
MEMORY_LIMIT = 12 << 30
FILE_LIMIT = 8 << 30


@dataclasses.dataclass
class Test:
    name: str
    command: list
    folder: str
    environment: dict
    target: str = ""  # what has to be linked again, if the products are


def read_tests(text, build_folder):
    """From what ctest says. A test of the API only loads the new library."""
    tests = []
    for entry in json.loads(text)["tests"]:
        if SKIPPED.fullmatch(entry["name"]):
            continue
        values = {p["name"]: p["value"] for p in entry["properties"]}
        environment = dict(pair.split("=", 1)
                           for pair in values.get("ENVIRONMENT", []))
        program = os.path.relpath(entry["command"][0], build_folder)
        is_new = "api" not in values.get("LABELS", []) and \
            not program.startswith("..")
        tests.append(Test(entry["name"], entry["command"],
                          values["WORKING_DIRECTORY"], environment,
                          program if is_new else ""))
    return tests


def is_slow(test):
    return SLOW.fullmatch(test.name) is not None


def owner(name):
    """The folder whose own test it is, or None."""
    for folder, tests in OWN_TESTS.items():
        if tests.fullmatch(name):
            return folder
    return None


def tests_for(file, tests, thorough=False, only_likely=False):
    """Those that can notice a mutant of the file, likely ones first."""
    wanted = next((folder for folder in OWN_TESTS if file.startswith(folder)),
                  None)
    first = next((FIRST[part] for part in file.split("/") if part in FIRST),
                 "").split()

    def rank(test):
        return next((i for i, pattern in enumerate(first)
                     if re.match(pattern, test.name)), len(first))

    tests = [test for test in tests if owner(test.name) == wanted and
             (thorough or not is_slow(test)) and
             (not only_likely or not first or rank(test) < len(first))]
    return sorted(tests, key=lambda test: (is_slow(test), rank(test)))


def limited(command, limits):
    """The command, started under these limits. Where the machine has set a
    lower one, which nobody may raise, that stays."""
    values = []
    for name, value in limits.items():
        _, hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        values.append(f"--{name.lower()}={value}")
    return ["prlimit", *values, *command]


def copy_tree(folder):
    """A file that is there already keeps its time, so ninja leaves it alone."""
    def update(source, target):
        if not os.path.exists(target) or \
                not filecmp.cmp(source, target, shallow=False):
            shutil.copy2(source, target)
            os.utime(target)
    shutil.copytree(ROOT, folder, copy_function=update, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns(".git", "build",
                                                  "build[!.]*"))


class Lab:
    flags = CONFIGURE
    seconds = SECONDS
    products = PRODUCTS

    def __init__(self, folder, jobs, arguments):
        self.tree = folder / "tree"
        self.build_folder = folder / "build"
        self.scratch = folder / "scratch"
        self.passed = set() # names of tests, without a mutant
        self.jobs = str(jobs)
        self.sanitize = self.only_likely = arguments.sanitize
        copy_tree(self.tree)
        flags = self.flags + (SANITIZE if self.sanitize else [])
        self.expect("cmake", "-S", self.tree, "-B", self.build_folder, *flags,
                    *cache_flags(folder.parent))
        self.expect(*self.ninja())
        self.tests = self.find_tests(arguments)
        self.original = self.hashes()

    def find_tests(self, _):
        code, text = call("ctest", "--test-dir", self.build_folder,
                          "--show-only=json-v1")
        return read_tests(text, self.build_folder)

    def expect(self, *command):
        code, text = call(*command)
        if code != 0:
            raise Unfit(text)

    def ninja(self, *targets):
        return "ninja", "-C", self.build_folder, "-j", self.jobs, *targets

    def hashes(self):
        return [hashlib.sha256((self.build_folder / name).read_bytes()).digest()
                for name in self.products]

    def run(self, test):
        """What the test says: "passes", "fails" or "timeout". On a busy machine
        it may take longer than it computes."""
        seconds = LONG_SECONDS if self.sanitize or \
            LONG.fullmatch(test.name) else self.seconds
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
        environment = {**os.environ, **test.environment,
                       "TMPDIR": str(self.scratch)}
        limits = {"CPU": seconds, "FSIZE": FILE_LIMIT, "CORE": 0}
        if not self.sanitize: # The sanitizers map much more than they use.
            limits["DATA"] = MEMORY_LIMIT
        with subprocess.Popen(limited(test.command, limits),
                              cwd=test.folder, env=environment,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              start_new_session=True) as process:
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
        """A test that killed a mutant must pass without it."""
        if LONG.fullmatch(test.name) or test.name in self.passed:
            return
        self.expect(*self.ninja(*self.products))
        if test.target:
            self.expect(*self.ninja(test.target))
        if self.run(test) != "passes":
            raise Unfit(f"{test.name} fails without a mutant")
        self.passed.add(test.name)

    def build(self, mutant, original):
        """What the compiler says: "broken", "same", or "" if it must be
        tested."""
        if call(*self.ninja(*self.products))[0] != 0:
            return "broken"
        return "same" if self.hashes() == self.original else ""

    def judge(self, mutant, original, thorough):
        """The verdict, and the test that decided it or None."""
        verdict = self.build(mutant, original)
        if verdict:
            return verdict, None
        for test in tests_for(mutant.file, self.tests, thorough,
                              self.only_likely):
            if test.target and call(*self.ninja(test.target))[0] != 0:
                return "broken", None
            verdict = self.run(test)
            if verdict != "passes":
                return ("timeout" if verdict == "timeout" else "killed"), test
        return "survived", None

    def check(self, mutant, thorough):
        """The verdict, and the name of the test that decided it."""
        path = self.tree / mutant.file
        original = path.read_text()
        path.write_text(mutant.apply(original))
        try:
            verdict, test = self.judge(mutant, original, thorough)
        finally:
            path.write_text(original)
        if test is None:
            return verdict, ""
        self.check_original(test)
        return verdict, test.name
