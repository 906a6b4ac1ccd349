#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes saved_f32.safetensors and saved_f64.safetensors: what saving an rnn
alone must give, byte for byte; and saved_over.safetensors, a model with tensors
of every type and another rnn under "rnn.", with saved_merged.safetensors, what
saving the rnn of saved_f32 under "rnn." into it must give.

    pip install torch==2.13.0 safetensors==0.8.0 numpy
    python make_saved.py

The bytes are the safetensors package's own. It shuffles the metadata at every
run, so they are put in order afterwards. Each file is then read back by
the package and taken by load_state_dict.
"""

import json
import pathlib

import safetensors
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).parent
# Characters that JSON escapes, and some that it need not.
PREFIX = 'q"\\\b\f\n\r\t\x01\x1f\x7f/\u00e9\u20ac\U0001d11e.'


F32 = dict(input_size=3, hidden_size=2, num_layers=2, nonlinearity="relu",
           batch_first=True, bidirectional=True, dropout=0.2)
F64 = dict(input_size=1, hidden_size=1, num_layers=11, bias=False,
           bidirectional=True, dtype=torch.float64)


def create(seed, **options):
    torch.manual_seed(seed)
    return torch.nn.RNN(**options)


def metadata_of(rnn, prefix):
    """Without a prefix the names of the tensors tell the direction."""
    metadata = {prefix + "batch_first": "true" if rnn.batch_first else "false",
                prefix + "dropout": str(rnn.dropout),
                prefix + "nonlinearity": rnn.nonlinearity}
    if prefix:
        metadata[prefix + "direction"] = ("bidirectional" if rnn.bidirectional
                                          else "forward")
    return metadata


def tensors_of(rnn, prefix):
    return {prefix + name: value.contiguous()
            for name, value in rnn.state_dict().items()}


def dump(metadata):
    return json.dumps(metadata, ensure_ascii=False,
                      separators=(",", ":")).encode()


def save(tensors, metadata):
    data = safetensors.torch.save(tensors, metadata)
    header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
    shuffled = dump(header["__metadata__"])
    assert data.count(shuffled) == 1  # the package's text, escape by escape
    wanted = dict(sorted(metadata.items(), key=lambda item: item[0].encode()))
    return data.replace(shuffled, dump(wanted))


def check(path, rnn, prefix, options):
    wanted = rnn.state_dict()
    loaded = safetensors.torch.load_file(path)
    state = {name.removeprefix(prefix): value
             for name, value in loaded.items() if name.startswith(prefix)}
    assert state.keys() == wanted.keys()
    assert all(torch.equal(state[name], wanted[name]) and
               state[name].dtype == wanted[name].dtype for name in wanted)
    other = create(0, **options)
    other.load_state_dict(state, strict=True)
    with safetensors.safe_open(path, "pt") as file:
        assert metadata_of(rnn, prefix).items() <= file.metadata().items()
    print(path.name, path.stat().st_size, "bytes,", len(loaded), "tensors")


def make(name, seed, prefix, metadata, options):
    rnn = create(seed, **options)
    path = FOLDER / name
    path.write_bytes(save(tensors_of(rnn, prefix),
                          metadata_of(rnn, prefix) | metadata))
    check(path, rnn, prefix, options)


def others():
    """A tensor of every type that the package writes, and an empty one."""
    count = 0
    for name in ("bool", "float4_e2m1fn_x2", "uint8", "int8", "float8_e5m2",
                 "float8_e4m3fn", "float8_e8m0fnu", "float8_e4m3fnuz",
                 "float8_e5m2fnuz", "int16", "uint16", "float16", "bfloat16",
                 "int32", "uint32", "float32", "complex64", "float64", "int64",
                 "uint64"):
        count += 1
        values = torch.arange(16, dtype=torch.uint8) * 11 % 251 + count
        yield name, values.view(getattr(torch, name)) if name != "bool" else (
            values % 2 == 0)
    yield "rnn.head\u00e9", torch.ones(3, dtype=torch.float16)
    yield "rnn2.weight_ih_l0", torch.zeros(0, 5, dtype=torch.bfloat16)
    yield "weight_ih", torch.ones(1)


def make_merged():
    metadata = {"format": "pt", "nonlinearity": "tanh", "direction": "reverse",
                "key": "old", "rnn.other": ""}
    before = create(5, input_size=4, hidden_size=3, num_layers=3)
    stale = dict(others()) | tensors_of(before, "rnn.")
    stale["rnn.weight_hh"] = torch.zeros(3, 3)
    path = FOLDER / "saved_over.safetensors"
    path.write_bytes(save(stale, metadata | metadata_of(before, "rnn.")))
    after = create(7, **F32)
    path = FOLDER / "saved_merged.safetensors"
    path.write_bytes(save(
        dict(others()) | tensors_of(after, "rnn."),
        metadata | metadata_of(after, "rnn.") |
        {"key": "new"}))
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    make("saved_f32.safetensors", 7, PREFIX,
         {"format": "pt", "\u20ac\n": PREFIX, "": ""}, F32)
    make("saved_f64.safetensors", 9, "", {}, F64)
    make_merged()
