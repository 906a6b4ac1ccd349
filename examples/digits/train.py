#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the network of the digits example and writes its two files.

    pip install torch==2.13.0 scikit-learn safetensors
    python train.py [folder]

digits.safetensors       the weights, named as in PyTorch's state_dict
digits_test.safetensors  the held-out images, their labels, and the logits that
                         PyTorch computes for them from those weights
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits

HELD_OUT = 360
HIDDEN = 32
EPOCHS = 40
BATCH = 32
NOISE = 0.1  # added to the pixels while training


class Reader(torch.nn.Module):
    """Reads an image from top to bottom and back, a row of 8 pixels a step."""

    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.RNN(8, HIDDEN, num_layers=2, bidirectional=True,
                                batch_first=True, dropout=0.2)
        self.head = torch.nn.Linear(2 * HIDDEN, 10)

    def forward(self, images):
        output, _ = self.rnn(images)
        return self.head(output[:, -1, :])


def load():
    """Raw pixels 0..16 [N,8,8] and labels [N], held-out images first."""
    digits = load_digits()
    order = torch.randperm(len(digits.images),
                           generator=torch.Generator().manual_seed(0))
    return (torch.tensor(digits.images, dtype=torch.float32)[order],
            torch.tensor(digits.target)[order])


def train(model, images, labels):
    steps = EPOCHS * -(-len(images) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, steps)
    model.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            noisy = images[batch] + NOISE * torch.randn(len(batch), 8, 8)
            loss = torch.nn.functional.cross_entropy(model(noisy),
                                                     labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def main(folder):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    pixels, labels = load()
    model = Reader()
    train(model, pixels[HELD_OUT:] / 16, labels[HELD_OUT:])

    pixels, labels = pixels[:HELD_OUT], labels[:HELD_OUT]
    model.eval()
    with torch.no_grad():
        logits = model(pixels / 16)
    right = (logits.argmax(1) == labels).sum().item()
    print(f"{right} of {HELD_OUT} held-out images: {right / HELD_OUT:.2%}")

    save_file(model.state_dict(), folder / "digits.safetensors",
              {"nonlinearity": "tanh", "batch_first": "true"})
    # 0..16 and 0..9 are exact in float16.
    save_file({"images": pixels.half(), "labels": labels.half(),
               "logits": logits}, folder / "digits_test.safetensors")


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here)
