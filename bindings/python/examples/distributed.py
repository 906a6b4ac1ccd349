# SPDX-License-Identifier: MIT
"""Trains one model in two processes, with DistributedDataParallel over gloo,
and in a single one, and compares the weights.

    python distributed.py

Each process has one half of every batch. The model learns whether the numbers
of a sequence grow. It prints the largest difference between the weights of the
two ways, relative to the largest weight, for each dtype."""

import os
import tempfile

import torch
import torch.distributed
import torch.multiprocessing
from torch.nn.parallel import DistributedDataParallel

import simplernn.torch

PROCESSES, STEPS, T, B = 2, 50, 12, 32
LIMITS = {torch.float32: 1e-6, torch.float64: 1e-12}


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.RNN(1, 16, num_layers=2)
        self.linear = torch.nn.Linear(16, 1)

    def forward(self, x):
        return self.linear(self.rnn(x)[1][-1])


def batches(dtype):
    generator = torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        x = torch.rand(T, B, 1, generator=generator, dtype=dtype)
        yield x, x[T // 2:].mean(0) - x[:T // 2].mean(0)


def train(dtype, rows=slice(None), wrap=lambda model: model):
    """Returns all weights as one vector."""
    torch.manual_seed(0)
    model = wrap(simplernn.torch.convert(Model().to(dtype)))
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    for x, y in batches(dtype):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x[:, rows]), y[rows])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


def run_process(rank, folder):
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", f"file://{folder}/meeting", rank=rank, world_size=PROCESSES)
    for dtype in LIMITS:
        rows = slice(rank * B // PROCESSES, (rank + 1) * B // PROCESSES)
        weights = train(dtype, rows, DistributedDataParallel)
        torch.save(weights, f"{folder}/{dtype}.{rank}")
    torch.distributed.destroy_process_group()
    # DistributedDataParallel keeps the threads of gloo alive. If one of them
    # gives back a tensor while Python ends, the process aborts (issue 190489 of
    # PyTorch). So this process ends without the work that Python does last.
    os._exit(0)


def main():
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(run_process, (folder,), PROCESSES)
        for dtype, limit in LIMITS.items():
            first, *others = (torch.load(f"{folder}/{dtype}.{rank}")
                              for rank in range(PROCESSES))
            assert all(torch.equal(other, first) for other in others)
            alone = train(dtype)
            difference = (first - alone).abs().max() / alone.abs().max()
            print(f"{dtype}: {difference:.1e}, at most {limit}")
            assert difference <= limit


if __name__ == "__main__":
    main()
