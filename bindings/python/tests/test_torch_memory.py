# SPDX-License-Identifier: MIT
"""Arguments whose memory must not be read as if they were others. If they were,
the process could die, so a process of its own computes with them."""

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", "2.13")

BEGINNING = """
import copy
import torch
import simplernn.torch as st
from torch.nn.utils.rnn import PackedSequence
from torch_support import assert_close

def outcome(module, *arguments):
    try:
        return module(*arguments)
    except Exception as error:
        return type(error), str(error)

def compare(make, theirs=torch.nn.RNN(4, 8)):
    ours = st.convert(copy.deepcopy(theirs))
    for trains in (True, False):
        with torch.set_grad_enabled(trains):
            arguments = make()
            expected = outcome(theirs, *arguments)
            found = outcome(ours, *arguments)
        if isinstance(expected[0], type):
            assert found == expected
        else:
            assert_close(found, expected)
"""



def run(environment, program):
    environment["PYTHONPATH"] += ":" + __file__.rpartition("/")[0]
    subprocess.run([sys.executable, "-c", BEGINNING + program], check=True,
                   env=environment, timeout=100)


def test_sizes_of_packed_sequences(environment):
    """pad_packed_sequence() believes them."""
    run(environment, """
data, h0 = torch.randn(4, 4), torch.randn(1, 2, 8)
for sizes in ([2, 0, 2], [2, -2, 2, 2], [1, 2, 1], [3, 0, 1], [3, 1, 0], [4],
              [2, 2], [1, 1, 1], [4, 0, 0], [5, -1], [2**62] * 4 + [4], [],
              [2**63 - 1, 2**63 - 1, 6], [2., 2.], [[2, 2]], [[2], [2]], 4):
    for sizes in (torch.tensor(sizes), torch.tensor([2, 2]).int()):
        for batch_first in (False, True):
            module = torch.nn.RNN(4, 8, batch_first=batch_first)
            compare(lambda: [PackedSequence(data, sizes)], module)
            compare(lambda: [PackedSequence(data, sizes), h0], module)
""")


def test_indices_of_packed_sequences(environment):
    run(environment, """
data, sizes, right = torch.randn(4, 4), torch.tensor([2, 2]), [1, 0]
for indices in (right, [0], [1, 0, 1], [0, 2], [], [[0, 1]], [1., 0.]):
    for pair in ((indices, indices), (right, indices), (indices, right)):
        pair = [torch.tensor(each) for each in pair]
        for hx in ([], [torch.randn(1, 2, 8)], [torch.randn(1, 3, 8)]):
            compare(lambda: [PackedSequence(data, sizes, *pair), *hx])
""")


STRANGE = """
x, h0 = torch.randn(5, 3, 4), torch.randn(1, 3, 8)

def released(tensor):
    tensor = tensor.clone()
    tensor.untyped_storage().resize_(0)
    return tensor

kinds = {
    "mkldnn": torch.Tensor.to_mkldnn,
    "sparse": torch.Tensor.to_sparse,
    "nested": lambda tensor: torch.nested.nested_tensor(list(tensor)),
    "released": released,
    "functional": torch._to_functional_tensor,
    "zero": lambda tensor: torch._efficientzerotensor(tensor.shape),
}
"""


@pytest.mark.parametrize("kind", ["mkldnn", "sparse", "nested", "released",
                                  "functional", "zero"])
def test_tensors_without_plain_memory(environment, kind):
    run(environment, STRANGE + f"""
kind = kinds["{kind}"]
compare(lambda: [kind(x)])
compare(lambda: [x, kind(h0)])
compare(lambda: [kind(x[0])], torch.nn.RNNCell(4, 8))
compare(lambda: [x[0], kind(h0[0])], torch.nn.RNNCell(4, 8))
""")


def test_weights_without_plain_memory(environment):
    """torch makes no Parameter of the other kinds, or no copy of it."""
    run(environment, STRANGE + """
theirs = torch.nn.RNN(4, 8)
theirs.weight_hh_l0.data = kinds["zero"](theirs.weight_hh_l0.data)
compare(lambda: [x], theirs)
""")
