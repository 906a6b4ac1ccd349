# SPDX-License-Identifier: MIT
"""Losses, a linear layer and optimizers in plain NumPy and float64: the
formulas of PyTorch's documentation."""

import numpy


def cross_entropy(logits, targets):
    """Sum, count, and the gradient of the sum."""
    logits = numpy.asarray(logits, "float64")
    rows = logits.reshape(-1, logits.shape[-1])
    targets = numpy.reshape(targets, -1)
    counts = targets != -100
    shifted = rows - rows.max(axis=1, keepdims=True)
    exponentials = numpy.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    index = numpy.arange(len(rows)), numpy.where(counts, targets, 0)
    losses = numpy.log(sums[:, 0]) - shifted[index]
    gradient = exponentials / sums
    gradient[index] -= 1
    gradient[~counts] = 0
    return (losses[counts].sum(), counts.sum(), gradient.reshape(logits.shape))


def squared_error(output, target, counted=None):
    """Sum, count, and the gradient of the sum."""
    difference = numpy.asarray(output, "float64") - target
    if counted is not None:
        difference = numpy.where(numpy.asarray(counted)[..., None] != 0,
                                 difference, 0)
        count = numpy.count_nonzero(counted) * difference.shape[-1]
    else:
        count = difference.size
    return (difference**2).sum(), count, 2 * difference


class SGD:
    def __init__(self, lr, momentum=0.0, dampening=0.0, weight_decay=0.0,
                 nesterov=False):
        self.__dict__.update(locals())
        self.buffer = None

    def step(self, value, gradient):
        gradient = gradient + self.weight_decay * value
        if self.momentum:
            self.buffer = gradient if self.buffer is None else (
                self.momentum * self.buffer + (1 - self.dampening) * gradient)
            gradient = (gradient + self.momentum * self.buffer
                        if self.nesterov else self.buffer)
        return value - self.lr * gradient


class Adam:
    decouples = False

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.__dict__.update(locals())
        self.mean = self.square = 0.0
        self.steps = 0

    def step(self, value, gradient):
        self.steps += 1
        beta1, beta2 = self.betas
        if self.decouples:
            value = value * (1 - self.lr * self.weight_decay)
        else:
            gradient = gradient + self.weight_decay * value
        self.mean = beta1 * self.mean + (1 - beta1) * gradient
        self.square = beta2 * self.square + (1 - beta2) * gradient**2
        mean = self.mean / (1 - beta1**self.steps)
        square = self.square / (1 - beta2**self.steps)
        return value - self.lr * mean / (numpy.sqrt(square) + self.eps)


class AdamW(Adam):
    decouples = True

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(lr, betas, eps, weight_decay)


class RMSprop:
    def __init__(self, lr, alpha=0.99, eps=1e-8, weight_decay=0.0,
                 momentum=0.0, centered=False):
        self.__dict__.update(locals())
        self.square = self.mean = self.buffer = 0.0

    def step(self, value, gradient):
        gradient = gradient + self.weight_decay * value
        self.square = (self.alpha * self.square
                       + (1 - self.alpha) * gradient**2)
        self.mean = self.alpha * self.mean + (1 - self.alpha) * gradient
        variance = self.square - (self.mean**2 if self.centered else 0)
        change = gradient / (numpy.sqrt(variance) + self.eps)
        if self.momentum:
            self.buffer = change = self.momentum * self.buffer + change
        return value - self.lr * change
