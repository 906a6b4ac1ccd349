# SPDX-License-Identifier: MIT
"""The mutants that universalmutator makes of the sources, in an order by chance
that a seed decides.

The place of a mutant in this order depends on the seed and on the text of its
line alone. So a commit elsewhere leaves the order of the others as it was."""

import collections
import contextlib
import dataclasses
import hashlib
import io
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = {
    ".c": ["universal.rules", "c.rules", "c_like.rules"],
    ".h": ["universal.rules", "c.rules", "c_like.rules"],
    ".hpp": ["universal.rules", "cpp.rules", "c_like.rules"],
    ".py": ["universal.rules", "python.rules"],
    ".rs": ["universal.rules", "rust.rules", "c_like.rules"],
}


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str    # as seen from the root
    line: int    # the number of the line that changes, from 1 on
    before: str  # this line
    after: str   # what stands for it; may be two lines
    again: int   # how often the file has the same change further up

    @property
    def folder(self):
        return str(pathlib.PurePath(self.file).parent)

    @property
    def name(self):
        """The same in every commit that has this line, and in every run."""
        parts = [self.file, self.before, self.after, str(self.again)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def rank(self, seed):
        """From 0 to 1: its place in the order of this seed."""
        digest = hashlib.sha256(f"{seed}\0{self.name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2.0 ** 64

    def fits(self, text):
        """Not if the text has changed since."""
        return text.split("\n")[self.line - 1:self.line] == [self.before]

    def apply(self, text):
        lines = text.split("\n")
        assert lines[self.line - 1] == self.before
        lines[self.line - 1] = self.after
        return "\n".join(lines)


def words(text):
    """Texts that differ in blanks and comments alone are the same to C."""
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL).split()


def mutants_of(file):
    from universalmutator import mutator  # of PyPI; --check does without
    text = (ROOT / file).read_text()
    with contextlib.redirect_stdout(io.StringIO()):
        found = mutator.mutants_regexp(
            text.splitlines(keepends=True), ignorePatterns=[],
            ruleFiles=RULES[pathlib.PurePath(file).suffix],
            ignoreStringOnly=True)
    lines = text.split("\n")
    counts = collections.Counter()
    seen = set()
    for number, after, *_ in found:
        before, after = lines[number - 1], after.rstrip("\n")
        if words(before) == words(after) or \
                (number, *words(after)) in seen:
            continue
        seen.add((number, *words(after)))
        again = counts[before, after]
        counts[before, after] += 1
        yield Mutant(file, number, before, after, again)


def files(folder):
    """The sources in the folder; what lies beside them is no part of it."""
    for path in sorted((ROOT / folder).rglob("*")):
        path = path.relative_to(ROOT)
        if path.suffix in RULES and \
                not {"tests", "examples", "bench"} & set(path.parts):
            yield str(path)


def source_folders():
    return sorted(str(path.relative_to(ROOT))
                  for path in (ROOT / "src").iterdir() if path.is_dir())


def draw(folders, seed):
    """All mutants of the folders by chance: one of each folder, then a second
    one, and so on. Those of a folder in another one come once."""
    order = []
    for folder in folders:
        mutants = [mutant for file in files(folder)
                   for mutant in mutants_of(file)]
        mutants.sort(key=lambda mutant: mutant.rank(seed))
        order += [(place, mutant.rank(seed), mutant)
                  for place, mutant in enumerate(mutants)]
    order.sort(key=lambda it: it[:2])
    return list(dict.fromkeys(mutant for *_, mutant in order))
