#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes optimizers.safetensors: what the optimizers of PyTorch make of a few
values in float64, step by step.

    pip install torch==2.13.0 numpy
    python make_optimizers.py

The first values and all gradients come from pattern() of make_golden.py. So the
file holds results only, "case03" [steps,values], and the text of each case in
the metadata, for example "SGD LEARNING_RATE=0.25 MOMENTUM=0.5".
"""

import pathlib

import torch

import make_golden
from make_golden import pattern

STEPS, VALUES = 12, 5
KINDS = {"SGD": torch.optim.SGD, "ADAM": torch.optim.Adam,
         "ADAMW": torch.optim.AdamW, "RMSPROP": torch.optim.RMSprop}
KEYWORDS = {"LEARNING_RATE": "lr", "WEIGHT_DECAY": "weight_decay",
            "MOMENTUM": "momentum", "DAMPENING": "dampening",
            "EPSILON": "eps", "ALPHA": "alpha", "NESTEROV": "nesterov",
            "CENTERED": "centered"}
TEXTS = """
SGD
SGD LEARNING_RATE=0.25 WEIGHT_DECAY=0.125
SGD LEARNING_RATE=0.03 MOMENTUM=0.9
SGD LEARNING_RATE=0.03 MOMENTUM=0.9 DAMPENING=0.25
SGD LEARNING_RATE=0.03 MOMENTUM=0.9 DAMPENING=0.25 WEIGHT_DECAY=0.1
SGD LEARNING_RATE=0.03 MOMENTUM=0.9 NESTEROV=1
SGD LEARNING_RATE=0.03 MOMENTUM=0.7 NESTEROV=1 WEIGHT_DECAY=0.1
ADAM
ADAM LEARNING_RATE=0.01 BETA1=0.8 BETA2=0.95
ADAM LEARNING_RATE=0.01 BETA1=0.3 BETA2=0.7
ADAM LEARNING_RATE=0.01 BETA1=0 BETA2=0
ADAM LEARNING_RATE=0.01 EPSILON=0.5
ADAM LEARNING_RATE=0.01 WEIGHT_DECAY=0.1
ADAMW
ADAMW LEARNING_RATE=0.01
ADAMW LEARNING_RATE=0.05 WEIGHT_DECAY=0.5 EPSILON=0.1
ADAMW LEARNING_RATE=0.01 WEIGHT_DECAY=0 BETA1=0.4
RMSPROP
RMSPROP LEARNING_RATE=0.003 ALPHA=0.9
RMSPROP LEARNING_RATE=0.003 EPSILON=0.5
RMSPROP LEARNING_RATE=0.003 WEIGHT_DECAY=0.1
RMSPROP LEARNING_RATE=0.0005 MOMENTUM=0.9
RMSPROP LEARNING_RATE=0.003 CENTERED=1
RMSPROP LEARNING_RATE=0.003 CENTERED=1 ALPHA=0.4 EPSILON=0.01
RMSPROP LEARNING_RATE=0.003 CENTERED=1 MOMENTUM=0.9 WEIGHT_DECAY=0.1
""".strip().splitlines()


def keywords_of(words):
    """Options as the constructors of torch.optim take them."""
    options = {name: float(value)
               for name, value in (word.split("=") for word in words)}
    betas = options.pop("BETA1", None), options.pop("BETA2", None)
    keywords = {KEYWORDS[name]: value for name, value in options.items()}
    if betas != (None, None):
        keywords["betas"] = tuple(
            default if beta is None else beta
            for beta, default in zip(betas, (0.9, 0.999)))
    return keywords


def make_optimizer(text, parameters):
    """With the loops over single tensors, which say what the formulas are."""
    kind, *words = text.split()
    return KINDS[kind](parameters, foreach=False, **keywords_of(words))


def run(name, text):
    value = pattern(name, [VALUES]).requires_grad_()
    optimizer = make_optimizer(text, [value])
    rows = []
    for step in range(STEPS):
        value.grad = pattern(f"{name}.{step}", [VALUES])
        optimizer.step()
        rows.append(value.detach().clone())
    return torch.stack(rows)


def main():
    tensors, metadata = {}, {"made_by": f"torch {torch.__version__}"}
    for number, text in enumerate(TEXTS):
        name = f"case{number:02d}"
        tensors[name] = run(name, text)
        metadata[name] = text
    make_golden.write(
        pathlib.Path(__file__).with_name("optimizers.safetensors"), tensors,
        metadata)


if __name__ == "__main__":
    main()
