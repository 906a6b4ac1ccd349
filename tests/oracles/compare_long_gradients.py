#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds float32 gradients of long sequences against PyTorch's autograd: both
against float64, with the weights of which training begins.

    pip install torch==2.13.0 numpy
    cmake --build build --target gradients
    python compare_long_gradients.py build/tests/gradients [T]

An error is relative to the largest entry of its array in float64. Ours must not
be above 2e-6, nor above 1.5 times that of PyTorch in float32 plus 2^-22.
"""

import sys

import torch

from compare_gradients import Program, largest

H, I = 64, 16


def start(kind, generator):
    """Parameters in float32: weight_ih, weight_hh and both biases."""
    def uniform(*shape):
        return (torch.rand(*shape, generator=generator) * 2 - 1) / H**0.5
    hh = uniform(H, H)
    if kind == "orthogonal":
        hh = torch.linalg.qr(torch.randn(H, H, generator=generator))[0]
    if kind == "irnn":
        hh = 0.9 * torch.eye(H)
    return [uniform(H, I), hh.contiguous(), uniform(H), uniform(H)]


def differentiate(case, parameters, x, d_output, d_h_n, dtype):
    rnn = torch.nn.RNN(I, H, nonlinearity=case["act"]).to(dtype)
    h0 = torch.zeros(1, case["B"], H, dtype=dtype, requires_grad=True)
    x = x.to(dtype).requires_grad_()
    with torch.no_grad():
        for own, value in zip(rnn.parameters(), parameters):
            own.copy_(value)
    output, h_n = rnn(x, h0)
    loss = ((output * d_output.to(dtype)).sum() +
            (h_n * d_h_n.to(dtype)).sum())
    loss.backward()
    return [x.grad, h0.grad, *(p.grad for p in rnn.parameters())]


def check(program, kind, T, B, generator):
    case = {"I": I, "H": H, "L": 1, "direction": "FORWARD", "bias": 1,
            "act": "relu" if kind in ("relu", "irnn") else "tanh",
            "dtype": torch.float32, "T": T, "B": B, "p_eighths": 0, "seed": 0,
            "first_row": 0, "adds": 0}
    parameters = start(kind, generator)
    x = torch.rand(T, B, I, generator=generator) * 2 - 1
    d_output = torch.rand(T, B, H, generator=generator) * 2 - 1
    d_h_n = torch.rand(1, B, H, generator=generator) * 2 - 1
    exact = differentiate(case, parameters, x, d_output, d_h_n, torch.float64)
    torchs = differentiate(case, parameters, x, d_output, d_h_n, torch.float32)
    arrays = {"input": x, "d_output": d_output, "d_h_n": d_h_n}
    program.send(case, dict(zip("abcd", parameters)), arrays, 16 + 32, [])
    for like in (d_output, d_h_n):
        program.receive(like)
    ours = [program.receive(exact[0]), program.receive(exact[1])]
    program.receive(exact[1])
    ours += [program.receive(value) for value in exact[2:]]
    worst = []
    for values in (ours, torchs):
        worst.append(max(largest(a.double() - b) / largest(b)
                         for a, b in zip(values, exact)))
    print(f"{kind:10} T={T} B={B:2}: ours {worst[0]:.2g}, "
          f"PyTorch {worst[1]:.2g}")
    return worst[0] <= min(2e-6, 1.5 * worst[1] + 2**-22)


def main():
    torch.set_num_threads(1)
    program = Program(sys.argv[1])
    T = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    generator = torch.Generator().manual_seed(1)
    fine = [check(program, kind, T, B, generator)
            for kind in ("default", "orthogonal", "relu", "irnn")
            for B in (1, 8, 32, 64)]
    sys.exit(0 if all(fine) else "an error is too large")


if __name__ == "__main__":
    main()
