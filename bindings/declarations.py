#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Keeps the bindings equal to the headers.

This program writes the declarations of simplernn-sys, and the version into the
crates. Every binding that is in the tree must use each exported function, and
each status, option and enumerator, or name it in its file left_out.txt, with
the reason.

usage: declarations.py check    fails if a binding differs from the headers
       declarations.py update   writes what it can first

Needs cc and python3-pycparser."""

import fnmatch
import pathlib
import re
import subprocess
import sys
import tempfile

import pycparser
from pycparser import c_ast

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests/checks"))
import public_api  # noqa: E402

RUST = HERE / "rust"

# The folder of each binding, and its files that use the library.
BINDINGS = {
    "cpp": ["simplernn.hpp", "simplernn/*.hpp"],
    "python": ["src/**/*.c", "src/**/*.h"],
    "rust": ["simplernn/src/*.rs"],
}

# What the headers take from C: the type for pycparser, and the type in Rust.
TYPES = {
    "int32_t": ("int", "i32"),
    "int64_t": ("long", "i64"),
    "uint8_t": ("unsigned char", "u8"),
    "uint64_t": ("unsigned long", "u64"),
    "size_t": ("unsigned long", "usize"),
    "double": (None, "f64"),
    "char": (None, "c_char"),
    "void": (None, "c_void"),
}

START = """\
// SPDX-License-Identifier: MIT
// Written by bindings/declarations.py from the headers.

use core::marker::{PhantomData, PhantomPinned};
use libc::{c_char, c_void};
"""

OPAQUE = """
#[repr(C)]
pub struct %s {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
"""


def parse():
    """The syntax tree of the headers. Without __GNUC__ they have no
    attributes, which pycparser does not know."""
    with tempfile.TemporaryDirectory() as folder:
        types = "".join(f"typedef {known} {name};\n"
                        for name, (known, _) in TYPES.items() if known)
        (pathlib.Path(folder) / "stdint.h").write_text("#pragma once\n" + types)
        (pathlib.Path(folder) / "stddef.h").write_text("#include <stdint.h>\n")
        text = subprocess.run(
            ["cc", "-E", "-nostdinc", "-U__GNUC__", "-I", folder,
             "-I", ROOT / "include", ROOT / "include/simplernn.h"],
            check=True, stdout=subprocess.PIPE, text=True).stdout
    text = re.sub(r"(?m)^#pragma.*$", "", text)
    return [node for node in pycparser.CParser().parse(text)
            if node.name not in TYPES]


def rust_type(node):
    """What C declares as the type of a parameter, a result or a typedef."""
    if isinstance(node, c_ast.PtrDecl):
        if isinstance(node.type, c_ast.FuncDecl):
            return ('Option<\n    unsafe extern "C" fn('
                    f"{signature(node.type)},\n>")
        kind = "const" if "const" in node.type.quals else "mut"
        return f"*{kind} {rust_type(node.type)}"
    assert isinstance(node, c_ast.TypeDecl), node
    name, = node.type.names
    return TYPES[name][1] if name in TYPES else name


def signature(function):
    """The parameters, each in its line, and the result."""
    parameters = [] if function.args is None else [
        f"\n        {parameter.name}: {rust_type(parameter.type)},"
        for parameter in function.args.params if parameter.name]
    text = "".join(parameters + ["\n    )" if parameters else ")"])
    result = rust_type(function.type)
    return text if result == "c_void" else f"{text} -> {result}"


def rust_function(node):
    text = f"    pub fn {node.name}({signature(node.type)};\n"
    is_status = rust_type(node.type.type) == "srnn_status"
    return "    #[must_use]\n" + text if is_status else text


def rust_typedef(node):
    if isinstance(node.type.type, c_ast.Struct):
        return OPAQUE % node.name
    return f"\npub type {node.name} = {rust_type(node.type)};\n"


def rust_constants(enum):
    """Each has the type of its set: that of srnn_dtype_values is srnn_dtype."""
    kind = re.sub("_values$", "", enum.name)
    kind = "i64" if enum.name.endswith(public_api.NUMBERS) else kind
    for constant in enum.values.enumerators:
        value = constant.value
        negative = isinstance(value, c_ast.UnaryOp)
        text = "-" + value.expr.value if negative else value.value
        yield f"pub const {constant.name}: {kind} = {text};\n"


def rust_declarations():
    text, functions = START, ""
    for node in parse():
        if isinstance(node, c_ast.Typedef):
            text += rust_typedef(node)
        elif isinstance(node.type, c_ast.Enum):
            text += "\n" + "".join(rust_constants(node.type))
        else:
            functions += "\n" + rust_function(node)
    return f"{text}\nextern \"C\" {{{functions}}}\n"


def with_version(manifest):
    version = ".".join(public_api.version()[:3])
    return re.sub(r'(?m)^(|simplernn-sys = \{ )version = "[^"]*"',
                  rf'\1version = "{version}"', manifest.read_text())


def written():
    """{path: text}: what update writes."""
    return {RUST / "simplernn-sys/src/declarations.rs": rust_declarations(),
            **{manifest: with_version(manifest)
               for manifest in RUST.glob("*/Cargo.toml")}}


def check_written(texts):
    declarations = "".join(texts.values())
    bad = [f"the declarations of Rust would lack {name}"
           for name in public_api.functions() + public_api.types() +
           public_api.named_constants()
           if not re.search(rf"\b{name}\b", declarations)]
    return bad + [f"{path.relative_to(ROOT)} differs from the headers; write "
                  f"it by: {sys.argv[0]} update"
                  for path, text in texts.items()
                  if not path.exists() or path.read_text() != text]


def used_names(folder, patterns):
    """The names of the library in the files of a binding. A comment does not
    use a name, nor does a test, which ends a file of Rust. A text can only use
    a constant, which it looks up."""
    texts = [path.read_text().partition("#[cfg(test)]\nmod tests")[0]
             for pattern in patterns for path in folder.glob(pattern)]
    code = re.sub(r"/\*.*?\*/|//[^\n]*", " ", flags=re.S,
                  string="\n".join(texts))
    functions = re.findall(r"\bsrnn_\w+", re.sub(r'"[^"\n]*"', " ", code))
    return set(functions + re.findall(r"\bSRNN_\w+", code))


def left_out(folder):
    """{name: reason}, from lines "NAME: REASON". A reason may go on in lines
    that are indented, and a name may be a pattern: SRNN_OPTION_*."""
    file = folder / "left_out.txt"
    text = re.sub(r"\n +", " ", file.read_text()) if file.exists() else ""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: reason for name, _, reason in
            (line.partition(":") for line in lines)}


def check_binding(name, patterns, wanted):
    """What is neither used nor left out, and what is left out for nothing."""
    folder = HERE / name
    used, excepted = used_names(folder, patterns), left_out(folder)
    unused = [one for one in wanted if one not in used]
    bad = [f"bindings/{name} does not use {one}; use it, or add it to "
           f"bindings/{name}/left_out.txt with the reason" for one in unused
           if not any(fnmatch.fnmatchcase(one, item) for item in excepted)]
    for item, reason in excepted.items():
        if not fnmatch.filter(unused, item):
            bad.append(f"bindings/{name}/left_out.txt: {item} is used, or does "
                       "not exist")
        if not reason.strip():
            bad.append(f"bindings/{name}/left_out.txt: {item} has no reason")
    return bad


def main():
    if sys.argv[1:] not in (["check"], ["update"]):
        sys.exit(__doc__)
    texts = written()
    if sys.argv[1] == "update":
        for path, text in texts.items():
            path.write_text(text)
    bad = check_written(texts)
    wanted = public_api.functions() + public_api.named_constants()
    if public_api.functions() != public_api.names_in_map():
        bad.append("cmake/simplernn.map and the headers differ")
    present = {name: patterns for name, patterns in BINDINGS.items()
               if (HERE / name).is_dir()}
    for name, patterns in present.items():
        bad += check_binding(name, patterns, wanted)
    print("\n".join(bad + [f"{len(wanted)} names in {', '.join(present)}"]))
    sys.exit(bool(bad) or not wanted or not present)


main()
