#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every file that must state the version of the library states the one of
include/simplernn/version.h."""

import re
import sys

import public_api

# A regular expression for what stands around the version.
PLACES = {
    "packaging/conda/recipe.yaml": r'\n  version: "(.+)"\n',
    "packaging/debian/changelog": r"\Asimplernn \((.+)-",
    "packaging/vcpkg/vcpkg.json": r'"version": "(.+)"',
}


def main():
    text = (public_api.ROOT / "include/simplernn/version.h").read_text()
    version = ".".join(re.search(rf"SRNN_VERSION_{part} (\d+)", text)[1]
                       for part in ("MAJOR", "MINOR", "PATCH"))
    wrong = False
    for place, pattern in PLACES.items():
        found = re.findall(pattern, (public_api.ROOT / place).read_text())
        if found != [version]:
            print(f"{place} states {found}, not {version}")
            wrong = True
    sys.exit(wrong)


main()
