# SPDX-License-Identifier: MIT
"""Training without PyTorch: from data to a trained network, and back to it
after a stop.

A step records a call, computes a loss, goes back, and updates the parameters.
Here a network learns to say which of two inputs was larger on the whole:

>>> import numpy, simplernn
>>> from simplernn import train
>>> x = numpy.random.default_rng(0).normal(size=(10, 64, 2)).astype("float32")
>>> classes = x.sum(axis=0).argmax(axis=1)
>>> rnn = simplernn.RNN(2, 16, seed=1)
>>> fc = train.Linear(16, 2, seed=2)
>>> tape = train.Tape(rnn)
>>> g_rnn, g_fc = train.Gradients(rnn), train.Gradients(fc)
>>> optimizer = train.Adam({"rnn.": g_rnn, "fc.": g_fc}, lr=0.01)
>>> for step in range(100):
...     output, h_n = tape.record(x)
...     logits = fc(h_n[-1])
...     loss, count, d_logits = train.cross_entropy(logits, classes)
...     d_h_n = fc.backward(h_n[-1], d_logits, gradients=g_fc)
...     _ = tape.backward(d_h_n=d_h_n[None], gradients=g_rnn)
...     norm = train.clip_norm([g_rnn, g_fc], 1.0)
...     optimizer.step()
>>> loss / count < 0.2
True

Names, defaults and formulas are those of PyTorch. One thread at a time may use
a Tape, Gradients or an optimizer. Any number of threads may train networks of
their own at once: nothing holds the GIL while it computes.
"""

from .._core import (Gradients, Tape, clip_norm, clip_value, cross_entropy,
                     norm, scale, squared_error)
from ._linear import Linear
from ._optimizers import SGD, Adam, AdamW, RMSprop

__all__ = ["SGD", "Adam", "AdamW", "Gradients", "Linear", "RMSprop", "Tape",
           "clip_norm", "clip_value", "cross_entropy", "norm", "scale",
           "squared_error"]
