# SPDX-License-Identifier: MIT
"""The command: python -m simplernn.convert IN OUT"""

import argparse
import sys

from simplernn import RNN

from . import read


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="python -m simplernn.convert",
        description="Converts a simple RNN of PyTorch, Keras, ONNX, Flax or "
        "MLX to a safetensors file with PyTorch's names, which "
        "libsimplernn reads. Nothing in the file is executed.")
    parser.add_argument("input", metavar="IN", help=".pt, .keras, .h5, .onnx, "
                        ".npz, .safetensors, .safetensors.index.json, msgpack")
    parser.add_argument("output", metavar="OUT", help="the new file")
    parser.add_argument("--name", help="the network in IN, if it has several; "
                        "a+b is a network of the layers a and b")
    parser.add_argument("--prefix", default="", help="in front of the names in "
                        "OUT")
    parser.add_argument("--nonlinearity", metavar="WORD",
                        help="if IN does not state it")
    parser.add_argument("--batch-first", action="store_true", default=None,
                        help="input is [B,T,I], if IN does not state it")
    parser.add_argument("--time-first", action="store_false",
                        dest="batch_first", help="input is [T,B,I]")
    return parser.parse_args(argv)


def complain(text):
    """There may be nobody to read it. A stream that failed is None then: else
    Python would try once more when it ends."""
    if sys.stderr is None:
        return
    try:
        print(f"simplernn: {text}", file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = None


def run(argv):
    try:
        options = parse(argv)
    except SystemExit as end:
        return end.code
    try:
        converted = read(options.input, options.name,
                         nonlinearity=options.nonlinearity,
                         batch_first=options.batch_first)
        rnn = RNN.from_state_dict(converted.state_dict, **converted.options)
        rnn.save(options.output, prefix=options.prefix)
    except (ImportError, OSError, ValueError) as error:
        complain(error)
        return 1
    for note in converted.notes:
        complain(note)
    print(rnn)
    return 0


def main(argv=None):
    """Returns the exit status."""
    try:
        status = run(argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except OSError as error:  # run() tells those of files
        sys.stdout = None
        complain(f"standard output: cannot write: {error.strerror}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
