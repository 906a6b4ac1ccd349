#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes expected.txt, what every consumer must compute: output [3,2,4], then
h_n [4,2,2], one value a line. Needs torch; run once."""

import pathlib

import torch

T, B, I, H, L = 3, 2, 4, 2, 2


def values(p, *shape):
    """The formula all consumers use: exact in float32."""
    count = torch.Size(shape).numel()
    numbers = [((p * 7 + i * 3) % 11 - 5) / 16 for i in range(count)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


rnn = torch.nn.RNN(I, H, L, bidirectional=True, dtype=torch.float64)
with torch.no_grad():
    for p, parameter in enumerate(rnn.parameters()):
        parameter.copy_(values(p, *parameter.shape))
    output, h_n = rnn(values(16, T, B, I), values(17, 2 * L, B, H))

lines = [f"{v:.9f}" for v in [*output.flatten(), *h_n.flatten()]]
target = pathlib.Path(__file__).with_name("expected.txt")
target.write_text("\n".join(lines) + "\n")
