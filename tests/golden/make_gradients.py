#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes gradients.safetensors: the gradients that PyTorch's autograd computes
of many small networks with lengths, resets and dropout.

    pip install torch==2.13.0 numpy
    python make_gradients.py

The loss is sum(output * d_output) + sum(h_n * d_h_n) in float64. All numbers of
a case come from pattern() of make_golden.py, so the file holds results only:
"case07.d_input", "case07.d_h0", "case07.d_fresh", "case07.d_weight_ih_l0" and
so on, and the case's options in the metadata. A case of one direction may be
the reverse one alone. Masks of dropout are made here from the paper on Philox,
since PyTorch uses another generator.
"""

import itertools
import math
import pathlib
import random

import numpy
import torch

import make_golden
from make_golden import pattern

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, **make_golden.LOOPS}
RESET = -0.5  # a pattern below it is a reset
DROPOUT = {"seed": 2**40 + 12345, "first_row": 1000}
COLUMNS = "L D reverse act bias I H T B states p_eighths".split()


def philox(counter, key):
    """Philox4x32-10 of Salmon and others, "Parallel random numbers: as easy as
    1, 2, 3"."""
    a, b, c, d = counter
    for number in range(10):
        k0, k1 = ((part + number * weyl) % 2**32
                  for part, weyl in zip(key, (0x9E3779B9, 0xBB67AE85)))
        first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (second >> 32 ^ b ^ k0, second % 2**32,
                      first >> 32 ^ d ^ k1, first % 2**32)
    return a, b, c, d


def mask(case, layer, T, B, features):
    """What dropout multiplies the output of a layer by."""
    p, seed = case["p_eighths"] / 8, case["seed"]
    t, b, word = numpy.indices((T, B, (features + 3) // 4), numpy.uint64)
    counter = word, t, case["first_row"] + b, numpy.full_like(t, layer)
    words = numpy.stack(philox(counter, (seed % 2**32, seed >> 32)), -1)
    kept = words.reshape(T, B, -1)[..., :features] >= round(p * 2**32)
    return torch.from_numpy(kept / (1 - p) if p < 1 else 0.0 * kept)


def run_cell(act, parameters, reverse, x, lengths, resets, h0, fresh):
    """The loop of simplernn/context.h for all rows at once."""
    weight_ih, weight_hh, *biases = parameters
    T, h, states = len(x), h0, [None] * len(x)
    for t in reversed(range(T)) if reverse else range(T):
        exists = (t < lengths).unsqueeze(1)
        is_reset = resets[t].unsqueeze(1) & exists
        if not reverse:
            h = torch.where(is_reset, fresh, h)
        after = act(x[t] @ weight_ih.T + h @ weight_hh.T + sum(biases))
        states[t] = torch.where(exists, after, 0.0)
        h = torch.where(exists, after, h)
        if reverse and t > 0:
            h = torch.where(is_reset, fresh, h)
    return torch.stack(states), h


def run(case, parameters, x, lengths, resets, h0, fresh):
    per_cell = 4 if case["bias"] else 2
    D, h_n = case["D"], []
    for layer in range(case["L"]):
        halves = []
        for direction in range(D):
            cell = layer * D + direction
            states, last = run_cell(
                ACTIVATIONS[case["act"]],
                parameters[cell * per_cell:(cell + 1) * per_cell],
                direction == 1 or case["reverse"], x, lengths, resets,
                h0[cell], fresh[cell])
            halves.append(states)
            h_n.append(last)
        x = output = torch.cat(halves, 2)
        if case["p_eighths"] and layer + 1 < case["L"]:
            x = x * mask(case, layer, *x.shape)
    return output, torch.stack(h_n)


def lengths_of(name, case):
    """0 to T, except where they are given."""
    if case["lengths"]:
        return torch.tensor(case["lengths"])
    unit = (pattern(f"{name}.lengths", [case["B"]]) + 1) / 2
    return (unit * (case["T"] + 1)).floor().long()


def names_of(case):
    kinds = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * case["bias"]
    for layer, direction in itertools.product(range(case["L"]),
                                              range(case["D"])):
        suffix = "_reverse" if direction or case["reverse"] else ""
        for kind in kinds:
            yield kind, f"{kind}_l{layer}{suffix}", layer


def parameters_of(name, case):
    H, scale = case["H"], 2.0 ** -round(math.log2(case["H"]) / 2)
    for kind, full, layer in names_of(case):
        inputs = case["D"] * H if layer else case["I"]
        shape = {"weight_ih": [H, inputs], "weight_hh": [H, H]}.get(kind, [H])
        value = pattern(f"{name}.{full}", shape) * scale
        if case["dead"] and kind == "bias_ih":
            value[0] = -64  # relu never lets unit 0 go
        yield f"d_{full}", value.requires_grad_()


def differentiate(name, case):
    T, B, I, H = (case[key] for key in "TBIH")
    cells = case["L"] * case["D"]
    variables = dict(parameters_of(name, case))
    parameters = list(variables.values())
    for key, shape in (("input", [T, B, I]), ("h0", [cells, B, H]),
                       ("fresh", [cells, B, H])):
        value = pattern(f"{name}.{key}", shape)
        if key != "input" and not case["states"]:
            value = torch.zeros_like(value)
        variables[f"d_{key}"] = value.requires_grad_()
    resets = pattern(f"{name}.resets", [T, B]) < RESET
    output, h_n = run(case, parameters, variables["d_input"],
                      lengths_of(name, case), resets, variables["d_h0"],
                      variables["d_fresh"])
    loss = (output * pattern(f"{name}.d_output", output.shape)).sum()
    loss = loss + (h_n * pattern(f"{name}.d_h_n", h_n.shape)).sum()
    gradients = torch.autograd.grad(loss, variables.values(),
                                    materialize_grads=True)
    return {f"{name}.{key}": gradient
            for key, gradient in zip(variables, gradients)}


def cases():
    """The full one first: everything at once. Then all options crossed, with
    random sizes."""
    yield dict(zip(COLUMNS, [3, 2, 0, "relu", 1, 4, 5, 7, 4, 1, 0]),
               lengths=[7, 0, 5, 1], dead=1, **DROPOUT)
    cards = random.Random(11)
    for L, (D, reverse), act in itertools.product(
            [1, 2, 3], [(1, 0), (1, 1), (2, 0)], ACTIVATIONS):
        for states in 1, 0:
            if states == 0 and L == 3:
                continue
            sizes = [cards.randint(1, limit) for limit in (5, 5, 7, 4)]
            yield dict(zip(COLUMNS, [L, D, reverse, act, cards.randint(0, 1),
                                     *sizes, states, cards.choice([0, 3])]),
                       lengths=[], dead=0, **DROPOUT)


def main():
    tensors, metadata = {}, {"made_by": f"torch {torch.__version__}"}
    for number, case in enumerate(cases()):
        name = f"case{number:02d}"
        tensors.update(differentiate(name, case))
        metadata[name] = " ".join(f"{key}={case[key]}" for key in COLUMNS)
        metadata[name] += f" dead={case['dead']} lengths=" + ",".join(
            map(str, case["lengths"]))
    make_golden.write(
        pathlib.Path(__file__).with_name("gradients.safetensors"), tensors,
        metadata)


if __name__ == "__main__":
    main()
