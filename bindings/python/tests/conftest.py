# SPDX-License-Identifier: MIT
"""What all tests share. They need pytest, hypothesis, NumPy, h5py, msgpack
and onnx. Those that compare with PyTorch, safetensors or mypy are skipped where
these are missing.
"""

import os

import hypothesis
import pytest

import simplernn

# The same examples at every run: a failure of the gate can be repeated.
hypothesis.settings.register_profile(
    "gate", derandomize=True, deadline=None, max_examples=100, database=None)
hypothesis.settings.load_profile("gate")

@pytest.fixture
def environment():
    """The environment of a program that imports the package under test."""
    folder = os.path.dirname(os.path.dirname(simplernn.__file__))
    return {**os.environ, "PYTHONPATH": folder}
