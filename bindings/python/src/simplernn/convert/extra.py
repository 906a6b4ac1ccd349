# SPDX-License-Identifier: MIT
"""Packages that only some formats need."""

import importlib


def require(package):
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ImportError(f"this kind of file needs the Python package "
                          f"{package}; install it with: pip install "
                          "'simplernn[convert]'") from None
