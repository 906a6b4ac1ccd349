#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes golden.safetensors: what PyTorch makes of many small networks.

    pip install torch==2.13.0 numpy
    python make_golden.py

Each case is a torch.nn.RNN in float64. Its weights, input and h0 come from
pattern(), which ../support/pattern.c repeats, so the file holds results only:
"case007.output", "case007.h_n", and the case's options in the metadata.
Weights are scaled by a power of two near 1/sqrt(hidden_size).

Then a few freshly initialised networks with all their parameters,
"init0.weight_ih_l0": what a seed must give.
"""

import itertools
import json
import math
import pathlib
import random

import torch

SIZES = [1, 3, 5, 17, 34, 68]
STEPS = [1, 2, 5, 7]


def pattern(name, shape):
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    bits = (torch.arange(math.prod(shape)) * 0x9E3779B9 + seed) % 2**32
    bits = (bits ^ bits >> 16) * 0x85EBCA6B % 2**32
    bits = (bits ^ bits >> 13) * 0xC2B2AE35 % 2**32
    bits = bits ^ bits >> 16
    return (((bits >> 21) - 1024).double() / 1024).reshape(shape)


def shapes(layout, layers, directions, inputs, hidden, steps, batch):
    states = [layers * directions, hidden]
    if layout == "single":
        return [steps, inputs], states
    states.insert(1, batch)
    if layout == "batch":
        return [batch, steps, inputs], states
    return [steps, batch, inputs], states


def run_case(name, layers, directions, act, bias, with_h0, layout, sizes):
    inputs, hidden, steps, batch = sizes
    rnn = torch.nn.RNN(inputs, hidden, layers, act, bool(bias),
                       batch_first=layout == "batch",
                       bidirectional=directions == 2, dtype=torch.float64)
    scale = 2.0 ** -round(math.log2(hidden) / 2)
    with torch.no_grad():
        for key, value in rnn.named_parameters():
            value.copy_(pattern(f"{name}.{key}", value.shape) * scale)
        x, h = shapes(layout, layers, directions, *sizes)
        h0 = pattern(f"{name}.h0", h) if with_h0 else None
        return rnn(pattern(f"{name}.input", x), h0)


def deal(values, count, cards):
    """Each value equally often, in random order."""
    hand = values * (count // len(values))
    cards.shuffle(hand)
    return hand


def cases():
    """All options crossed. Sizes are dealt for each L and D, so that they go
    with no option, and every size of I and H meets every L and D."""
    cards = random.Random(5)
    options = list(itertools.product(["tanh", "relu"], [1, 0], [1, 0],
                                     ["time", "batch", "single"]))
    numbers = itertools.count()
    for L, D in itertools.product([1, 2, 3], [1, 2]):
        hands = [deal(values, len(options), cards)
                 for values in (SIZES, SIZES, STEPS, [1, 3])]
        for (act, bias, h0, layout), *sizes in zip(options, *hands):
            if layout == "single":
                sizes[3] = 1
            yield next(numbers), L, D, act, bias, h0, layout, sizes


def add_cases(tensors, metadata):
    for number, L, D, act, bias, h0, layout, sizes in cases():
        name = f"case{number:03d}"
        output, h_n = run_case(name, L, D, act, bias, h0, layout, sizes)
        tensors[f"{name}.output"] = output.contiguous()
        tensors[f"{name}.h_n"] = h_n
        metadata[name] = (f"L={L} D={D} act={act} bias={bias} "
                          f"h0={h0} layout={layout} I={sizes[0]} H={sizes[1]} "
                          f"T={sizes[2]} B={sizes[3]}")


def add_inits(tensors, metadata):
    inits = [(2, 2, 3, 4, 1, torch.float32, 1),
             (2, 2, 3, 4, 1, torch.float64, 1234567890123),
             (1, 1, 2, 5, 0, torch.float32, 0),
             (3, 1, 40, 9, 1, torch.float32, 4294967295),
             (1, 2, 7, 12, 1, torch.float64, 2**63 - 1)]
    for number, (L, D, inputs, hidden, bias, dtype, seed) in enumerate(inits):
        torch.manual_seed(seed)
        rnn = torch.nn.RNN(inputs, hidden, L, bias=bool(bias),
                           bidirectional=D == 2, dtype=dtype)
        for key, value in rnn.named_parameters():
            tensors[f"init{number}.{key}"] = value.detach()
        metadata[f"init{number}"] = (f"L={L} D={D} I={inputs} H={hidden} "
                                     f"bias={bias} seed={seed} "
                                     f"double={int(dtype == torch.float64)}")


def write(path, tensors, metadata):
    """A safetensors file. The package's writer shuffles the metadata, which
    would change the file at every run."""
    dtypes = {torch.float32: "F32", torch.float64: "F64"}
    header, blocks, end = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        blocks.append(tensor.contiguous().numpy().tobytes())
        begin, end = end, end + len(blocks[-1])
        header[name] = {"dtype": dtypes[tensor.dtype],
                        "shape": list(tensor.shape),
                        "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blocks))


if __name__ == "__main__":
    tensors, metadata = {}, {"made_by": f"torch {torch.__version__}"}
    add_cases(tensors, metadata)
    add_inits(tensors, metadata)
    write(pathlib.Path(__file__).with_name("golden.safetensors"), tensors,
          metadata)
