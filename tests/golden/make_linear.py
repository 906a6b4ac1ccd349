#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes linear.safetensors: freshly initialised torch.nn.Linear layers with
all their parameters, "init0.weight": what a seed must give. The metadata has
the seeds.

    pip install torch==2.13.0 numpy
    python make_linear.py
"""

import pathlib

import torch
from make_golden import write

INITS = [(3, 4, 1, torch.float32, 1),
         (1, 1, 1, torch.float32, 0),
         (7, 5, 0, torch.float32, 4294967295),
         (40, 9, 1, torch.float64, 1234567890123),
         (2, 33, 0, torch.float64, 2**63 - 1),
         (19, 2, 1, torch.float32, 99)]


def main():
    tensors, metadata = {}, {"made_by": f"torch {torch.__version__}"}
    for number, (inputs, outputs, bias, dtype, seed) in enumerate(INITS):
        torch.manual_seed(seed)
        linear = torch.nn.Linear(inputs, outputs, bias=bool(bias), dtype=dtype)
        for key, value in linear.named_parameters():
            tensors[f"init{number}.{key}"] = value.detach()
        metadata[f"init{number}"] = f"in={inputs} out={outputs} seed={seed}"
    write(pathlib.Path(__file__).with_name("linear.safetensors"), tensors,
          metadata)


if __name__ == "__main__":
    main()
