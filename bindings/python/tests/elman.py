# SPDX-License-Identifier: MIT
"""A simple RNN in NumPy, as an oracle for the tests of simplernn.convert."""

import numpy

ACTIVATIONS = {
    "tanh": numpy.tanh,
    "relu": lambda x: numpy.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + numpy.exp(-x)),
    "identity": lambda x: x,
}


def run_cell(state_dict, suffix, activate, x, h):
    """All states of one direction over x [T,B,I], from h [B,H]."""
    weight_ih, weight_hh, *biases = (
        state_dict[kind + suffix].astype(numpy.float64) for kind in
        ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        if kind + suffix in state_dict)
    states = []
    for step in x:
        h = activate(step @ weight_ih.T + h @ weight_hh.T + sum(biases))
        states.append(h)
    return numpy.stack(states)


def run(state_dict, x, h0=None, *, nonlinearity, batch_first, direction):
    """(output, h_n), as RNN.from_state_dict(...)(x, h0) returns them."""
    activate = ACTIVATIONS[nonlinearity]
    suffixes = {"forward": [""], "reverse": ["_reverse"],
                "bidirectional": ["", "_reverse"]}[direction]
    layers = 1 + max(int(name.split("_l")[1].split("_")[0])
                     for name in state_dict)
    x = x.swapaxes(0, 1) if batch_first else x
    size = state_dict["weight_hh_l0" + suffixes[0]].shape[0]
    if h0 is None:
        h0 = numpy.zeros((layers * len(suffixes), x.shape[1], size))
    h0, h_n = iter(h0), []
    for layer in range(layers):
        halves = []
        for suffix in suffixes:
            way = slice(None, None, -1 if suffix else 1)
            states = run_cell(state_dict, f"_l{layer}{suffix}", activate,
                              x[way], next(h0))
            halves.append(states[way])
            h_n.append(states[-1])
        x = numpy.concatenate(halves, 2)
    return x.swapaxes(0, 1) if batch_first else x, numpy.stack(h_n)
