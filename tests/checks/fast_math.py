#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A project that asks for fast math in every way gets it for itself alone.

usage: fast_math.py CMAKE COMPILER

Configures such a project around this one, and looks at the commands that would
compile and link both."""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(around LANGUAGES C)
add_compile_options(-ffast-math -DAROUND "$<$<CONFIG:Release>:-Ofast>")
add_link_options(-ffast-math -Wl,-O1)
set(BUILD_SHARED_LIBS ON)
add_subdirectory("${SIMPLERNN_SOURCE}" simplernn)
add_library(own own.c)
"""
FLAGS = ["-DCMAKE_C_FLAGS=-Ofast -DEVERY -fno-signed-zeros -ffinite-math-only",
         "-DCMAKE_C_FLAGS_RELEASE=-ffast-math -DRELEASE",
         "-DCMAKE_SHARED_LINKER_FLAGS=-Ofast -Wl,-O1"]
FAST = {"-Ofast", "-ffast-math", "-ffinite-math-only", "-fno-signed-zeros"}
KEPT = {"-DEVERY", "-DRELEASE", "-DAROUND"}


def configure(cmake, compiler, folder):
    (folder / "CMakeLists.txt").write_text(PROJECT)
    (folder / "own.c").write_text("int own;\n")
    subprocess.run(
        [cmake, "-S", folder, "-B", folder / "build", "-G", "Unix Makefiles",
         f"-DSIMPLERNN_SOURCE={ROOT}", f"-DCMAKE_C_COMPILER={compiler}",
         "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
         *FLAGS], check=True, stdout=subprocess.DEVNULL)


def compile_commands(build):
    """By the name of the source."""
    text = (build / "compile_commands.json").read_text()
    return {pathlib.Path(entry["file"]).name: shlex.split(entry["command"])
            for entry in json.loads(text)}


def link_command(build, target):
    return shlex.split((build / target / "link.txt").read_text())


def complaints(build):
    commands = compile_commands(build)
    own = commands.pop("own.c")
    yield from (f"the project has lost {flag}"
                for flag in (FAST | KEPT) - set(own))
    for source, command in commands.items():
        yield from (f"{source}: {flag}" for flag in FAST & set(command))
        yield from (f"{source}: no {flag}" for flag in KEPT - set(command))
        if "-fno-fast-math" not in command:
            yield f"{source}: nothing against fast math"
    link = link_command(build, "simplernn/src/CMakeFiles/simplernn.dir")
    yield from (f"linking: {flag}" for flag in FAST & set(link))
    if "-Wl,-O1" not in link:
        yield "linking: another flag is lost"
    if not FAST & set(link_command(build, "CMakeFiles/own.dir")):
        yield "the project is linked without its flags"


def main(cmake, compiler):
    with tempfile.TemporaryDirectory() as folder:
        configure(cmake, compiler, pathlib.Path(folder))
        found = list(complaints(pathlib.Path(folder) / "build"))
    for text in found:
        print(text)
    sys.exit(bool(found))


main(*sys.argv[1:])
