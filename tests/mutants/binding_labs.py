# SPDX-License-Identifier: MIT
"""Labs for mutants of the Python package and of the Rust crate."""

import ast
import re

from lab import LONG_SECONDS, Lab, Test
from run import call


def program(text):
    """What Python runs, without the places in the file. Strings that are
    statements only document it; their examples are tests."""
    compile(text, "mutant", "exec", dont_inherit=True)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [it for it in body if not is_string(it)]
    return ast.dump(tree)


def is_string(statement):
    return isinstance(statement, ast.Expr) and \
        isinstance(statement.value, ast.Constant) and \
        isinstance(statement.value.value, str)


def crate(text):
    """What Rust compiles: no comments, and no tests, which end a file."""
    text = text.split("#[cfg(test)]\nmod tests")[0]
    return re.sub(r"/\*.*?\*/|//.*", "", text).split()


class PythonLab(Lab):
    seconds = LONG_SECONDS
    source = "bindings/python"
    flags = ["-G", "Ninja", "--preset", "python",
             "-DPython_EXECUTABLE=/usr/bin/python3"]
    products = ["bindings/python/simplernn/_core.abi3.so"]

    def find_tests(self, arguments):
        """One for each file, with the PyTorch of the Python in --torch. Those
        of PyTorch take a minute, which few mutants of convert are worth."""
        self.only_likely = not arguments.thorough
        environment = {
            "PYTHONPATH": str(self.build_folder / "bindings/python"),
            # Two mutants of one second may look like the same file.
            "PYTHONDONTWRITEBYTECODE": "1"}
        tests = []
        for path in sorted((self.tree / self.source).glob("tests/test_*.py")):
            needs_torch = path.stem.startswith("test_torch_")
            python = arguments.torch if needs_torch else "/usr/bin/python3"
            if python:
                tests.append(Test(
                    path.stem, [python, "-m", "pytest", "-x", "-q", "-p",
                                "no:cacheprovider", str(path)],
                    self.tree, environment))
        return tests

    def build(self, mutant, original):
        verdict = super().build(mutant, original)  # or back to the original
        if not mutant.file.endswith(".py"):
            return verdict
        try:
            same = program(original) == program(mutant.apply(original))
        except (SyntaxError, ValueError):
            return "broken"
        return "same" if same else ""


class RustLab(Lab):
    seconds = LONG_SECONDS
    source = "bindings/rust"
    products = []

    def __init__(self, folder, jobs, arguments):
        self.prefix = folder / "prefix"
        self.flags = ["-G", "Ninja", "--preset", "bare",
                      f"-DCMAKE_INSTALL_PREFIX={self.prefix}",
                      "-DCMAKE_INSTALL_LIBDIR=lib"]
        super().__init__(folder, jobs, arguments)

    def cargo(self, *command):
        return [str(self.tree / self.source / "test.sh"), str(self.prefix),
                str(self.build_folder / "rust"), "cargo", *command]

    def find_tests(self, _):
        """One for each program, those in the sources, and the comments."""
        self.expect(*self.ninja("install"))
        folder = self.tree / self.source / "simplernn/tests"
        parts = {"lib": ["--lib"], "doc": ["--doc"],
                 **{path.stem: ["--test", path.stem]
                    for path in sorted(folder.glob("*.rs"))}}
        return [Test(f"rust_{name}", self.cargo("test", "-p", "simplernn",
                                                *which), self.tree, {})
                for name, which in parts.items()]

    def build(self, mutant, original):
        if crate(original) == crate(mutant.apply(original)):
            return "same"
        code, _ = call(*self.cargo("check", "--tests"))
        return "broken" if code else ""
