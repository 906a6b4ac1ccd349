# SPDX-License-Identifier: MIT
"""What the tests of simplernn.torch share."""

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence

import simplernn.torch as st

TOLERANCES = {torch.float32: 1e-5, torch.float64: 1e-12}
CLASSES = {torch.nn.RNN: st.RNN, torch.nn.RNNCell: st.RNNCell}


def assert_close(ours, theirs):
    """Of one tensor, or of what a network returns."""
    if isinstance(theirs, PackedSequence):
        for mine, other in zip(ours[1:], theirs[1:]):  # sizes and indices
            assert mine is other is None or torch.equal(mine, other)
        ours, theirs = ours.data, theirs.data
    if not torch.is_tensor(theirs):
        for mine, other in zip(ours, theirs, strict=True):
            assert_close(mine, other)
        return
    assert ours.shape == theirs.shape and ours.dtype is theirs.dtype
    if theirs.numel() > 0:
        limit = TOLERANCES[theirs.dtype] * (1 + theirs.abs().max())
        assert (ours - theirs).abs().max() <= limit


@pytest.fixture
def fallbacks(monkeypatch):
    """The modules of simplernn.torch that let torch compute."""
    found = []

    def watch(theirs, ours):
        forward = theirs.forward

        def watched(self, *arguments, **words):
            if isinstance(self, ours):
                found.append(self)
            return forward(self, *arguments, **words)

        monkeypatch.setattr(theirs, "forward", watched)

    for theirs, ours in CLASSES.items():
        watch(theirs, ours)
    return found
