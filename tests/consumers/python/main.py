#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A program outside the project, in Python through ctypes alone.

usage: main.py libsimplernn.so expected.txt"""

import ctypes
import math
import sys

T, B, I, H, L, D = 3, 2, 4, 2, 2, 2

lib = ctypes.CDLL(sys.argv[1])
lib.srnn_last_error.restype = ctypes.c_char_p
lib.srnn_version.restype = ctypes.c_char_p
lib.srnn_rnn_parameter_count.restype = ctypes.c_int64
lib.srnn_rnn_parameter_shape.restype = ctypes.POINTER(ctypes.c_int64)


def check(status):
    if status:
        sys.exit(lib.srnn_last_error().decode())


def constant(name):
    value = ctypes.c_int64()
    check(lib.srnn_constant_value(ctypes.byref(value), name.encode()))
    return value.value


def create(function, *arguments):
    """Calls a function whose first argument receives a handle."""
    handle = ctypes.c_void_p()
    check(getattr(lib, function)(ctypes.byref(handle), *arguments))
    return handle


def numbers(p, *shape):
    """The same numbers in every consumer: see make_expected.py."""
    count = math.prod(shape)
    values = [((p * 7 + i * 3) % 11 - 5) / 16 for i in range(count)]
    return (ctypes.c_float * count)(*values)


def zeros(*shape):
    return (ctypes.c_float * math.prod(shape))()


def set_parameters(rnn):
    handles, kept = [], []
    for p in range(lib.srnn_rnn_parameter_count(rnn)):
        index = ctypes.c_int64(p)
        rank = lib.srnn_rnn_parameter_rank(rnn, index)
        sizes = lib.srnn_rnn_parameter_shape(rnn, index)
        kept.append(numbers(p, *sizes[:rank]))  # a tensor only borrows it
        handles.append(create("srnn_tensor_wrap", kept[-1],
                              constant("SRNN_DTYPE_FLOAT32"), rank, sizes,
                              None))
    count = len(handles)
    check(lib.srnn_rnn_set_parameters(
        rnn, (ctypes.c_void_p * count)(*[h.value for h in handles]),
        ctypes.c_int64(count)))
    for handle in handles:
        lib.srnn_tensor_destroy(handle)


def create_context(direction):
    config = create("srnn_config_create")
    for option, value in (("SRNN_OPTION_NUM_LAYERS", L),
                          ("SRNN_OPTION_DIRECTION", constant(direction))):
        check(lib.srnn_config_set_int(config, constant(option),
                                      ctypes.c_int64(value)))
    rnn = create("srnn_rnn_create", ctypes.c_int64(I), ctypes.c_int64(H),
                 config, ctypes.c_uint64(0))
    context = create("srnn_context_create", rnn)
    set_parameters(rnn)  # after the context, which follows
    lib.srnn_config_destroy(config)
    lib.srnn_rnn_destroy(rnn)  # the context keeps it alive
    return context


def forward(x):
    context = create_context("SRNN_DIRECTION_BIDIRECTIONAL")
    h0 = numbers(17, L, D, B, H)
    output, h_n = zeros(T, B, D, H), zeros(L, D, B, H)
    check(lib.srnn_context_forward_contiguous(
        context, ctypes.c_int64(T), ctypes.c_int64(B), x, h0, output, h_n))
    lib.srnn_context_destroy(context)
    return [*output, *h_n]


def steps(x):
    context = create_context("SRNN_DIRECTION_FORWARD")
    stream = create("srnn_stream_create", context, ctypes.c_int64(B))
    lib.srnn_context_destroy(context)  # the stream needs the rnn alone
    output, states = [], zeros(B, H)
    for t in range(T):
        row = (ctypes.c_float * (B * I))(*x[t * B * I:(t + 1) * B * I])
        check(lib.srnn_stream_step(stream, row, states))
        output += states
    lib.srnn_stream_destroy(stream)
    return output


def main():
    x = numbers(16, T, B, I)
    got = [*forward(x), *steps(x)]
    with open(sys.argv[2]) as file:
        expected = [float(line) for line in file]
    wrong = abs(len(got) - len(expected)) + sum(
        not abs(g - e) <= 1e-6 for g, e in zip(got, expected))
    version = lib.srnn_version().decode()
    print(f"Python, simplernn {version}: {wrong} values wrong")
    sys.exit(wrong != 0)


main()
