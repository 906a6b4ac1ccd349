# SPDX-License-Identifier: MIT
"""The networks in plain NumPy and float64, with a bound of the error that a
computation in another precision may have.

The bound follows the computation. Of an exact sum of n products, a computed one
differs by at most n u sum(|products|), where u is half of the distance from 1
to the next number. An activation f passes on an error e of its argument a as at
most max|f'| e, the maximum over [a-e, a+e], and adds ULPS u of its own. So the
bound is as narrow as the numbers allow, and needs no constant that somebody
chose by trying.
"""

import numpy

ULPS = 8  # the largest error of an activation, in multiples of u


def sigmoid(a):
    return 1 / (1 + numpy.exp(-a))


# Each activation, and a bound of |f'| in [a-e, a+e]: |f''| is at most 0.77 for
# tanh and 0.1 for sigmoid.
ACTIVATIONS = {
    "tanh": (numpy.tanh,
             lambda a, e: numpy.minimum(1, 1 - numpy.tanh(a)**2 + 0.77 * e)),
    "relu": (lambda a: numpy.maximum(a, 0), lambda a, e: 1),
    "sigmoid": (sigmoid,
                lambda a, e: sigmoid(a) * (1 - sigmoid(a)) + 0.1 * e),
    "identity": (lambda a: a, lambda a, e: 1),
}


class Value:
    """Exact numbers, and how far computed ones may be from them."""

    def __init__(self, exact, error=None):
        self.exact = numpy.asarray(exact, "float64")
        self.error = numpy.zeros(self.exact.shape) if error is None else error

    def __getitem__(self, index):
        return Value(self.exact[index], self.error[index])

    def __setitem__(self, index, value):
        self.exact[index], self.error[index] = value.exact, value.error


def step(cell, activation, u, x, h):
    """One step of one sequence: x [I] and h [H] give a new h."""
    weight_ih, weight_hh, *biases = cell
    exact = weight_ih @ x.exact + weight_hh @ h.exact + sum(biases, 0.0)
    products = (abs(weight_ih) @ (abs(x.exact) + x.error)
                + abs(weight_hh) @ (abs(h.exact) + h.error)
                + sum((abs(bias) for bias in biases), 0.0))
    count = weight_ih.shape[1] + weight_hh.shape[1] + 3
    error = (count * u * products + abs(weight_ih) @ x.error
             + abs(weight_hh) @ h.error)
    function, slope = ACTIVATIONS[activation]
    result = function(exact)
    return Value(result, slope(exact, error) * error
                 + ULPS * u * (abs(result) + error))


def run_direction(cell, activation, u, x, h0, resets, fresh, reverse):
    """One direction of one sequence: all states, and the last one."""
    steps = len(x.exact)
    states = Value(numpy.zeros((steps, len(h0.exact))))
    h = h0
    for t in reversed(range(steps)) if reverse else range(steps):
        if resets[t] and not reverse:
            h = fresh
        states[t] = h = step(cell, activation, u, x[t], h)
        if resets[t] and reverse and t > 0:
            h = fresh
    return states, h


def run_sequence(network, parameters, x, h0, resets, fresh):
    """All layers of one sequence, x [T,I]: output [T,D*H] and h_n [L*D,H]."""
    directions = {"forward": [False], "reverse": [True],
                  "bidirectional": [False, True]}[network.direction]
    u = numpy.finfo(network.dtype).eps / 2
    per_cell = 4 if network.bias else 2
    h_n = Value(numpy.zeros(h0.exact.shape))
    x = Value(x)
    for layer in range(network.num_layers):
        halves = []
        for number, reverse in enumerate(directions):
            index = layer * len(directions) + number
            cell = parameters[index * per_cell:(index + 1) * per_cell]
            states, h_n[index] = run_direction(
                cell, network.nonlinearity, u, x, h0[index], resets,
                fresh[index], reverse)
            halves.append(states)
        x = Value(numpy.concatenate([each.exact for each in halves], 1),
                  numpy.concatenate([each.error for each in halves], 1))
    return x, h_n


def forward(network, x, h0=None, lengths=None, resets=None, fresh=None):
    """What network(x, ...) must return: two Values."""
    single = x.ndim == 2
    if single:
        x = x[:, None]
    elif network.batch_first:
        x = x.swapaxes(0, 1)
        resets = None if resets is None else numpy.swapaxes(resets, 0, 1)
    steps, batch, _ = x.shape
    directions = 2 if network.bidirectional else 1
    size = network.hidden_size
    states = (network.num_layers * directions, batch, size)

    def broadcast(h):
        if h is None:
            return Value(numpy.zeros(states))
        h = numpy.asarray(h, "float64")
        return Value(numpy.broadcast_to(h[:, None] if h.ndim == 2 else h,
                                        states))

    h0, fresh = broadcast(h0), broadcast(fresh)
    lengths = numpy.full(batch, steps) if lengths is None else lengths
    resets = numpy.zeros((steps, batch)) if resets is None else resets
    resets = numpy.reshape(resets, (steps, batch))
    parameters = [numpy.asarray(value, "float64")
                  for value in network.state_dict().values()]
    output = Value(numpy.zeros((steps, batch, directions * size)))
    h_n = Value(numpy.zeros(states))
    for b, length in enumerate(numpy.reshape(lengths, -1)):
        output[:length, b], h_n[:, b] = run_sequence(
            network, parameters, x[:length, b], h0[:, b], resets[:length, b],
            fresh[:, b])
    if single:
        return output[:, 0], h_n[:, 0]
    if network.batch_first:
        output = Value(output.exact.swapaxes(0, 1), output.error.swapaxes(0, 1))
    return output, h_n


def assert_close(got, wanted):
    """The error is within the bound, and the bound is narrow: another network
    or another element would be far outside."""
    assert got.shape == wanted.exact.shape
    distance = abs(got - wanted.exact)
    assert (distance <= wanted.error).all(), (distance - wanted.error).max()
    width = 1e-2 if got.dtype == "float32" else 1e-10
    assert (wanted.error <= width * numpy.maximum(1, abs(wanted.exact))).all()
