# SPDX-License-Identifier: MIT
"""What the public headers declare, read from their text."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = sorted(ROOT.glob("include/**/*.h"))


def code():
    """All public headers in one text, without comments."""
    text = "\n".join(path.read_text() for path in HEADERS)
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def functions():
    """The names of the functions marked SRNN_API."""
    text = re.sub(r"(?m)^#.*$", "", code())
    declarations = re.findall(r"\bSRNN_API\b([^;]*);", text)
    return sorted(re.search(r"(\w+)\s*\(", d).group(1) for d in declarations)


def names_in_map():
    """The functions that the shared library exports."""
    text = (ROOT / "cmake" / "simplernn.map").read_text()
    return sorted(re.findall(r"\b(srnn_\w+);", text))


def types():
    """The names of the typedefs: plain ones and pointers to functions."""
    names = [re.search(r"\(\*(\w+)\)|(\w+)\s*$", declaration)
             for declaration in re.findall(r"\btypedef\b([^;]*);", code())]
    return sorted(name.group(1) or name.group(2) for name in names)


def constants():
    """The names of the enumerators and of the version macros."""
    text = code()
    names = re.findall(r"#define (SRNN_VERSION_\w+)", text)
    for body in re.findall(r"\benum\s*\w*\s*\{([^}]*)\}", text):
        names += re.findall(r"\bSRNN_\w+", body)
    return sorted(names)


# How the tags of enums end whose members are plain numbers.
NUMBERS = ("_limits", "_constants")


def named_constants():
    """Those of constants() that srnn_constant_name gives back: statuses,
    options and enumerators. Limits, versions and the like are numbers like
    any."""
    names = []
    for tag, body in re.findall(r"\benum\s*(\w*)\s*\{([^}]*)\}", code()):
        if not tag.endswith(NUMBERS):
            names += re.findall(r"\bSRNN_\w+", body)
    return sorted(names)


def version():
    """(MAJOR, MINOR, PATCH, SO), as text."""
    pairs = re.findall(r"#define SRNN_VERSION_(\w+) (\d+)", code())
    values = dict(pairs)
    return tuple(values[part] for part in ("MAJOR", "MINOR", "PATCH", "SO"))
