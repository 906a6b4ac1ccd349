#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads handwritten digits with a network that was trained in PyTorch, and
plots how its state grows from row to row.

    pip install simplernn safetensors matplotlib
    python digits.py [picture]

The network and the images are those of examples/digits, which does the same in
C. An image is a sequence of 8 rows of 8 pixels. PyTorch is not needed."""

import pathlib
import sys

import matplotlib
import simplernn
from safetensors.numpy import load_file

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "examples/digits"


def main(picture="digits.png"):
    weights = load_file(FOLDER / "digits.safetensors")
    test = load_file(FOLDER / "digits_test.safetensors")
    rnn = simplernn.RNN.load(FOLDER / "digits.safetensors", prefix="rnn.")
    print(rnn)

    images = test["images"].astype("float32") / 16  # pixels 0 to 16
    output, _ = rnn(images)  # [N,8,8] to [N,8,2*H]
    logits = output[:, -1] @ weights["head.weight"].T + weights["head.bias"]
    read = logits.argmax(axis=1)
    right = (read == test["labels"]).mean()
    error = abs(logits - test["logits"]).max()
    print(f"{len(read)} images, {right:.1%} right, largest difference from "
          f"PyTorch {error:.1e}")

    figure, axes = pyplot.subplots(2, 6, figsize=(12, 4))
    for image, states, digit, above, below in zip(
            images, output, read, *axes):
        above.imshow(image, cmap="gray_r")
        above.set_title(f"read as {digit}")
        below.imshow(states, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
        below.set_xlabel("output, forward and reverse")
        below.set_ylabel("row")
    figure.tight_layout()
    figure.savefig(picture)
    return 0 if right > 0.96 and error < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
