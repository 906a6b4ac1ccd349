#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds linear layers and losses against PyTorch in float64: random shapes,
strides and divisors, extreme logits, rows that do not count, no rows at all.

    pip install torch==2.13.0 numpy
    python compare_losses.py build/src/libsimplernn.so [CASES [FIRST]]

The expected values are computed in float64 from the very numbers that the
library gets. The error of a sum is relative to it, that of a gradient of logits
to 1 / divisor, and that of any other array to its largest entry. The bounds of
linear layers grow as the root of the number of products in a sum. The largest
errors are printed. A failure names its case, which is the seed of all its
choices.
"""

import collections
import ctypes
import sys

import numpy as np
import torch
from torch.nn import functional

LINEAR_BOUNDS = {"float64": 2e-15, "float32": 1e-6}
LOSS_BOUNDS = {"float64": 1e-15, "float32": 2e-7}
SUM_BOUNDS = {"float64": 5e-15, "float32": 1e-7}
SIZES = [1, 2, 3, 5, 8, 10, 15, 16, 17, 31, 33, 64, 65]
IGNORE_INDEX = -100


class Library:
    """The functions of the library, which return statuses."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.srnn_last_error.restype = ctypes.c_char_p
        for word in "flat tensor".split():
            function = getattr(self.library, "srnn_gradients_" + word)
            function.restype = ctypes.c_void_p

    def call(self, name, *arguments):
        if getattr(self.library, "srnn_" + name)(*arguments) != 0:
            raise RuntimeError(self.library.srnn_last_error().decode())

    def make(self, name, *arguments):
        made = ctypes.c_void_p()
        self.call(name, ctypes.byref(made), *arguments)
        return made

    def constant(self, name):
        value = ctypes.c_int64()
        self.call("constant_value", ctypes.byref(value),
                  ("SRNN_" + name).encode())
        return value.value

    def view(self, array):
        """A tensor over an array; only to read where elements overlap."""
        if array is None:
            return None
        numbers = ctypes.c_int64 * array.ndim
        name = "tensor_wrap" if array.flags.writeable else "tensor_wrap_const"
        return self.make(
            name, ctypes.c_void_p(array.ctypes.data),
            self.constant("DTYPE_" + array.dtype.name.upper()), array.ndim,
            numbers(*array.shape),
            numbers(*(s // array.itemsize for s in array.strides)))

    def destroy(self, kind, *objects):
        for made in objects:
            getattr(self.library, f"srnn_{kind}_destroy")(made)


class Draws:
    def __init__(self, number):
        self.generator = np.random.default_rng(number)

    def below(self, limit):
        return int(self.generator.integers(limit))

    def pick(self, values):
        return values[self.below(len(values))]

    def rows(self):
        """Leading axes: none, a few, many rows, or no row."""
        kind = self.below(12)
        if kind == 0:
            return [3, 0, 2][:1 + self.below(3)] if self.below(2) else [0]
        if kind == 1:
            return [1 + self.below(1500)]
        return [1 + self.below(9) for _ in range(self.below(4))]

    def values(self, dtype, shape):
        return np.asarray(self.generator.uniform(-1, 1, shape), dtype)

    def strided(self, array):
        """The same values, perhaps with other strides."""
        kind = self.below(4)
        if kind == 0 or array.ndim == 0 or array.size == 0:
            return array
        if kind == 1:
            order = self.generator.permutation(array.ndim)
            back = np.argsort(order)
            return np.ascontiguousarray(array.transpose(order)).transpose(back)
        wide = np.zeros([2 * n + 1 for n in array.shape], array.dtype)
        some = wide[tuple(slice(1, None, 2) for _ in array.shape)]
        if kind == 3:
            some = some[tuple(slice(None, None, -1) for _ in array.shape)]
        some[...] = array
        return some


class Errors:
    def __init__(self):
        self.largest = collections.defaultdict(float)

    def note(self, what, dtype, bound, error):
        self.largest[what, dtype] = max(self.largest[what, dtype], error)
        if not error <= bound:
            raise ArithmeticError(f"{what} in {dtype}: error {error:.3g}")


def largest_of(array):
    return max(float(np.abs(array).max(initial=0)), 1e-30)


def difference(found, wanted):
    return float(np.abs(found - wanted).max(initial=0))


def check_linear(library, draws, errors):
    dtype = draws.pick(["float32", "float64"])
    rows, features = draws.rows(), [draws.pick(SIZES), draws.pick(SIZES)]
    has_bias, adds = draws.below(2), draws.below(2)
    linear = library.make(
        "linear_create", library.constant("DTYPE_" + dtype.upper()),
        ctypes.c_int64(features[0]), ctypes.c_int64(features[1]), has_bias,
        ctypes.c_uint64(draws.below(2**40)))
    gradients = library.make("gradients_create_linear", linear)
    input_ = draws.strided(draws.values(dtype, rows + features[:1]))
    d_output = draws.strided(draws.values(dtype, rows + features[1:]))
    output = draws.strided(np.zeros_like(d_output))
    d_input = draws.strided(np.zeros_like(input_))

    parameters = []
    for name in ["weight", "bias"][:1 + has_bias]:
        shape = [features[1], features[0]] if name == "weight" else features[1:]
        value = np.zeros(shape, dtype)
        copy = library.make("linear_copy_parameter", linear, name.encode())
        view = library.view(value)
        library.call("tensor_copy", view, copy)
        library.destroy("tensor", copy, view)
        parameters.append(torch.tensor(value).double().requires_grad_())
    before = draws.values(dtype, sum(p.numel() for p in parameters))
    flat = ctypes.c_void_p(library.library.srnn_gradients_flat(gradients))
    values = np.zeros_like(before)
    views = [library.view(a)
             for a in (input_, output, d_output, d_input, before, values)]
    library.call("tensor_copy", flat, views[4])
    library.call("linear_forward", linear, None, *views[:2])
    library.call("linear_backward", linear, None, views[0], views[2],
                 library.constant("ACCUMULATION_" + ["SET", "ADD"][adds]),
                 gradients, views[3])
    library.call("tensor_copy", views[5], flat)
    library.destroy("tensor", *views)
    library.destroy("gradients", gradients)
    library.destroy("linear", linear)

    x = torch.tensor(input_.copy()).double().requires_grad_()
    y = functional.linear(x, *parameters)
    y.backward(torch.tensor(d_output.copy()).double())
    wanted = torch.cat([p.grad.flatten() for p in parameters]).numpy()
    wanted = wanted + (before if adds else 0)
    size = np.sqrt(max(*features, input_.size // features[0]))
    for what, found, right in (("output", output, y.detach().numpy()),
                               ("d_input", d_input, x.grad.numpy()),
                               ("gradients", values, wanted)):
        errors.note(what, dtype, LINEAR_BOUNDS[dtype] * size,
                    difference(found, right) / largest_of(right))


def draw_logits(draws, dtype, shape, targets):
    """Perhaps extreme, perhaps with classes that cannot be. At least one can
    be in each row, or PyTorch gives NaN even in rows that do not count."""
    logits = draws.values(dtype, shape) * draws.pick([1, 10, 100, 1e4])
    logits = logits.astype(dtype)
    if draws.below(3) == 0:
        impossible = draws.generator.random(shape) < 0.3
        classes = np.arange(shape[-1])
        impossible &= classes != (targets % shape[-1])[..., None]
        logits[impossible] = -np.inf
    return logits


def draw_targets(draws, rows, classes):
    targets = draws.generator.integers(classes, size=rows)
    ignored = draws.pick([0, 0, 0.3, 1])
    return np.where(draws.generator.random(rows) < ignored, IGNORE_INDEX,
                    targets)


def run_loss(library, name, gradient, *arrays_and_divisor):
    """The sum and the count."""
    total, count = ctypes.c_double(), ctypes.c_int64()
    *arrays, divisor = arrays_and_divisor
    views = [library.view(array) for array in arrays]
    d = views[0] if gradient is arrays[0] else library.view(gradient)
    library.call(name, ctypes.byref(total), ctypes.byref(count), d, *views,
                 ctypes.c_double(divisor))
    library.destroy("tensor", *views)
    if gradient is not arrays[0]:
        library.destroy("tensor", d)
    return total.value, count.value


def check_loss(errors, what, dtype, found, right):
    """found and right: sum, count, gradient, which the library divided."""
    total, count, gradient, divisor = found
    right_total, right_count, right_gradient = right
    if count != right_count:
        raise ArithmeticError(f"{what}: the count is {count}")
    if not np.isfinite(gradient).all():
        raise ArithmeticError(f"{what}: the gradient is not finite")
    errors.note(what + " sum", dtype, SUM_BOUNDS[dtype],
                abs(total - right_total) / max(abs(right_total), count, 1))
    scale = divisor or max(count, 1)
    wanted = right_gradient / scale
    size = 1 / scale if what == "cross-entropy" else largest_of(wanted)
    errors.note(what + " gradient", dtype, LOSS_BOUNDS[dtype],
                difference(gradient, wanted) / size)


def check_cross_entropy(library, draws, errors):
    dtype = draws.pick(["float32", "float64"])
    rows = draws.rows()
    classes = draws.pick(SIZES + [255, 256, 257, 1000])
    targets = draw_targets(draws, rows, classes)
    logits = draw_logits(draws, dtype, rows + [classes], targets)
    x = torch.tensor(logits).double().requires_grad_()
    total = functional.cross_entropy(
        x.reshape(-1, classes), torch.tensor(targets).reshape(-1),
        reduction="sum")
    total.backward()
    divisor = draws.pick([0, 0, 1, 7.5, 1000])
    logits = draws.strided(logits)
    gradient = logits if draws.below(3) == 0 else \
        draws.strided(np.full_like(logits, 9))
    found = run_loss(library, "loss_cross_entropy", gradient, logits,
                     draws.strided(targets), divisor)
    check_loss(errors, "cross-entropy", dtype, (*found, gradient, divisor),
               (total.item(), int((targets != IGNORE_INDEX).sum()),
                x.grad.numpy()))


def check_squared_error(library, draws, errors):
    dtype = draws.pick(["float32", "float64"])
    rows = draws.rows()
    shape = rows + [draws.pick(SIZES + [0])]
    output, target = draws.values(dtype, shape), draws.values(dtype, shape)
    counted = np.asarray(
        draws.generator.random(rows) >= draws.pick([0, 0.3, 1]))
    mask = None if draws.below(3) == 0 else counted.astype(np.uint8)
    if mask is None:
        counted = np.ones_like(counted)
    x = torch.tensor(output).double().requires_grad_()
    total = functional.mse_loss(x[torch.tensor(counted)],
                                torch.tensor(target[counted]).double(),
                                reduction="sum")
    total.backward()
    target[~counted] = np.nan
    divisor = draws.pick([0, 0, 1, 7.5, 1000])
    output = draws.strided(output)
    gradient = output if draws.below(3) == 0 else \
        draws.strided(np.full_like(output, 9))
    found = run_loss(library, "loss_squared_error", gradient, output,
                     draws.strided(target),
                     mask if mask is None else draws.strided(mask), divisor)
    check_loss(errors, "squared error", dtype, (*found, gradient, divisor),
               (total.item(), int(counted.sum()) * shape[-1], x.grad.numpy()))


CHECKS = [check_linear, check_cross_entropy, check_squared_error]


def main(path, cases="3000", first="0"):
    library, errors = Library(path), Errors()
    for number in range(int(first), int(first) + int(cases)):
        try:
            CHECKS[number % len(CHECKS)](library, Draws(number), errors)
        except (ArithmeticError, RuntimeError) as error:
            sys.exit(f"case {number}: {error}")
    for (what, dtype), error in sorted(errors.largest.items()):
        print(f"{what:24} {dtype}  {error:.2e}")
    print(f"{cases} cases")


if __name__ == "__main__":
    main(*sys.argv[1:])
