"""Rows as every format gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Record:
    """One row: nested fields stand under dotted paths; `line` (from 1) is where it begins."""

    line: int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A row that costs only itself."""

    line: int
    problem: str


@dataclass
class Reading:
    """What a file holds. `columns` in order of appearance; `notes` are said to the person."""

    form: str
    unit: str = "line"
    """What is counted: of an array it is the items."""
    columns: tuple[str, ...] = ()
    records: list[Record] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
