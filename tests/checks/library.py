#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the built libraries promise to a linker: names, imports, size, soname.

usage: library.py COMPILER libsimplernn.so libsimplernn.a OBJECT...
       (of a Release build; the objects are those of the libraries)"""

import collections
import os
import re
import subprocess
import sys
import tempfile

import public_api

# By the compiler. Distributions build with gcc; clang unrolls and inlines more.
MAX_STRIPPED_SIZE = {"GNU": 640 * 1024, "Clang": 752 * 1024}

# A library does not print, end the process, run or map files, or change
# process-wide state, or the mode of a thread for longer than a call. getenv is
# secure_getenv here: setuid programs.
FORBIDDEN = set("""
    abort exit _exit _Exit quick_exit __assert_fail raise kill
    printf vprintf puts putchar putc fprintf vfprintf fputs fputc fwrite
    perror psignal syslog vsyslog stdin stdout stderr
    setlocale fesetround feenableexcept signal sigaction
    getenv setenv putenv system popen execve fork mmap mmap64
    openblas_set_num_threads goto_set_num_threads omp_set_num_threads
    """.split())

# Of what loads libraries and looks into them two objects may import this much:
# one loads OpenBLAS when that is chosen, the other adds up thread-local memory.
LOADERS = {"openblas.c.o": set("dlopen dlsym dlerror dl_iterate_phdr".split()),
           "linux.c.o": {"dl_iterate_phdr"}}
LOADING = LOADERS["openblas.c.o"]
ALL_LOADING = LOADING | set("""
    dlmopen dlclose dlvsym dladdr dladdr1 dlinfo _dl_find_object
    __libc_dlopen_mode __libc_dlsym
    """.split())

# Numbers are read and written in the default mode and the locale "C". Both are
# those of the thread, and one object sets them and sets them back.
SETTERS = {"plain.c.o": set("fesetenv uselocale".split())}
ALL_SETTING = set("fesetenv feholdexcept feupdateenv uselocale".split())

# No BLAS, and nothing else that a program has not got anyway.
NEEDED = r"(libc|libm|libjansson|libpthread|libdl|ld-linux[-\w]*)\.so\.\d+"


def run(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def names_of(*nm_arguments):
    """Names in nm's portable format, without the symbol version."""
    lines = run("nm", "-P", *nm_arguments).splitlines()
    return {line.split()[0].split("@")[0] for line in lines
            if line and not line.endswith(":")}


def check_names(shared, static):
    declared = set(public_api.functions())
    in_map = set(public_api.names_in_map())
    exported = names_of("-D", "--defined-only", shared)
    exported = {name for name in exported if not name.startswith("SIMPLERNN_")}
    archived = names_of("-g", "--defined-only", static)
    yield "declared, not exported", declared - exported
    yield "exported, not declared", exported - declared
    yield "in the map, not declared", in_map - declared
    yield "declared, not in the map", declared - in_map
    yield "exported though internal", {n for n in exported if "__" in n}
    yield "global in the archive without srnn_", {
        n for n in archived if not re.match(r"srnn_|__x86\.get_pc_thunk", n)}


def check_imports(shared):
    imported = names_of("-D", "--undefined-only", shared)
    plain = {re.sub(r"^__(\w+)_chk$", r"\1", name) for name in imported}
    yield "forbidden imports", plain & FORBIDDEN


def check_objects(static):
    """Which objects of the archive import what few of them may."""
    lines = run("nm", "-A", "-P", "--undefined-only", static).splitlines()
    imports = [re.search(r"\[(\S+)\]: (\w+) ", line).groups()
               for line in lines]
    yield "may not import", {
        f"{name} by {member}" for member, name in imports
        if name in (ALL_LOADING - LOADERS.get(member, set())
                    | ALL_SETTING - SETTERS.get(member, set()))}


def check_dynamic_section(shared):
    dynamic = run("readelf", "-dW", shared)
    major, minor, patch, so = public_api.version()
    name = os.path.basename(os.path.realpath(shared))
    wanted = {
        f"[libsimplernn.so.{so}]": "SONAME",
        "NODELETE": "FLAGS_1",
    }
    yield "missing in the dynamic section", {
        text for text, tag in wanted.items()
        if not re.search(rf"\({tag}\).*{re.escape(text)}", dynamic)}
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    yield "needed libraries", {
        name for name in needed if not re.fullmatch(NEEDED, name)}
    yield "not the version of version.h", {name} - {
        f"libsimplernn.so.{major}.{minor}.{patch}"}
    segments = run("readelf", "-lW", shared)
    local = re.search(r"^ *TLS +(?:\S+ +){4}(\S+)", segments, re.MULTILINE)
    yield "more thread-local memory than a pointer", {
        size for size in local.groups() if int(size, 16) > 8}


def parts_of(objects):
    """Bytes by folder of the source and, for kernels, instruction set."""
    parts = collections.Counter()
    for line in run("size", *objects).splitlines()[1:]:
        size, path = int(line.split()[3]), os.path.normpath(line.split()[5])
        target, folder = re.search(
            r"/simplernn_(\w+)\.dir/(\w+)/[\w.]+$", path).groups()
        isa = re.match(r"([a-z]+[a-z0-9]*)_real\d+$", target)
        parts[f"{folder}, {isa.group(1)}" if isa else folder] += size
    return parts


def check_size(compiler, shared, objects):
    with tempfile.NamedTemporaryFile() as copy:
        run("strip", "-o", copy.name, shared)
        size = os.path.getsize(copy.name)
    for part, bytes_of_it in sorted(parts_of(objects).items()):
        print(f"{bytes_of_it:7} bytes: {part}")
    most = MAX_STRIPPED_SIZE[compiler]
    print(f"stripped: {size} bytes, at most {most} by {compiler}")
    yield "too large", {str(size)} if size > most else set()


def main(compiler, shared, static, *objects):
    failed = False
    for found in (check_names(shared, static), check_imports(shared),
                  check_objects(static), check_dynamic_section(shared),
                  check_size(compiler, shared, objects)):
        for what, names in found:
            for name in sorted(names):
                print(f"{what}: {name}")
                failed = True
    print(f"{len(public_api.functions())} functions declared")
    sys.exit(failed)


main(*sys.argv[1:])
