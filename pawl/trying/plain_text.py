"""Text of the file, fit for a terminal: it cannot move the cursor, colour or turn a line."""

import unicodedata
from collections.abc import Iterable

CELL_CHARS_MAX = 60
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain_text(text: str) -> str:
    """On one line, without controls, escapes, marks that turn the direction, or half characters."""
    seen = (
        " " if char.isspace() else "" if unicodedata.category(char) in _UNSEEN else char
        for char in text
    )
    return " ".join("".join(seen).split())


def short(text: str, limit: int = CELL_CHARS_MAX) -> str:
    """Plain, and cut at `limit` characters."""
    said = plain_text(text[: 4 * limit])
    return said if len(said) <= limit else said[: limit - 1].rstrip() + "…"


def quoted(text: str, limit: int = CELL_CHARS_MAX) -> str:
    """A name or value of the file in quotation marks."""
    return f'"{short(text, limit)}"'


def listed(names: Iterable[str], most: int = 12) -> str:
    """`"a", "b" and 3 more`."""
    every = [quoted(name, 40) for name in names]
    if len(every) <= most + 1:
        return ", ".join(every)
    return ", ".join(every[:most]) + f" and {len(every) - most} more"
