# SPDX-License-Identifier: MIT
"""Builds and runs a consumer of tests/consumers with the package."""

import os
import pathlib

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout

CONSUMERS = pathlib.Path(__file__).resolve().parents[3] / "tests/consumers"


class Consumer(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires(self.tested_reference_str)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            program = os.path.join(self.cpp.build.bindir, "consumer")
            self.run(f'"{program}" "{CONSUMERS}/expected.txt"', env="conanrun")
