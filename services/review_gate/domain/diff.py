"""The lines that a unified diff adds and removes, each with its file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_PLACE = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True)
class ChangedLine:
    """One line of a file, without its sign."""

    file: str
    sign: Literal["+", "-"]
    text: str


def changed_lines(diff: str) -> Iterator[ChangedLine]:
    """In order. Counts each hunk out: a removed line `-- x` must not pass for a file's header."""
    file, old, new = "", 0, 0
    for line in diff.split("\n"):
        if old > 0 or new > 0:
            if line.startswith("+"):
                new -= 1
                yield ChangedLine(file, "+", line[1:])
            elif line.startswith("-"):
                old -= 1
                yield ChangedLine(file, "-", line[1:])
            elif not line.startswith("\\"):
                old, new = old - 1, new - 1
        elif place := _PLACE.match(line):
            old, new = int(place[1] or 1), int(place[2] or 1)
        elif line.startswith("+++ "):
            file = line[4:].removeprefix("b/").strip()
