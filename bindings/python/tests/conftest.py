# SPDX-License-Identifier: MIT
"""What all tests share. They need pytest, hypothesis and NumPy. Those that
compare with PyTorch, safetensors or mypy are skipped where these are missing.
"""

import importlib.metadata
import os

import hypothesis
import pytest

import simplernn

# The same examples at every run: a failure of the gate can be repeated.
hypothesis.settings.register_profile(
    "gate", derandomize=True, deadline=None, max_examples=100, database=None)
hypothesis.settings.load_profile("gate")

# simplernn.torch needs PyTorch 2.4. Debian 12 has an older one.
try:
    number = importlib.metadata.version("torch").split(".")
    collect_ignore_glob = ["test_torch_*"] if (
        int(number[0]), int(number[1])) < (2, 4) else []
except importlib.metadata.PackageNotFoundError:
    pass  # each of these tests says that it is skipped


@pytest.fixture
def environment():
    """The environment of a program that imports the package under test."""
    folder = os.path.dirname(os.path.dirname(simplernn.__file__))
    return {**os.environ, "PYTHONPATH": folder}
