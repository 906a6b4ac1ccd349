#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the weight files of tests/corpus/weights.

valid-* must open, refused-* must not; tests/test_corpus.c checks that. They
are also the seeds of tests/fuzz/fuzz_weights.c. What the fuzzer finds gets a
name and an entry here.
"""
import json
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "weights"
SIZES = {"F32": 4, "F64": 8, "F16": 2, "BF16": 2, "I64": 8, "BOOL": 1,
         "U8": 1, "I8": 1}
FORMATS = {"F32": "<f", "F64": "<d", "F16": "<e"}


def elements(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def values(dtype, count):
    """count numbers in [-1, 1) that every dtype holds exactly."""
    for k in range(count):
        value = (5 * k % 16 - 8) / 8
        if dtype == "BF16":
            yield struct.pack("<f", value)[2:]
        elif dtype in FORMATS:
            yield struct.pack(FORMATS[dtype], value)
        else:
            yield bytes(SIZES[dtype])


def raw(header, data=b""):
    """A file of any header."""
    if isinstance(header, str):
        header = header.encode()
    return struct.pack("<Q", len(header)) + header + data


def tensors(entries, metadata=None):
    """A valid file of (name, dtype, shape)."""
    header = {} if metadata is None else {"__metadata__": metadata}
    data = b""
    for name, dtype, shape in entries:
        begin = len(data)
        data += b"".join(values(dtype, elements(shape)))
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [begin, len(data)]}
    return raw(json.dumps(header, separators=(",", ":")), data)


def parameters(layers=1, directions=1, bias=True, dtype="F32", prefix="",
               gates=1, inputs=2, hidden=1):
    """The entries of torch.nn.RNN, or of an LSTM or a GRU by their gates."""
    for layer in range(layers):
        columns = inputs if layer == 0 else directions * hidden
        for direction in range(directions):
            suffix = f"_l{layer}" + "_reverse" * direction
            rows = gates * hidden
            yield prefix + "weight_ih" + suffix, dtype, [rows, columns]
            yield prefix + "weight_hh" + suffix, dtype, [rows, hidden]
            if bias:
                yield prefix + "bias_ih" + suffix, dtype, [rows]
                yield prefix + "bias_hh" + suffix, dtype, [rows]


def cell(prefix=""):
    """The entries of torch.nn.RNNCell."""
    return [(name.removesuffix("_l0"), dtype, shape)
            for name, dtype, shape in parameters(prefix=prefix)]


def without(name, entries):
    return [entry for entry in entries if entry[0] != name]


def one(shape="[1]", offsets="[0,4]", dtype='"F32"', name="w"):
    """The header of one tensor, field by field."""
    return (f'{{"{name}":{{"dtype":{dtype},"shape":{shape},'
            f'"data_offsets":{offsets}}}}}')


def two(first, second):
    return one(offsets=first, name="a")[:-1] + "," + one(offsets=second,
                                                         name="b")[1:]


VALID = {
    "empty": raw("{}"),
    "blanks": raw("{ }\n   "),
    "metadata": raw('{"__metadata__":{"format":"pt","\\u00e9":""}}'),
    "scalar": raw(one(shape="[]"), bytes(4)),
    "rank-8": raw(one(shape="[1,1,1,1,1,1,1,1]"), bytes(4)),
    "no-elements": raw(one(shape="[0,7]", offsets="[0,0]")),
    "huge-beside-0": raw(one(shape="[281474976710656,0]", offsets="[0,0]")),
    "unordered": raw(two("[4,8]", "[0,4]"), bytes(8)),
    "packed-bits": raw(one(shape="[4]", offsets="[0,3]", dtype='"F6_E2M3"'),
                       bytes(3)),
    "escapes": raw(one(shape="[]", name='\\"\\\\\\/\\b\\f\\n\\r\\t'
                       '\\u00e9\\u20ac\\ud83d\\ude00'), bytes(4)),
    "utf-8": raw(one(shape="[]", name="\u00e9\u20ac\U0001f600"), bytes(4)),
    "odd-names": tensors([("", "F32", []), ("\x01\x1b[31m", "F32", [1]),
                          ("../w\u0456", "F32", [1])]),
    "rnn": tensors(parameters()),
    "rnn-prefix": tensors(parameters(prefix="rnn.")),
    "rnn-both-prefixes": tensors([*parameters(), *parameters(prefix="rnn."),
                                  ("head.step", "I64", [])]),
    "rnn-no-bias": tensors(parameters(bias=False)),
    "rnn-deep": tensors(parameters(layers=3, bias=False)),
    "rnn-bidirectional": tensors(parameters(directions=2)),
    "rnn-deep-bidirectional": tensors(parameters(layers=2, directions=2,
                                                 hidden=2, bias=False)),
    "rnn-f64": tensors(parameters(dtype="F64")),
    "rnn-f16": tensors(parameters(dtype="F16", inputs=3, hidden=2)),
    "rnn-bf16": tensors(parameters(dtype="BF16", inputs=3, hidden=2)),
    "rnn-mixed": tensors([("weight_ih_l0", "F16", [1, 2]),
                          ("weight_hh_l0", "F64", [1, 1])]),
    "rnn-options": tensors(parameters(), {"nonlinearity": "relu",
                                          "batch_first": "true"}),
    "rnn-bad-option": tensors(parameters(), {"nonlinearity": "gelu"}),
    "rnn-bad-batch-first": tensors(parameters(), {"batch_first": "yes"}),
    "rnn-python-bool": tensors(parameters(), {"batch_first": "True"}),
    "rnn-prefixed-options": tensors(
        [*parameters(prefix="rnn."), *parameters()],
        {"nonlinearity": "tanh", "rnn.nonlinearity": "relu",
         "rnn.batch_first": "true", "rnn.dropout": "0.25"}),
    "rnn-bad-dropout": tensors(parameters(), {"dropout": "1.5"}),
    "rnn-reverse": tensors([entry for entry in parameters(directions=2)
                            if "reverse" in entry[0]]),
    "rnn-stated-reverse": tensors(parameters(layers=2),
                                  {"direction": "reverse"}),
    "rnn-contradicted": tensors(parameters(directions=2),
                                {"direction": "forward"}),
    "rnn-cell": tensors(cell()),
    "rnn-cell-prefix": tensors(cell("rnn."), {"rnn.direction": "reverse"}),
    "rnn-cell-and-rnn": tensors([*cell(), *parameters()]),
    "rnn-extra": tensors([*parameters(), ("h0", "F32", [1, 1, 1]),
                          ("head.weight", "I8", [2])]),
    "keras-names": tensors([("rnn.kernel:0", "F32", [2, 1]),
                            ("rnn.recurrent_kernel:0", "F32", [1, 1]),
                            ("rnn.bias:0", "F32", [1])]),
    "other-types": tensors([("i64", "I64", [2]), ("bool", "BOOL", [3]),
                            ("u8", "U8", [0]), ("i8", "I8", [1])]),
    "rnn-i64": tensors(parameters(dtype="I64", bias=False)),
    "rnn-missing": tensors(without("weight_hh_l0", parameters())),
    "rnn-one-bias": tensors(without("bias_hh_l0", parameters())),
    "rnn-gap": tensors([*parameters(bias=False),
                        ("weight_ih_l2", "F32", [1, 1])]),
    "rnn-last-layer": tensors([("weight_ih_l65534", "F32", [1, 1])]),
    "rnn-layer-overflow": tensors([("weight_ih_l4294967296", "F32", [1, 1])]),
    "rnn-no-hidden": tensors([("weight_ih_l0", "F32", [0, 2]),
                              ("weight_hh_l0", "F32", [0, 0])]),
    "rnn-no-input": tensors([("weight_ih_l0", "F32", [1, 0]),
                             ("weight_hh_l0", "F32", [1, 1])]),
    "rnn-ih-vector": tensors([("weight_ih_l0", "F32", [2]),
                              ("weight_hh_l0", "F32", [1, 1])]),
    "rnn-hh-vector": tensors([("weight_ih_l0", "F32", [1, 2]),
                              ("weight_hh_l0", "F32", [1])]),
    "rnn-hh-wide": tensors([("weight_ih_l0", "F32", [1, 2]),
                            ("weight_hh_l0", "F32", [1, 2])]),
    "rnn-bias-scalar": tensors([*without("bias_ih_l0", parameters()),
                                ("bias_ih_l0", "F32", [])]),
    "rnn-leading-zero": tensors([("weight_ih_l00", "F32", [1, 1])]),
    "rnn-mis-shaped": tensors([("weight_ih_l0", "F32", [2, 1]),
                               ("weight_hh_l0", "F32", [1, 1])]),
    "lstm": tensors(parameters(gates=4)),
    "gru": tensors(parameters(gates=3)),
}

REFUSED = {
    "nothing": b"",
    "seven-bytes": bytes(7),
    "no-header": bytes(8),
    "length-over-file": struct.pack("<Q", 3) + b"{}",
    "length-2-64": struct.pack("<Q", 2**64 - 8) + b"{}",
    "length-100-mb": struct.pack("<Q", 100_000_001) + b"{}",
    "array": raw("[]"),
    "blank-in-front": raw(" {}"),
    "byte-order-mark": raw(b"\xef\xbb\xbf{}"),
    "nul-at-end": raw(b"{}\0"),
    "comment": raw("{/**/}"),
    "comma-at-end": raw(one()[:-1] + ",}", bytes(4)),
    "single-quotes": raw("{'w':{}}"),
    "invalid-utf-8": raw(b'{"\xff":{}}'),
    "surrogate": raw('{"\\ud800":{}}'),
    "nul-in-name": raw('{"\\u0000":{}}'),
    "string-open": raw('{"w'),
    "string-open-64": raw('{"' + 62 * "w"),
    "backslash-at-end": raw('{"w\\'),
    "unknown-escape": raw('{"\\x41":{}}'),
    "newline-in-name": raw('{"a\nb":{}}'),
    "overlong-utf-8": raw(b'{"\xc0\x80":{}}'),
    "utf-8-cut": raw(b'{"\xe2\x82":{}}'),
    "low-surrogate": raw('{"\\udc00":{}}'),
    "surrogate-and-letter": raw('{"\\ud83d\\u0041":{}}'),
    "bad-hex": raw('{"\\u00g0":{}}'),
    "no-colon": raw('{"w" {}}'),
    "no-comma": raw(one(shape="[1 1]"), bytes(4)),
    "not-closed": raw("{"),
    "only-closed": raw("}"),
    "comma-first": raw("," + one()[1:], bytes(4)),
    "two-objects": raw("{}{}"),
    "number-as-tensor": raw('{"w":1}'),
    "number-as-dtype": raw(one(dtype="1"), bytes(4)),
    "text-in-shape": raw(one(shape='["1"]'), bytes(4)),
    "number-as-shape": raw(one(shape="1"), bytes(4)),
    "one-offset": raw(one(offsets="[4]"), bytes(4)),
    "text-in-offsets": raw(one(offsets='[0,"4"]'), bytes(4)),
    "long-odd-name": raw('{"' + "\\u0007" * 120 + '":{}}'),
    "long-odd-dtype": raw(one(dtype='"' + "\\u0007" * 60 + '"'), bytes(4)),
    "long-odd-field": raw(one()[:-2] + ',"' + "\\u0007" * 60 + '":1}}',
                          bytes(4)),
    "deep": raw("{" + '"a":[' + "[" * 200),
    "duplicate": raw(two("[0,4]", "[4,8]").replace('"b"', '"\\u0061"'),
                     bytes(8)),
    "metadata-twice": raw('{"__metadata__":{},"__metadata__":{}}'),
    "metadata-number": raw('{"__metadata__":{"k":1}}'),
    "metadata-text": raw('{"__metadata__":"k"}'),
    "nul-behind-number": raw(one(shape="[1\0]"), bytes(4)),
    "minus-zero": raw(one(shape="[-0]", offsets="[0,0]")),
    "exponent": raw(one(shape="[1e0]"), bytes(4)),
    "leading-zero": raw(one(shape="[01]"), bytes(4)),
    "number-2-64": raw(one(shape="[18446744073709551617]"), bytes(4)),
    "400-digits": raw(one(shape="[1" + "0" * 399 + "]"), bytes(4)),
    "backwards": raw(one(offsets="[4,0]"), bytes(4)),
    "hole": raw(two("[0,4]", "[8,12]"), bytes(12)),
    "overlap": raw(two("[0,4]", "[0,4]"), bytes(4)),
    "empty-inside": raw(two("[0,4]", "[2,2]").replace(
        '"b":{"dtype":"F32","shape":[1]', '"b":{"dtype":"F32","shape":[0]'),
        bytes(4)),
    "cut": raw(one(), bytes(3)),
    "tail": raw(one(), bytes(5)),
    "product-wraps": raw(one(shape="[4294967296,4294967296]",
                             offsets="[0,0]")),
    "bytes-wrap": raw(one(shape="[4611686018427387905]"), bytes(4)),
    "rank-9": raw(one(shape="[1,1,1,1,1,1,1,1,1]"), bytes(4)),
    "data-for-none": raw(one(shape="[0]"), bytes(4)),
    "lower-case-dtype": raw(one(dtype='"f32"'), bytes(4)),
    "half-a-byte": raw(one(dtype='"F4"', offsets="[0,1]"), bytes(1)),
    "extra-field": raw(one()[:-2] + ',"strides":[1]}}', bytes(4)),
    "no-fields": raw('{"w":{}}'),
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
