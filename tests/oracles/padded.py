#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds srnn_context_forward_padded against PyTorch 2.13: lengths against
pack_padded_sequence, resets against a loop over episodes.

    pip install torch==2.13.0 numpy
    python padded.py libsimplernn.so.0 [CASES]

Weights need no file: a seed gives both the same. States are at most 1, and
neither tanh nor these weights let errors grow, so they stay within a few units
of rounding: at most BOUND here, and the largest is printed.
"""

import ctypes
import sys

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BOUND = 16
OPTIONS = {"input_size": 1, "hidden_size": 2, "num_layers": 3,
           "nonlinearity": 4, "bias": 5, "batch_first": 6, "bidirectional": 7,
           "dtype": 9}


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.srnn_last_error.restype = ctypes.c_char_p
        value = ctypes.c_int64()
        for name in OPTIONS:
            self.call("srnn_constant", ctypes.byref(value),
                      f"SRNN_OPTION_{name.upper()}".encode())
            OPTIONS[name] = value.value

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
        return self.make("srnn_tensor_wrap", ctypes.c_void_p(tensor.data_ptr()),
                         1 if tensor.dtype == torch.float32 else 2,
                         tensor.dim(), shape, None)

    def rnn(self, seed, options):
        config = self.make("srnn_config_create")
        for name, value in options.items():
            self.call("srnn_config_set_int", config, OPTIONS[name],
                      ctypes.c_int64(value))
        rnn = self.make("srnn_rnn_create", config, ctypes.c_uint64(seed))
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
               "nonlinearity": 1,
               "bias": pick(generator, 0, 1),
               "batch_first": pick(generator, 0, 1),
               "bidirectional": pick(generator, 0, 1),
               "dtype": pick(generator, 1, 2)}
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


def by_episodes(rnn, x, h0, lengths, resets, D):
    T, B, _ = x.shape
    y = torch.zeros(T, B, D * rnn.hidden_size, dtype=x.dtype)
    h_n = h0.clone()
    for b in range(B):
        length = int(lengths[b])
        starts = [0] + [t for t in range(1, length) if resets[t, b]]
        for first, end in zip(starts, starts[1:] + [length]):
            if end == first:
                continue
            out, h = rnn(x[first:end, b:b + 1], h0[:, b:b + 1].contiguous())
            y[first:end, b] = out[:, 0]
            if end == length:
                h_n[0::D, b] = h[0::D, 0]
            if first == 0 and D == 2:
                h_n[1::D, b] = h[1::D, 0]
    return y, h_n


def check(library, seed):
    options, T, B, lengths, resets, generator = make_case(seed)
    dtype = torch.float32 if options["dtype"] == 1 else torch.float64
    D, L = 1 + options["bidirectional"], options["num_layers"]
    torch.manual_seed(seed)
    rnn = torch.nn.RNN(options["input_size"], options["hidden_size"], L,
                       bias=bool(options["bias"]), dtype=dtype,
                       bidirectional=D == 2)
    x = torch.randn(T, B, rnn.input_size, dtype=dtype, generator=generator)
    h0 = torch.randn(L * D, B, rnn.hidden_size, dtype=dtype,
                     generator=generator)
    wanted = (with_lengths(rnn, x, h0, lengths, T) if resets is None
              else by_episodes(rnn, x, h0, lengths, resets, D))
    for b in range(B):
        x[int(lengths[b]):, b] = float("nan")
    got = run(library, seed, options, x, h0, lengths, resets, D)
    worst = 0
    for name, ours, theirs in zip(("output", "h_n"), got, wanted):
        error = (ours - theirs).abs().max().item() / torch.finfo(dtype).eps
        if not error <= BOUND:
            sys.exit(f"case {seed}: {name} is off by {error} units")
        worst = max(worst, error)
    return worst


def run(library, seed, options, x, h0, lengths, resets, D):
    T, B, _ = x.shape
    batch_first = bool(options["batch_first"])
    if batch_first:
        x = x.transpose(0, 1).contiguous()
    flags = None
    if resets is not None:
        flags = (resets.t() if batch_first else resets).contiguous()
    y = torch.full((*x.shape[:2], D * options["hidden_size"]), float("nan"),
                   dtype=x.dtype)
    h_n = torch.full_like(h0, float("nan"))
    rnn = library.rnn(seed, options)
    context = library.make("srnn_context_create", rnn)
    tensors = [library.wrap(t) for t in (x, h0, y, h_n)]
    library.call(
        "srnn_context_forward_padded", context, tensors[0],
        ctypes.c_void_p(lengths.data_ptr()),
        None if flags is None else ctypes.c_void_p(flags.data_ptr()),
        *tensors[1:])
    for tensor in tensors:
        library.lib.srnn_tensor_destroy(tensor)
    library.lib.srnn_context_destroy(context)
    library.lib.srnn_rnn_destroy(rnn)
    return (y.transpose(0, 1) if batch_first else y), h_n


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
