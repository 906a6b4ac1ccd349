#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Is what is installed hardened? First every check has to find what is missing
in a small program that is built without its flag.

usage: hardening.py CMAKE BUILD_FOLDER COMPILER OBJECT...
       (of a Release build; the objects are those of the library and of the
       command)"""

import pathlib
import platform
import re
import subprocess
import sys
import tempfile


def run(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


# A check says whether something is missing in a shared library or program, of
# which it gets what readelf and nm say.
def is_writable_code(elf):
    return re.search(r"^ *LOAD .* RWE ", elf, re.MULTILINE)


def has_executable_stack(elf):
    return not re.search(r"^ *GNU_STACK .* RW ", elf, re.MULTILINE)


def has_no_relro(elf):
    return not re.search(r"^ *GNU_RELRO ", elf, re.MULTILINE)


def binds_late(elf):
    return not re.search(r"\(FLAGS_1\).*\bNOW\b", elf)


def has_relocated_text(elf):
    return "TEXTREL" in elf


def has_a_fixed_address(elf):
    return not re.search(r"^ *Type: +DYN ", elf, re.MULTILINE)


def has_no_protected_stack(elf):
    return "__stack_chk_fail" not in elf


def has_no_fortified_calls(elf):
    return not re.search(r"__mem\w+_chk\b", elf)


def searches_another_folder(elf):
    """The command looks for the library in its own tree, and nothing else."""
    paths = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", elf)
    return any(not re.fullmatch(r"\$ORIGIN(/\.\.)*(/lib[-\w/]*)?", path)
               for path in ":".join(paths).split(":") if path)


# With what a program is built to be found.
CHECKS = {
    is_writable_code: ["-DWRITABLE_CODE"],
    has_executable_stack: ["-Wl,-z,execstack"],
    has_no_relro: ["-Wl,-z,norelro"],
    binds_late: ["-Wl,-z,lazy"],
    has_relocated_text: ["-DSHARED", "-shared", "-fno-pic", "-mcmodel=large",
                         "-Wl,-z,notext"],
    has_a_fixed_address: ["-no-pie", "-fno-pie"],
    has_no_protected_stack: ["-fno-stack-protector"],
    has_no_fortified_calls: ["-U_FORTIFY_SOURCE"],
    searches_another_folder: ["-Wl,-rpath,/tmp"],
}
FLAGS = ["-O2", "-fPIE", "-pie", "-fstack-protector-strong",
         "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-Wl,-z,relro",
         "-Wl,-z,now", "-Wl,-z,noexecstack"]
PROGRAM = r"""
#include <string.h>
#ifdef WRITABLE_CODE
__asm__(".section .both,\"awx\",@progbits\n.long 1");
#endif
int variable;
int *const address = &variable;
int copy(const char *from, int size)
{
    char to[64];
    memcpy(to, from, size);
    return to[size / 2] + (address == 0);
}
#ifndef SHARED
int main(int count, char **words) { return copy(words[0], count); }
#endif
"""


def missing(path):
    elf = run("readelf", "-hldW", path) + run("nm", "-D", "-u", path)
    return {check.__name__ for check in CHECKS if check(elf)}


def without_cet(objects):
    """Objects in which indirect jumps and returns are not protected.

    A program or a library says that it is protected only if the C library's
    own start files are, which Debian's are not. So the objects are asked."""
    if platform.machine() != "x86_64":
        return set()
    return {path for path in objects
            if "x86 feature: IBT, SHSTK" not in run("readelf", "-nW", path)}


def try_checks(compiler, folder):
    source = folder / "program.c"
    source.write_text(PROGRAM)

    def build(*flags):
        program = folder / "program"
        run(compiler, *FLAGS, *flags, "-w", source, "-o", program)
        return missing(program)

    assert build() == set(), build()
    for check, flags in CHECKS.items():
        assert check.__name__ in build(*flags), f"{check.__name__}: unseen"
    if platform.machine() == "x86_64":
        result = folder / "program.o"
        for kind in ("none", "branch", "return", "full"):
            run(compiler, "-c", f"-fcf-protection={kind}", "-w", source, "-o",
                result)
            assert bool(without_cet([result])) == (kind != "full"), kind


def installed(cmake, build, folder):
    run(cmake, "--install", build, "--prefix", folder)
    files = [path for path in folder.rglob("*")
             if path.is_file() and not path.is_symlink()
             and path.read_bytes()[:4] == b"\x7fELF"]
    names = {re.sub(r"\.so\..*", ".so", path.name) for path in files}
    assert {"libsimplernn.so", "simplernn"} <= names, names
    return files


def main(cmake, build, compiler, *objects):
    assert objects
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try_checks(compiler, folder)
        for path in installed(cmake, build, folder / "prefix"):
            problems = missing(path)
            print(f"{path.name}: {', '.join(sorted(problems)) or 'hardened'}")
            failed = failed or bool(problems)
    for path in sorted(without_cet(objects)):
        print(f"{path}: without -fcf-protection")
        failed = True
    sys.exit(failed)


main(*sys.argv[1:])
