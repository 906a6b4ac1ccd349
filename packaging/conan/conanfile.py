# SPDX-License-Identifier: MIT
"""The Conan recipe. It builds the tree that it stands in:

    conan create packaging/conan
"""

import pathlib
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, rmdir
from conan.tools.gnu import PkgConfigDeps

required_conan_version = ">=2.4"


class SimplernnRecipe(ConanFile):
    name = "simplernn"
    description = "Runs and trains torch.nn.RNN networks on CPUs"
    license = "MIT"
    topics = ("rnn", "neural-network", "inference", "pytorch", "safetensors")
    package_type = "library"
    languages = "C"
    settings = "os", "arch", "compiler", "build_type"
    # There is no fPIC: the code is always position independent.
    options = {"shared": [True, False], "with_openblas": [True, False]}
    default_options = {"shared": False, "with_openblas": False}

    @property
    def tree(self):
        return pathlib.Path(self.recipe_folder).parents[1]

    def set_version(self):
        text = (self.tree / "include/simplernn/version.h").read_text()
        self.version = ".".join(
            re.search(rf"SRNN_VERSION_{part} (\d+)", text)[1]
            for part in ("MAJOR", "MINOR", "PATCH"))

    def export_sources(self):
        copy(self, "*", self.tree, self.export_sources_folder,
             excludes=(".git/*", "build*", "*/build/*"))

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("jansson/2.14")

    def build_requirements(self):
        if not self.conf.get("tools.gnu:pkg_config"):
            self.tool_requires("pkgconf/[>=2.2 <3]")

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("simplernn needs Linux")

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables.update({
            "BUILD_TESTING": False,
            "SIMPLERNN_BLAS": bool(self.options.with_openblas),
            "SIMPLERNN_COMMAND": False,
            "SIMPLERNN_EXAMPLES": False,
            "SIMPLERNN_STATIC": False,  # not beside a shared library
        })
        toolchain.generate()
        PkgConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder,
             pathlib.Path(self.package_folder) / "licenses")
        CMake(self).install()
        # Conan writes its own.
        for folder in ("lib/cmake", "lib/pkgconfig", "share"):
            rmdir(self, pathlib.Path(self.package_folder) / folder)

    def package_info(self):
        self.cpp_info.libs = ["simplernn"]
        self.cpp_info.set_property("cmake_file_name", "simplernn")
        self.cpp_info.set_property("cmake_target_name", "simplernn::simplernn")
        self.cpp_info.set_property("pkg_config_name", "simplernn")
        aliases = ["simplernn::cpp"]
        if not self.options.shared:
            aliases.append("simplernn::static")
            self.cpp_info.system_libs = ["m", "pthread", "dl"]
        self.cpp_info.set_property("cmake_target_aliases", aliases)
