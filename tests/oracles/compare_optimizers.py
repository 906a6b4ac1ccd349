#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains a network by the library and by PyTorch, side by side in float64: 200
steps of each optimizer and its options from the same weights, with the same
data in the same order.

    pip install torch==2.13.0 numpy
    python compare_optimizers.py build/src/libsimplernn.so

The network is an rnn of two layers with a learned initial state, and a linear
layer with cross-entropy at every step, where some targets are ignored. The norm
of the gradients is clipped, the linear layer has a learning rate of its own,
all learning rates fall by half after half of the steps, and one parameter is
frozen for a while. The loss of each step must agree to 1e-9 of it, and all
parameters in the end to 1e-8 of the largest.

Learning rates must not be much higher. At RMSPROP LEARNING_RATE=0.003
MOMENTUM=0.9, PyTorch is off from itself by 3e-3 if the last bits of its first
weights change.
"""

import ctypes
import pathlib
import sys

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_, parameters_to_vector

from compare_losses import IGNORE_INDEX, Library

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "golden"))
from make_optimizers import TEXTS, make_optimizer  # noqa: E402

STEPS, BATCHES, MAXIMUM = 200, 5, 0.5
INPUTS, HIDDEN, LAYERS, CLASSES = 5, 12, 2, 4
SHAPE = 9, 6  # steps of a sequence, batch
FROZEN, FROZEN_STEPS = "weight_hh_l1", range(50, 120)


class Data:
    def __init__(self):
        generator = torch.Generator().manual_seed(3)
        self.inputs = torch.randn(BATCHES, *SHAPE, INPUTS, generator=generator,
                                  dtype=torch.float64)
        self.targets = torch.randint(CLASSES, (BATCHES, *SHAPE),
                                     generator=generator)
        ignored = torch.rand(self.targets.shape, generator=generator) < 0.2
        self.targets[ignored] = IGNORE_INDEX


class Theirs:
    def __init__(self, text):
        torch.manual_seed(1)
        self.rnn = torch.nn.RNN(INPUTS, HIDDEN, LAYERS).double()
        self.linear = torch.nn.Linear(HIDDEN, CLASSES).double()
        self.h0 = torch.randn(LAYERS, 1, HIDDEN).double().requires_grad_()
        self.parts = [list(self.rnn.parameters()),
                      list(self.linear.parameters()), [self.h0]]
        self.optimizer = make_optimizer(
            text, [{"params": part} for part in self.parts])
        self.optimizer.param_groups[1]["lr"] *= 0.5

    def halve(self):
        for group in self.optimizer.param_groups:
            group["lr"] *= 0.5

    def freeze(self, frozen):
        self.rnn.get_parameter(FROZEN).requires_grad_(not frozen)

    def step(self, inputs, targets):
        self.optimizer.zero_grad()
        states = self.h0.expand(-1, SHAPE[1], -1).contiguous()
        logits = self.linear(self.rnn(inputs, states)[0])
        loss = functional.cross_entropy(logits.flatten(0, 1),
                                        targets.flatten())
        loss.backward()
        clip_grad_norm_([p for part in self.parts for p in part], MAXIMUM,
                        foreach=False)
        self.optimizer.step()
        return loss.item()

    def values(self):
        return [parameters_to_vector(part).detach().numpy().copy()
                for part in self.parts]


class Ours:
    """The same weights, once they are taken over."""

    def __init__(self, library, text, values):
        self.library = library
        config = library.make("config_create")
        for option, value in (("DTYPE", library.constant("DTYPE_FLOAT64")),
                              ("NUM_LAYERS", LAYERS)):
            library.call("config_set_int", config,
                         library.constant("OPTION_" + option),
                         ctypes.c_int64(value))
        self.rnn = library.make("rnn_create", ctypes.c_int64(INPUTS),
                                ctypes.c_int64(HIDDEN), config,
                                ctypes.c_uint64(0))
        self.linear = library.make(
            "linear_create", library.constant("DTYPE_FLOAT64"),
            ctypes.c_int64(HIDDEN), ctypes.c_int64(CLASSES), 1,
            ctypes.c_uint64(0))
        library.call("rnn_set_flat", self.rnn, library.view(values[0]))
        library.call("linear_set_flat", self.linear, library.view(values[1]))
        self.h0 = values[2].reshape(LAYERS, 1, HIDDEN).copy()
        self.context = library.make("context_create", self.rnn)
        self.tape = library.make("tape_create", self.rnn)
        self.gradients = [
            library.make("gradients_create", self.rnn),
            library.make("gradients_create_linear", self.linear),
            library.make("gradients_create_tensor", library.view(self.h0),
                         b"h0")]
        self.make_optimizer(text)
        self.make_views()

    def set_option(self, gradients, name, value):
        option = self.library.constant("OPTIMIZER_" + name)
        if name in ("NESTEROV", "CENTERED"):
            self.library.call("optimizer_set_int", self.optimizer, gradients,
                              option, ctypes.c_int64(int(value)))
        else:
            self.library.call("optimizer_set_real", self.optimizer, gradients,
                              option, ctypes.c_double(value))

    def scale_rate(self, gradients):
        rate = ctypes.c_double()
        option = self.library.constant("OPTIMIZER_LEARNING_RATE")
        self.library.call("optimizer_get_real", ctypes.byref(rate),
                          self.optimizer, gradients, option)
        self.set_option(gradients, "LEARNING_RATE", rate.value * 0.5)

    def make_optimizer(self, text):
        kind, *words = text.split()
        self.optimizer = self.library.make(
            "optimizer_create", self.library.constant("OPTIMIZER_KIND_" + kind))
        for word in words:
            name, value = word.split("=")
            self.set_option(None, name, float(value))
        for gradients, prefix in zip(self.gradients, (b"rnn.", b"fc.", None)):
            self.library.call("optimizer_add", self.optimizer, gradients,
                              prefix)
        self.scale_rate(self.gradients[1])

    def make_views(self):
        """Of h0, output, its gradient, and logits."""
        self.arrays = [self.h0] + [np.zeros((*SHAPE, last)) for last in
                                   (HIDDEN, HIDDEN, CLASSES)]
        self.views = [self.library.view(array) for array in self.arrays]
        tensor = self.library.library.srnn_gradients_tensor
        self.d_h0 = ctypes.c_void_p(tensor(self.gradients[2], b"h0"))

    def halve(self):
        for gradients in self.gradients:
            self.scale_rate(gradients)

    def freeze(self, frozen):
        self.library.call("gradients_set_trained", self.gradients[0],
                          FROZEN.encode(), int(not frozen))

    def go_back(self, x, d_logits):
        _, output, d_output, _ = self.views
        sets = self.library.constant("ACCUMULATION_SET")
        self.library.call("linear_backward", self.linear, self.context, output,
                          d_logits, sets, self.gradients[1], d_output)
        self.library.call("context_backward", self.context, self.tape, x,
                          d_output, None, sets, self.gradients[0], None,
                          self.d_h0, None)

    def step(self, inputs, targets):
        h0, output, _, logits = self.views
        x, classes = (self.library.view(t.numpy()) for t in (inputs, targets))
        loss, norm = ctypes.c_double(), ctypes.c_double()
        count = ctypes.c_int64()
        self.library.call("context_record", self.context, self.tape, x, None,
                          None, h0, None, output, None)
        self.library.call("linear_forward", self.linear, self.context, output,
                          logits)
        self.library.call("loss_cross_entropy", ctypes.byref(loss),
                          ctypes.byref(count), logits, logits, classes,
                          ctypes.c_double(0))
        self.go_back(x, logits)
        self.library.call("gradients_clip_norm", ctypes.byref(norm),
                          (ctypes.c_void_p * 3)(*self.gradients),
                          ctypes.c_int64(3), ctypes.c_double(MAXIMUM))
        self.library.call("optimizer_step", self.optimizer)
        self.library.destroy("tensor", x, classes)
        return loss.value / count.value

    def values(self):
        found = []
        for noun, owner in (("rnn", self.rnn), ("linear", self.linear)):
            size = getattr(self.library.library, f"srnn_{noun}_flat_size")
            size.restype = ctypes.c_int64
            found.append(np.zeros(size(owner)))
            self.library.call(f"{noun}_get_flat", owner,
                              self.library.view(found[-1]))
        return found + [self.h0.flatten()]


def compare(library, text, data):
    """The largest errors of losses and of parameters, and two losses."""
    theirs = Theirs(text)
    ours = Ours(library, text, theirs.values())
    losses, worst = [], 0
    for step in range(STEPS):
        for side in (theirs, ours):
            side.freeze(step in FROZEN_STEPS)
            if step == STEPS // 2:
                side.halve()
        batch = step % BATCHES
        wanted, found = (side.step(data.inputs[batch], data.targets[batch])
                         for side in (theirs, ours))
        losses.append(found)
        worst = max(worst, abs(found - wanted) / abs(wanted))
    off = max(float(np.abs(a - b).max() / np.abs(b).max())
              for a, b in zip(ours.values(), theirs.values()))
    return worst, off, losses


def main(path):
    torch.set_num_threads(1)
    library, data = Library(path), Data()
    for text in TEXTS:
        worst, off, losses = compare(library, text, data)
        print(f"loss {losses[0]:.3f} to {losses[-1]:.3f}, off by {worst:.1e}; "
              f"parameters off by {off:.1e}: {text}")
        if not (worst <= 1e-9 and off <= 1e-8):
            sys.exit("that is too far")
    print(f"{len(TEXTS)} optimizers agree with PyTorch {torch.__version__}")


if __name__ == "__main__":
    main(*sys.argv[1:])
