# SPDX-License-Identifier: MIT
"""The types that programs see: mypy, where it is installed."""

import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).with_name("typed_program.py")


def check(*arguments, environment, folder):
    """In an empty folder, so that no settings of the project count. mypy must
    not be told of a folder where pip installs, which it knows."""
    path = environment["PYTHONPATH"]
    if "site-packages" not in path:
        environment = {**environment, "MYPYPATH": path}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, text=True,
        env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def test_the_program_runs(environment, tmp_path):
    check(PROGRAM, environment=environment, folder=tmp_path)


def test_the_program_is_typed(environment, tmp_path):
    pytest.importorskip("mypy.version", minversion="1.18")
    check("-m", "mypy", "--strict", PROGRAM, environment=environment,
          folder=tmp_path)


def test_the_types_are_those_at_run_time(environment, tmp_path):
    pytest.importorskip("mypy.version", minversion="1.18")
    check("-m", "mypy.stubtest", "simplernn._core", "simplernn._network",
          "simplernn.train", environment=environment, folder=tmp_path)
