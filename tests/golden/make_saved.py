#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes saved_f32.safetensors and saved_f64.safetensors: what saving an rnn
must give, byte for byte.

    pip install torch==2.13.0 safetensors==0.8.0 numpy
    python make_saved.py

The bytes are the safetensors package's own. It shuffles the metadata at every
run, so it is asked until the keys are in order. Each file is then read back by
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


def create(seed, **options):
    torch.manual_seed(seed)
    return torch.nn.RNN(**options)


def metadata_of(rnn):
    return {"batch_first": "true" if rnn.batch_first else "false",
            "nonlinearity": rnn.nonlinearity}


def save(rnn, prefix):
    tensors = {prefix + name: value.contiguous()
               for name, value in rnn.state_dict().items()}
    while True:
        data = safetensors.torch.save(tensors, metadata_of(rnn))
        header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
        if list(header["__metadata__"]) == sorted(header["__metadata__"]):
            return data


def check(path, rnn, prefix, options):
    wanted = rnn.state_dict()
    loaded = safetensors.torch.load_file(path)
    state = {name.removeprefix(prefix): value
             for name, value in loaded.items()}
    assert state.keys() == wanted.keys()
    assert all(torch.equal(state[name], wanted[name]) and
               state[name].dtype == wanted[name].dtype for name in wanted)
    other = create(0, **options)
    other.load_state_dict(state, strict=True)
    with safetensors.safe_open(path, "pt") as file:
        assert file.metadata() == metadata_of(rnn)
    print(path.name, path.stat().st_size, "bytes,", len(wanted), "tensors")


def make(name, seed, prefix, **options):
    rnn = create(seed, **options)
    path = FOLDER / name
    path.write_bytes(save(rnn, prefix))
    check(path, rnn, prefix, options)


if __name__ == "__main__":
    make("saved_f32.safetensors", 7, PREFIX, input_size=3, hidden_size=2,
         num_layers=2, nonlinearity="relu", batch_first=True,
         bidirectional=True)
    make("saved_f64.safetensors", 9, "", input_size=1, hidden_size=1,
         num_layers=11, bias=False, bidirectional=True, dtype=torch.float64)
