#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes images.safetensors: the images of this example, in three parts. The
test part is what examples/digits holds out too.

    pip install torch==2.13.0 scikit-learn safetensors
    python make_images.py [folder]
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "digits"))
from train import HELD_OUT, load  # noqa: E402

VALIDATION = 237


def main(folder):
    sizes = [HELD_OUT, VALIDATION]
    pixels, labels = load()  # in random order
    sizes.append(len(labels) - sum(sizes))
    parts = zip(["test", "validation", "training"], pixels.split(sizes),
                labels.split(sizes))
    tensors = {}
    for name, some_pixels, some_labels in parts:
        tensors[name + ".images"] = some_pixels.to(torch.uint8)
        tensors[name + ".labels"] = some_labels.to(torch.uint8)
    save_file(tensors, folder / "images.safetensors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
