"""Rows of CSV, TSV and the like."""

import csv
import io
import itertools
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from pawl.trying.errors import Unusable
from pawl.trying.records import BadRow, Reading, Record

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SNIFFED_CHARS = 65536
SNIFFED_ROWS = 50
RESTARTS_MAX = 2000
CELL_CHARS_MAX = 2**31 - 1
Cells = list[str]


def read_csv(text: str) -> Reading:
    """The first row names the columns. A row of another width is a bad one."""
    csv.field_size_limit(min(sys.maxsize, CELL_CHARS_MAX))
    delimiter = sniff(text)
    rows = _rows(list(io.StringIO(text, newline="")), delimiter)
    header = next((cells for _, cells, _ in rows), [])
    if not any(cell.strip() for cell in header):
        raise Unusable("expected names of columns in the first row, came an empty one")
    reading = Reading(form=f"CSV divided by {DELIMITERS[delimiter]}")
    reading.columns = _names(header, reading.notes)
    for line, cells, problem in rows:
        problem = problem or _of_width(cells, len(header))
        if problem:
            reading.bad.append(BadRow(line, problem))
        else:
            fields = dict(zip(reading.columns, cells, strict=False))
            reading.records.append(Record(line, fields))
    return reading


def sniff(text: str) -> str:
    """The delimiter that divides most rows as it divides the first; a comma if none does."""
    best, delimiter = (0.0, 0), ","
    for one in DELIMITERS:
        sample = csv.reader(io.StringIO(text[:SNIFFED_CHARS], newline=""), delimiter=one)
        try:
            widths = [len(row) for row in itertools.islice(sample, SNIFFED_ROWS) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        if (round(alike, 1), widths[0]) > best:
            best, delimiter = (round(alike, 1), widths[0]), one
    return delimiter


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, Cells, str]]:
    """Line, cells and what is wrong. Blank lines are none.

    A quotation mark that is never closed would swallow rows: of a row of many lines that no strict
    reader takes, or that has another width than the header, only the first line is given up.
    """
    start, width = 0, 0
    for _ in range(RESTARTS_MAX):
        reader = csv.reader(lines[start:], delimiter=delimiter)
        before = 0
        for cells in reader:
            first, end = start + before, start + reader.line_num
            before = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            many = end - first > 1
            wrong = width and _of_width(cells, width)
            if many and (wrong or not _is_strict(lines[first:end], delimiter)):
                yield first + 1, [], wrong or "a quotation mark that is never closed"
                start = first + 1
                break
            width = width or len(cells)
            yield first + 1, cells, ""
        else:
            return


def _is_strict(lines: Sequence[str], delimiter: str) -> bool:
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _of_width(cells: Cells, width: int) -> str:
    """What is wrong; empty cells too many are not."""
    more = any(cell.strip() for cell in cells[width:])
    return f"expected {width} cells, came {len(cells)}" if len(cells) < width or more else ""


def _names(header: Cells, notes: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    counts: Counter[str] = Counter()
    for place, cell in enumerate(header, 1):
        name = " ".join(cell.split()) or f"column {place}"
        counts[name] += 1
        while counts[name] > 1 and f"{name} ({counts[name]})" in names:
            counts[name] += 1
        names.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        notes.append(f"names that stand twice in the header are numbered: {', '.join(twice)}")
    return tuple(names)
