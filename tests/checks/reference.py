#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does Doxygen's XML document every exported function, type and constant, what
each function that returns srnn_status can fail with, and since when there is
each function? Do its HTML pages have their pictures, and no Markdown that it
did not understand?

usage: reference.py FOLDER    with xml/ and html/"""

import pathlib
import re
import sys
import xml.etree.ElementTree

import public_api

MEMBERS = ["memberdef", "enumvalue"]
DESCRIPTIONS = ["briefdescription", "detaileddescription"]


def text_of(element):
    return "" if element is None else "".join(element.itertext()).strip()


def members(folder):
    """The members of all headers that have a description, by name."""
    found = {}
    for path in sorted(folder.glob("*_8h.xml")):
        tree = xml.etree.ElementTree.parse(path)
        for member in (m for kind in MEMBERS for m in tree.iter(kind)):
            if any(text_of(member.find(part)) for part in DESCRIPTIONS):
                found[text_of(member.find("name"))] = member
    return found


def statuses(function):
    """The names behind its @retval."""
    return {text_of(name)
            for values in function.iter("parameterlist")
            if values.get("kind") == "retval"
            for name in values.iter("parametername")}


def bad_pages(folder):
    """Where Doxygen loses its way, its own commands are left in the text."""
    for path in sorted(folder.glob("*.html")):
        page = path.read_text()
        for left in re.findall(r"@(?:ref|section|subsection) \S+", page):
            yield f"not understood: {path.name}: {left}"
        for picture in re.findall(r'<img src="([^"]+)"', page):
            if not (folder / picture).is_file():
                yield f"no picture: {path.name}: {picture}"


def main(folder):
    documented = members(folder / "xml")
    constants = public_api.constants()
    errors = {name for name in constants if name.startswith("SRNN_ERROR_")}
    wanted = (public_api.names_in_map() + public_api.functions()
              + public_api.types() + constants)
    bad = {f"not documented: {name}" for name in wanted
           if name not in documented}
    for name, member in documented.items():
        if (member.get("kind") == "function"
                and text_of(member.find("type")).endswith("srnn_status")):
            found = statuses(member)
            if not found:
                bad.add(f"no @retval: {name}")
            bad |= {f"@retval that is no SRNN_ERROR: {name}: {status}"
                    for status in found - errors}
        if (member.get("kind") == "function"
                and not any(section.get("kind") == "since"
                            for section in member.iter("simplesect"))):
            bad.add(f"no @since: {name}")
    bad |= set(bad_pages(folder / "html"))
    print("\n".join(sorted(bad) + [f"{len(documented)} names documented"]))
    sys.exit(bool(bad))


main(pathlib.Path(sys.argv[1]))
