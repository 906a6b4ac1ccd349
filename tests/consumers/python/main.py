#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A program outside the project, in Python through ctypes alone.

usage: main.py libsimplernn.so expected.txt"""

import ctypes
import math
import sys

T, B, I, H, L, D = 3, 2, 4, 2, 2, 2

lib = ctypes.CDLL(sys.argv[1])
for name in ("srnn_last_error", "srnn_version"):
    getattr(lib, name).restype = ctypes.c_char_p
lib.srnn_rnn_parameter_count.restype = ctypes.c_int64
lib.srnn_tensor_size.restype = ctypes.c_int64
lib.srnn_tensor_data.restype = ctypes.c_void_p


def check(status):
    if status:
        sys.exit(lib.srnn_last_error().decode())


def constant(name):
    value = ctypes.c_int64()
    check(lib.srnn_constant(ctypes.byref(value), name.encode()))
    return value.value


def create(function, *arguments):
    """Calls a function whose first argument receives a handle."""
    handle = ctypes.c_void_p()
    check(getattr(lib, function)(ctypes.byref(handle), *arguments))
    return handle


def formula(p, count):
    """The same numbers in every consumer: see make_expected.py."""
    return [((p * 7 + i * 3) % 11 - 5) / 16 for i in range(count)]


def wrap(*shape):
    """A list of zeros that is a tensor as well."""
    values = (ctypes.c_float * math.prod(shape))()
    sizes = (ctypes.c_int64 * len(shape))(*shape)
    tensor = create("srnn_tensor_wrap", values, constant("SRNN_DTYPE_FLOAT32"),
                    len(shape), sizes, None)
    return values, tensor


def create_rnn():
    config = create("srnn_config_create")
    for option, value in (("INPUT_SIZE", I), ("HIDDEN_SIZE", H),
                          ("NUM_LAYERS", L), ("BIDIRECTIONAL", 1)):
        check(lib.srnn_config_set_int(
            config, constant("SRNN_OPTION_" + option), ctypes.c_int64(value)))
    rnn = create("srnn_rnn_create", config, ctypes.c_uint64(0))
    lib.srnn_config_destroy(config)
    for p in range(lib.srnn_rnn_parameter_count(rnn)):
        index = ctypes.c_int64(p)
        tensor = create("srnn_rnn_get_parameter_at", rnn, index)
        count = lib.srnn_tensor_size(tensor)
        floats = ctypes.c_float * count
        floats.from_address(lib.srnn_tensor_data(tensor))[:] = formula(p, count)
        check(lib.srnn_rnn_set_parameter_at(rnn, index, tensor))
        lib.srnn_tensor_destroy(tensor)
    return rnn


def main():
    rnn = create_rnn()
    context = create("srnn_context_create", rnn)
    x, input_ = wrap(T, B, I)
    h, h0 = wrap(L * D, B, H)
    y, output = wrap(T, B, D * H)
    last, h_n = wrap(L * D, B, H)
    x[:] = formula(16, len(x))
    h[:] = formula(17, len(h))
    check(lib.srnn_context_forward(context, input_, h0, output, h_n))
    for tensor in (input_, h0, output, h_n):
        lib.srnn_tensor_destroy(tensor)
    lib.srnn_context_destroy(context)
    lib.srnn_rnn_destroy(rnn)

    with open(sys.argv[2]) as file:
        expected = [float(line) for line in file]
    got = [*y, *last]
    wrong = abs(len(got) - len(expected)) + sum(
        not abs(g - e) <= 1e-6 for g, e in zip(got, expected))
    version = lib.srnn_version().decode()
    print(f"Python, simplernn {version}: {wrong} values wrong")
    sys.exit(wrong != 0)


main()
