#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds srnn_context_forward_sequences against PyTorch 2.13: lengths against
pack_padded_sequence, resets against a loop over episodes.

    pip install torch==2.13.0 numpy
    python sequences.py libsimplernn.so.0 [CASES]

Weights need no file: a seed gives both the same. States are at most 1, and
neither tanh nor these weights let errors grow, so they stay within a few units
of rounding: at most BOUND here, and the largest is printed.
"""

import ctypes
import sys

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BOUND = 16
CONSTANTS = ["SRNN_OPTION_NUM_LAYERS", "SRNN_OPTION_DIRECTION",
             "SRNN_OPTION_BIAS", "SRNN_OPTION_BATCH_FIRST",
             "SRNN_OPTION_DTYPE", "SRNN_DIRECTION_FORWARD",
             "SRNN_DIRECTION_BIDIRECTIONAL", "SRNN_DTYPE_FLOAT32",
             "SRNN_DTYPE_FLOAT64", "SRNN_DTYPE_INT64", "SRNN_DTYPE_UINT8"]
DTYPES = {torch.float32: "FLOAT32", torch.float64: "FLOAT64",
          torch.int64: "INT64", torch.bool: "UINT8"}


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.srnn_last_error.restype = ctypes.c_char_p
        value = ctypes.c_int64()
        self.constants = {}
        for name in CONSTANTS:
            self.call("srnn_constant_value", ctypes.byref(value),
                      name.encode())
            self.constants[name] = value.value

    def call(self, name, *arguments):
        if getattr(self.lib, name)(*arguments) != 0:
            raise RuntimeError(self.lib.srnn_last_error().decode())

    def make(self, name, *arguments):
        handle = ctypes.c_void_p()
        self.call(name, ctypes.byref(handle), *arguments)
        return handle

    def wrap(self, tensor):
        if tensor is None:
            return None
        shape = (ctypes.c_int64 * tensor.dim())(*tensor.shape)
        strides = (ctypes.c_int64 * tensor.dim())(*tensor.stride())
        dtype = self.constants[f"SRNN_DTYPE_{DTYPES[tensor.dtype]}"]
        return self.make("srnn_tensor_wrap", ctypes.c_void_p(tensor.data_ptr()),
                         dtype, tensor.dim(), shape, strides)

    def rnn(self, seed, options):
        constants = self.constants
        config = self.make("srnn_config_create")
        values = {
            "NUM_LAYERS": options["num_layers"],
            "DIRECTION": constants["SRNN_DIRECTION_BIDIRECTIONAL" if
                                   options["bidirectional"] else
                                   "SRNN_DIRECTION_FORWARD"],
            "BIAS": options["bias"],
            "BATCH_FIRST": options["batch_first"],
            "DTYPE": constants[f"SRNN_DTYPE_FLOAT{options['bits']}"]}
        for name, value in values.items():
            self.call("srnn_config_set_int", config,
                      constants[f"SRNN_OPTION_{name}"], ctypes.c_int64(value))
        rnn = self.make("srnn_rnn_create",
                        ctypes.c_int64(options["input_size"]),
                        ctypes.c_int64(options["hidden_size"]), config,
                        ctypes.c_uint64(seed))
        self.lib.srnn_config_destroy(config)
        return rnn


def pick(generator, low, high):
    return int(torch.randint(low, high + 1, (1,), generator=generator))


def make_case(seed):
    """Options, T, B, lengths, resets or None."""
    generator = torch.Generator().manual_seed(seed)
    options = {"input_size": pick(generator, 1, 20),
               "hidden_size": pick(generator, 1, 40),
               "num_layers": pick(generator, 1, 3),
               "bias": pick(generator, 0, 1),
               "batch_first": pick(generator, 0, 1),
               "bidirectional": pick(generator, 0, 1),
               "bits": 32 * pick(generator, 1, 2)}
    T, B = pick(generator, 1, 20), pick(generator, 1, 6)
    has_resets = pick(generator, 0, 1)
    lengths = torch.randint(1 - has_resets, T + 1, (B,), generator=generator)
    resets = torch.rand(T, B, generator=generator) < 0.2 if has_resets else None
    return options, T, B, lengths, resets, generator


def with_lengths(rnn, x, h0, lengths, T):
    """All lengths are above 0 here, as PyTorch wants them."""
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    y, h_n = rnn(packed, h0)
    return pad_packed_sequence(y, total_length=T)[0], h_n


def by_episodes(rnn, x, h0, fresh, lengths, resets, D):
    """The forward direction of the first episode begins with h0, unless a flag
    at step 0 says that it is a new one; so does the reverse direction of the
    last one, whatever the flag behind its end. All others begin fresh."""
    T, B, _ = x.shape
    y = torch.zeros(T, B, D * rnn.hidden_size, dtype=x.dtype)
    h_n = h0.clone()
    for b in range(B):
        length = int(lengths[b])
        starts = [0] + [t for t in range(1, length) if resets[t, b]]
        for first, end in zip(starts, starts[1:] + [length]):
            if end == first:
                continue
            h = fresh[:, b:b + 1].clone()
            if first == 0 and not resets[0, b]:
                h[0::D] = h0[0::D, b:b + 1]
            if end == length and D == 2:
                h[1::D] = h0[1::D, b:b + 1]
            out, h = rnn(x[first:end, b:b + 1], h)
            y[first:end, b] = out[:, 0]
            if end == length:
                h_n[0::D, b] = h[0::D, 0]
            if first == 0 and D == 2:
                h_n[1::D, b] = h[1::D, 0]
    return y, h_n


def check(library, seed):
    options, T, B, lengths, resets, generator = make_case(seed)
    dtype = torch.float32 if options["bits"] == 32 else torch.float64
    D, L = 1 + options["bidirectional"], options["num_layers"]
    torch.manual_seed(seed)
    rnn = torch.nn.RNN(options["input_size"], options["hidden_size"], L,
                       bias=bool(options["bias"]), dtype=dtype,
                       bidirectional=D == 2)
    x = torch.randn(T, B, rnn.input_size, dtype=dtype, generator=generator)
    h0 = torch.randn(L * D, B, rnn.hidden_size, dtype=dtype,
                     generator=generator)
    fresh = torch.randn(L * D, B, rnn.hidden_size, dtype=dtype,
                        generator=generator)
    wanted = (with_lengths(rnn, x, h0, lengths, T) if resets is None
              else by_episodes(rnn, x, h0, fresh, lengths, resets, D))
    for b in range(B):
        x[int(lengths[b]):, b] = float("nan")
    got = run(library, seed, options, (x, lengths, resets, h0, fresh), D)
    worst = 0
    for name, ours, theirs in zip(("output", "h_n"), got, wanted):
        error = (ours - theirs).abs().max().item() / torch.finfo(dtype).eps
        if not error <= BOUND:
            sys.exit(f"case {seed}: {name} is off by {error} units")
        worst = max(worst, error)
    return worst


def run(library, seed, options, arguments, D):
    x, lengths, resets, h0, fresh = arguments
    if options["batch_first"]:
        x = x.transpose(0, 1).contiguous()
        resets = None if resets is None else resets.t()
    y = torch.full((*x.shape[:2], D * options["hidden_size"]), float("nan"),
                   dtype=x.dtype)
    h_n = torch.full_like(h0, float("nan"))
    rnn = library.rnn(seed, options)
    context = library.make("srnn_context_create", rnn)
    tensors = [library.wrap(t)
               for t in (x, lengths, resets, h0, fresh, y, h_n)]
    library.call("srnn_context_forward_sequences", context, *tensors)
    for tensor in tensors:
        library.lib.srnn_tensor_destroy(tensor)
    library.lib.srnn_context_destroy(context)
    library.lib.srnn_rnn_destroy(rnn)
    return (y.transpose(0, 1) if options["batch_first"] else y), h_n


def main():
    torch.set_num_threads(1)
    library = Library(sys.argv[1])
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    with torch.inference_mode():
        worst = max(check(library, seed) for seed in range(cases))
    print(f"{cases} cases agree with PyTorch {torch.__version__}: "
          f"at most {worst:.1f} units of rounding apart")


if __name__ == "__main__":
    main()
