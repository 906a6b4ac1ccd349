# SPDX-License-Identifier: MIT
"""The command: python -m simplernn, or simplernn where pip installed it."""

import os
import signal
import sys

from . import _core


def main():
    if sys.argv[1:2] == ["convert"]:
        from .convert.__main__ import main as convert

        return convert(sys.argv[2:])
    # The C code waits for no exception of Python.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stdout is not None:
        sys.stdout.flush()
    texts = "simplernn", *sys.argv[1:]
    return _core.command(tuple(map(os.fsencode, texts)))


if __name__ == "__main__":
    sys.exit(main())
