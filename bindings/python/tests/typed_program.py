# SPDX-License-Identifier: MIT
"""A program that test_types.py checks with mypy --strict, and runs."""

import array
import copy
import io

import numpy
from numpy.typing import NDArray

import simplernn
from simplernn import train


def total(values: NDArray[numpy.float32]) -> float:
    return float(values.sum())


rnn = simplernn.RNN(3, 4, num_layers=2, nonlinearity="relu", seed=0,
                    num_threads=1)
x = numpy.zeros((5, 2, 3), "float32")
output, h_n = rnn(x, lengths=[5, 3], resets=numpy.zeros((5, 2), bool))
output, _ = rnn(memoryview(array.array("f", range(30))).cast("B").cast(
    "f", [5, 2, 3]), h_n, out=(output, None))
hidden: int = rnn.hidden_size * (2 if rnn.bidirectional else 1)
words: list[str] = [rnn.nonlinearity, rnn.dtype, rnn.direction, repr(rnn)]
state: dict[str, NDArray[numpy.float32]] = rnn.state_dict()
rnn.load_state_dict(state)
with rnn.stream(batch=2) as stream:
    y = stream.step(x[0])
    stream.advance(x, ahead=0, out=output)
    stream.reset([0, 1])
    stream.state = stream.state * 2
file = io.BytesIO()
rnn.save(file, "encoder.", {"made by": "a test"})
again: simplernn.RNN = simplernn.RNN.load(file.getvalue(), "encoder.")
again = copy.deepcopy(simplernn.RNN.from_state_dict(state))
again.num_threads = None
cell = simplernn.RNNCell(3, 4, dtype=numpy.float32)
hx = cell(x[0], out=numpy.empty((2, 4), "float32"))
linear = train.Linear(4, 2, seed=0)
head: train.Linear = train.Linear.from_state_dict(linear.state_dict())
gradients = {"rnn.": train.Gradients(rnn), "": train.Gradients(head)}
optimizer = train.AdamW(gradients, lr=1e-3, betas=(0.9, 0.99))
tape = train.Tape(rnn, checkpoint_steps=10)
output, _ = tape.record(x, seed=1)
loss, count, d_logits = train.cross_entropy(
    head(output, rnn=rnn), numpy.zeros((5, 2), "int64"))
mean: float = loss / count
d_output = head.backward(output, d_logits, gradients=gradients[""])
d_input, d_h0, d_fresh = tape.backward(d_output, gradients=gradients["rnn."],
                                       d_input=True)
train.clip_norm(gradients.values(), 1.0)
optimizer.step()
optimizer.lr = optimizer[""].lr / 2
optimizer.betas = 0.8, 0.9
steps: int = optimizer.steps
norm: float = train.norm(gradients[""]) + float(gradients[""]["bias"].sum())
try:
    rnn(x[0, 0])
except simplernn.ShapeError as error:
    text: str = f"{error.name} is {error.status}: {error}"
except (simplernn.SimpleRNNError, simplernn.IoError):
    raise
print(total(output), hidden, words, text, simplernn.__version__,
      simplernn.build_info())
