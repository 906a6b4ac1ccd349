# SPDX-License-Identifier: MIT
"""Checkpoints of the examples: reads them, changes them, and runs their
networks in plain Python."""

import json
import math
import struct


def read_tensors(file):
    """The tensors of a safetensors file that are floating point or uint8, flat,
    by name."""
    size, = struct.unpack("<Q", file[:8])
    tensors = {}
    for name, tensor in json.loads(file[8:8 + size]).items():
        code = {"F32": "f", "F16": "e", "F64": "d",
                "U8": "B"}.get(tensor.get("dtype"))
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


def run_over(tensors, layer, inputs, suffix):
    """The states of one layer in one direction after each input."""
    h, states = [0.0] * len(tensors[f"rnn.bias_ih_l{layer}"]), []
    names = [f"rnn.{name}_l{layer}{suffix}" for name in
             ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    for x in inputs:
        pre = map(float.__add__, affine(tensors, names[0], names[2:], x),
                  affine(tensors, names[1], [], h))
        h = [math.tanh(value) for value in pre]
        states.append(h)
    return states


def run_both_ways(tensors, layers, inputs):
    """The output of a bidirectional rnn with tanh after each input."""
    for layer in range(layers):
        there = run_over(tensors, layer, inputs, "")
        back = run_over(tensors, layer, inputs[::-1], "_reverse")[::-1]
        inputs = [a + b for a, b in zip(there, back)]
    return inputs


def row(states, layers, batch, hidden, b):
    """The states [layers,hidden] of row b of a tensor [layers,batch,hidden]."""
    return [list(states[(layer * batch + b) * hidden:][:hidden])
            for layer in range(layers)]
