#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the checkpoints of tests/corpus/checkpoint.

valid-* must load, refused-* must not; tests/test_corpus_checkpoint.c checks
that. They are also the seeds of tests/fuzz/fuzz_checkpoint.c. What the fuzzer
finds gets a name and an entry here.
"""
import json
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "checkpoint"

SHAPES = {"rnn.weight_ih_l0": [1, 2], "rnn.weight_hh_l0": [1, 1],
          "fc.weight": [1, 1], "fc.bias": [1]}
GROUPS = ["rnn.weight_ih_l0", "fc.weight"]

# The options of each kind with a value, and its moments.
KINDS = {
    "sgd": ({"learning_rate": "0.001", "weight_decay": "0.0",
             "momentum": "0.9", "dampening": "-0.5", "nesterov": "0"},
            ["momentum_buffer"]),
    "adam": ({"learning_rate": "1e-3", "weight_decay": "0", "beta1": "0.9",
              "beta2": "0.999", "epsilon": "1e-08"},
             ["exp_avg", "exp_avg_sq"]),
    "adamw": ({"learning_rate": "0.1", "weight_decay": "0.01", "beta1": "0.5",
               "beta2": "0.75", "epsilon": "0.0"},
              ["exp_avg", "exp_avg_sq"]),
    "rmsprop": ({"learning_rate": "0.01", "weight_decay": "0.0",
                 "momentum": "0.5", "epsilon": "1e-08", "alpha": "0.99",
                 "centered": "1"},
                ["square_avg", "momentum_buffer", "grad_avg"]),
}


def parts(kind):
    """The metadata, and (dtype, shape, bytes) by name."""
    options, moments = KINDS[kind]
    metadata = {"optimizer.kind": kind, "optimizer.check_finite": "1",
                "rnn.nonlinearity": "tanh"}
    tensors = {"optimizer.steps": ("I64", [], struct.pack("<q", 7))}
    for option, text in options.items():
        metadata[f"optimizer.{option}"] = text
        for first in GROUPS:
            metadata[f"optimizer.{option}.{first}"] = text
    for name, shape in SHAPES.items():
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
        values = struct.pack(f"<{count}f", *range(1, count + 1))
        tensors[name] = ("F32", shape, values)
        for moment in moments:
            tensors[f"optimizer.{moment}.{name}"] = ("F32", shape, values)
        tensors[f"optimizer.step.{name}"] = ("I64", [], struct.pack("<q", 5))
    return metadata, tensors


def checkpoint(kind="sgd", metadata=(), tensors=()):
    """With other entries; None removes one."""
    texts, contents = parts(kind)
    texts.update(metadata)
    contents.update(tensors)
    header = {"__metadata__": {key: text for key, text in texts.items()
                               if text is not None}}
    data = b""
    for name, entry in contents.items():
        if entry is None:
            continue
        dtype, shape, values = entry
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def count(value):
    return "I64", [], struct.pack("<q", value)


BETA1 = "optimizer.beta1.fc.weight"
STEP = "optimizer.step.fc.bias"
NAN = ("F32", [1], struct.pack("<f", float("nan")))

VALID = {
    **{kind: checkpoint(kind) for kind in KINDS},
    "others": checkpoint("adam", {"epoch": "3", "optimizer": ""},
                         {"h0": ("BF16", [0], b""),
                          "step": ("F64", [1], bytes(8))}),
    "no-steps": checkpoint("adam", {}, {
        "optimizer.steps": count(0),
        **{f"optimizer.step.{name}": count(0) for name in SHAPES}}),
    "most-steps": checkpoint("adam", {}, {"optimizer.steps": count(2**53)}),
    "not-a-number": checkpoint("adam", {}, {
        "fc.bias": NAN, "optimizer.exp_avg_sq.fc.bias": NAN}),
    "largest": checkpoint("sgd", {
        "optimizer.dampening": "-1.7976931348623157e308",
        "optimizer.learning_rate.fc.weight": "1.7976931348623157e308"}),
    "nesterov-and-dampening": checkpoint("sgd", {
        "optimizer.nesterov.fc.weight": "1"}),
}

REFUSED = {
    "no-tensors": struct.pack("<Q", 2) + b"{}",
    "model": checkpoint("sgd", {"optimizer.kind": None}),
    "unknown-kind": checkpoint("sgd", {"optimizer.kind": "adagrad"}),
    "other-kind": checkpoint("sgd", {"optimizer.kind": "adam"}),
    "no-state": checkpoint("adam", {}, {
        "optimizer.exp_avg.fc.bias": None}),
    "no-value": checkpoint("adam", {}, {"fc.bias": None}),
    "no-option": checkpoint("adam", {BETA1: None}),
    "no-number": checkpoint("adam", {BETA1: "0.9 "}),
    "beta-1": checkpoint("adam", {BETA1: "1.0"}),
    "infinite": checkpoint("sgd", {"optimizer.dampening": "1e309"}),
    "half-nesterov": checkpoint("sgd", {"optimizer.nesterov": "0.5"}),
    "relu": checkpoint("sgd", {"rnn.nonlinearity": "relu"}),
    "negative-steps": checkpoint("sgd", {}, {"optimizer.steps": count(-1)}),
    "too-many-steps": checkpoint("sgd", {}, {
        "optimizer.steps": count(2**53 + 1)}),
    "more-than-all-steps": checkpoint("sgd", {}, {STEP: count(8)}),
    "float-steps": checkpoint("sgd", {}, {
        STEP: ("F64", [], struct.pack("<d", 5))}),
    "wide-value": checkpoint("sgd", {}, {"fc.bias": ("F64", [1], bytes(8))}),
    "huge-value": checkpoint("sgd", {}, {"fc.bias": ("F32", [0, 2**62], b"")}),
    "more-tensors": checkpoint("sgd", {}, {
        "optimizer.step.fc.weights": count(1)}),
    "more-metadata": checkpoint("sgd", {"optimizer.lr": "0.1"}),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.iterdir():
        stale.unlink()
    for kind, files in (("valid", VALID), ("refused", REFUSED)):
        for name, content in files.items():
            (FOLDER / f"{kind}-{name}.safetensors").write_bytes(content)


if __name__ == "__main__":
    main()
