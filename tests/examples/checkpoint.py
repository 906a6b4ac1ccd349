# SPDX-License-Identifier: MIT
"""Checkpoints of the examples: reads them, changes them, and runs their
networks in plain Python."""

import json
import math
import struct


def read_tensors(file):
    """The float32 and uint8 tensors of a safetensors file, flat, by name."""
    size, = struct.unpack("<Q", file[:8])
    tensors = {}
    for name, tensor in json.loads(file[8:8 + size]).items():
        code = {"F32": "f", "U8": "B"}.get(tensor.get("dtype"))
        if code:
            begin, end = (8 + size + at for at in tensor["data_offsets"])
            values = file[begin:end]
            count = len(values) // struct.calcsize(code)
            tensors[name] = struct.unpack(f"<{count}{code}", values)
    return tensors


def with_constants(file, shapes, value=0):
    """A checkpoint in which each tensor whose name ends like this has another
    shape and one value. The numbers of steps keep their shape."""
    size, = struct.unpack("<Q", file[:8])
    header, data = json.loads(file[8:8 + size]), b""
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + at for at in tensor["data_offsets"])
        values = file[begin:end]
        for ending, shape in shapes.items():
            if name.endswith(ending) and tensor["dtype"] != "I64":
                tensor["shape"] = shape
                code = {"F32": "<f", "U8": "B"}[tensor["dtype"]]
                values = struct.pack(code, value) * math.prod(shape)
        tensor["data_offsets"] = [len(data), len(data) + len(values)]
        data += values
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def as_float64(file):
    """The same checkpoint with all float32 tensors as float64."""
    size, = struct.unpack("<Q", file[:8])
    header, data = json.loads(file[8:8 + size]), b""
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + at for at in tensor["data_offsets"])
        values = file[begin:end]
        if tensor["dtype"] == "F32":
            tensor["dtype"], count = "F64", len(values) // 4
            values = struct.pack(f"<{count}d",
                                 *struct.unpack(f"<{count}f", values))
        tensor["data_offsets"] = [len(data), len(data) + len(values)]
        data += values
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def affine(tensors, weight, biases, x):
    """weight x + the sum of biases"""
    weight, biases = tensors[weight], [tensors[name] for name in biases]
    return [sum(map(float.__mul__, weight[i * len(x):(i + 1) * len(x)], x)) +
            sum(bias[i] for bias in biases)
            for i in range(len(weight) // len(x))]


def run(tensors, states, x):
    """One step of an rnn with tanh: the states of all layers after it."""
    result = []
    for layer, h in enumerate(states):
        pre = map(float.__add__,
                  affine(tensors, f"rnn.weight_ih_l{layer}",
                         [f"rnn.bias_ih_l{layer}", f"rnn.bias_hh_l{layer}"], x),
                  affine(tensors, f"rnn.weight_hh_l{layer}", [], h))
        x = [math.tanh(value) for value in pre]
        result.append(x)
    return result


def row(states, layers, batch, hidden, b):
    """The states [layers,hidden] of row b of a tensor [layers,batch,hidden]."""
    return [list(states[(layer * batch + b) * hidden:][:hidden])
            for layer in range(layers)]
