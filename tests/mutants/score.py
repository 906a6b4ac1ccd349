# SPDX-License-Identifier: MIT
"""What a file of results says: a table by folder."""

import collections
import json
import math

KILLED = ("killed", "timeout")
COLUMNS = ["drawn", "broken", "same", "listed", "killed", "timeout", "survived"]


def read(path):
    """The latest result of each mutant, by its name."""
    results = {}
    if path is not None and path.exists():
        for line in path.read_text().splitlines():
            result = json.loads(line)
            results[result["name"]] = result
    return results


def wilson(hits, count, z=1.96):
    """The interval with 95 % confidence of a share."""
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count +
                         z * z / (4 * count * count))
    whole = 1 + z * z / count
    return (middle - half) / whole, (middle + half) / whole


def row(name, counts, width):
    killed = sum(counts[verdict] for verdict in KILLED)
    tested = killed + counts["survived"]
    low, high = wilson(killed, tested)
    share = f"{100 * killed / tested:5.1f}" if tested else "    -"
    numbers = " ".join(f"{counts[column]:8}" for column in COLUMNS)
    return (f"{name:{width}} {numbers}  {share} % "
            f"({100 * low:.1f} to {100 * high:.1f})")


def table(results):
    folders = collections.defaultdict(collections.Counter)
    for result in results:
        for folder in (result["file"].rsplit("/", 1)[0], "all"):
            folders[folder]["drawn"] += 1
            folders[folder][result["verdict"]] += 1
    head = " ".join(f"{column:>8}" for column in COLUMNS)
    width = max(18, *map(len, folders))
    lines = [f"{'folder':{width}} {head}  score"]
    for folder in sorted(folders, key=lambda name: (name == "all", name)):
        lines.append(row(folder, folders[folder], width))
    return "\n".join(lines)
