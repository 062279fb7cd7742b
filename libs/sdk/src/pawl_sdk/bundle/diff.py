"""The change between two sets of files, as people read it."""

import difflib
from collections.abc import Mapping


def unified_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Unified diff over all files, in path order; empty when nothing changed."""
    parts: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new:
            parts += difflib.unified_diff(
                _lines(old or ""),
                _lines(new or ""),
                "/dev/null" if old is None else f"a/{path}",
                "/dev/null" if new is None else f"b/{path}",
            )
    return "".join(parts)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    ended = [line + "\n" for line in lines[:-1]]
    return [*ended, lines[-1] + "\n\\ No newline at end of file\n"] if lines[-1] else ended
