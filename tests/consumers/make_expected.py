#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes expected.txt, what every consumer must compute, one value a line. Of a
bidirectional network: output [3,2,4] and h_n [4,2,2]. Of one that only reads
forward: output [3,2,2], step by step. Needs torch; run once."""

import pathlib

import torch

T, B, I, H, L = 3, 2, 4, 2, 2


def values(p, *shape):
    """The formula all consumers use: exact in float32."""
    count = torch.Size(shape).numel()
    numbers = [((p * 7 + i * 3) % 11 - 5) / 16 for i in range(count)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


def make_rnn(bidirectional):
    rnn = torch.nn.RNN(I, H, L, bidirectional=bidirectional,
                       dtype=torch.float64)
    for p, parameter in enumerate(rnn.parameters()):
        parameter.copy_(values(p, *parameter.shape))
    return rnn


with torch.no_grad():
    x = values(16, T, B, I)
    output, h_n = make_rnn(True)(x, values(17, 2 * L, B, H))
    steps, _ = make_rnn(False)(x)

lines = [f"{v:.9f}"
         for v in [*output.flatten(), *h_n.flatten(), *steps.flatten()]]
target = pathlib.Path(__file__).with_name("expected.txt")
target.write_text("\n".join(lines) + "\n")
