"""Answers as JSON for programs, as columns for people."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Columns = Mapping[str, Callable[[Mapping[str, Any]], Any] | str]
"""Heading to a field's name, or to a function of the item."""
CELL_CHARS_MAX = 72
"""A whole digest fits: it is there to be copied."""


def show_json(value: Any) -> None:
    """Pretty on a terminal, one line for a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(value, ensure_ascii=False, indent=indent))


def show_items(items: Iterable[Mapping[str, Any]], columns: Columns, *, as_json: bool) -> None:
    """A list: JSON array, or one line an item."""
    found = list(items)
    if as_json:
        show_json(found)
        return
    *first, last = columns.values()  # what comes last may be as long as it is
    rows = [[*(_cell(item, source) for source in first), _text(item, last)] for item in found]
    _print_rows([list(columns), *rows])
    if not rows:
        print("(none)")


def show_fields(item: Mapping[str, Any], names: Sequence[str], *, as_json: bool) -> None:
    """One thing: JSON object, or its fields line by line."""
    if as_json:
        show_json(item)
        return
    _print_rows([[name, _text(item, name)] for name in names if item.get(name) is not None])


def complain(text: str) -> None:
    """To the person, not into the answer."""
    print(f"pawl: {text}", file=sys.stderr)


def _cell(item: Mapping[str, Any], source: Callable[[Mapping[str, Any]], Any] | str) -> str:
    text = _text(item, source)
    return text if len(text) <= CELL_CHARS_MAX else text[: CELL_CHARS_MAX - 1] + "…"


def _text(item: Mapping[str, Any], source: Callable[[Mapping[str, Any]], Any] | str) -> str:
    value = item.get(source) if isinstance(source, str) else source(item)
    if value is None:
        return "-"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def _print_rows(rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
