"""A unified diff, line by line, for colouring."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["file", "place", "added", "removed", "same"]

_PLACE = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True)
class DiffLine:
    """`sign` is what stands in the first column."""

    kind: Kind
    sign: str
    text: str


def diff_lines(diff: str) -> tuple[DiffLine, ...]:
    """Every line with its kind; the header of each file becomes one line with the file's name."""
    return tuple(_lines(diff))


def count_changes(lines: tuple[DiffLine, ...]) -> tuple[int, int]:
    """Lines added and removed."""
    added = sum(1 for line in lines if line.kind == "added")
    return added, sum(1 for line in lines if line.kind == "removed")


def _lines(diff: str) -> Iterator[DiffLine]:
    old = new = 0  # lines left in this hunk: a removed "-- x" must not pass for a file header
    for line in diff.splitlines():
        if old > 0 or new > 0:
            if line.startswith("+"):
                new -= 1
                yield DiffLine("added", "+", line[1:])
            elif line.startswith("-"):
                old -= 1
                yield DiffLine("removed", "−", line[1:])
            elif line.startswith("\\"):
                yield DiffLine("same", "", line[2:])
            else:
                old, new = old - 1, new - 1
                yield DiffLine("same", "", line[1:])
        elif found := _PLACE.match(line):
            old, new = int(found[1] or 1), int(found[2] or 1)
            yield DiffLine("place", "", line)
        elif line.startswith("+++ "):
            yield DiffLine("file", "", line[4:].removeprefix("b/").strip())
        elif not line.startswith("--- "):
            yield DiffLine("same", "", line.removeprefix("\\ "))
