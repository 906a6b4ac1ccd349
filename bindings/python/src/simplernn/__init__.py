# SPDX-License-Identifier: MIT
"""Simple (Elman) recurrent networks on CPUs: torch.nn.RNN, small and fast.

>>> import numpy, simplernn
>>> rnn = simplernn.RNN(4, 8, num_layers=2, bidirectional=True, seed=0)
>>> output, h_n = rnn(numpy.zeros((5, 3, 4), "float32"))
>>> output.shape, h_n.shape
((5, 3, 16), (4, 3, 8))

The letters of shapes are T steps, B batch, I input_size, H hidden_size, L
num_layers and D directions. simplernn.train trains networks, simplernn.torch
has the same networks as modules of PyTorch, and simplernn.convert reads models
of other frameworks.
"""

from . import _core
from ._core import *  # the exceptions, which follow from the library's statuses
from ._core import SimpleRNNError, Stream, __version__, build_info
from ._network import RNN, RNNCell

__all__ = ["RNN", "RNNCell", "SimpleRNNError", "Stream", "__version__",
           "build_info"]
