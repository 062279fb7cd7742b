"""A file as rows, whatever it was written by."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pawl.trying.csv_rows import read_csv
from pawl.trying.decoding import read_text
from pawl.trying.errors import Unusable
from pawl.trying.json_rows import flat_fields, looks_like_json, read_json_rows
from pawl.trying.plain_text import quoted
from pawl.trying.records import BadRow, Reading, Record

CSV_ENDS = (".csv", ".tsv", ".tab", ".psv")
OBJECTS_SHARE = 0.95


def read_rows(path: Path) -> Reading:
    """All rows, good and bad. Raises `Unusable`."""
    text, encoding = read_text(path)
    name = path.name.lower().removesuffix(".gz")
    as_json = looks_like_json(text) and not name.endswith(CSV_ENDS)
    reading = read_json_rows(text) if as_json else read_csv(text)
    reading.form = f"{reading.form}, {encoding}"
    if not reading.records and not reading.bad:
        raise Unusable(
            f"expected rows, {path.name} has " + ("none" if as_json else "a header only")
        )
    return expanded(reading)


def check_bad_rows(reading: Reading, share_max: float, strict: bool) -> None:
    """Raise `Unusable` at the first bad row (`strict`), or where too many are bad."""
    every = len(reading.records) + len(reading.bad)
    if not reading.bad:
        return
    first = min(reading.bad, key=lambda one: one.line)
    told = f"{reading.unit} {first.line}: {first.problem}"
    if strict:
        raise Unusable(told)
    if len(reading.bad) > share_max * every:
        raise Unusable(
            f"{len(reading.bad)} of {every} rows are bad, more than {share_max:.0%} "
            f"(first, {told}): mend them, or raise --bad-rows-max"
        )


def set_aside(reading: Reading, bad: Mapping[int, str]) -> None:
    """Turn records, by their place in the list, into bad rows."""
    reading.bad += [BadRow(reading.records[place].line, why) for place, why in bad.items()]
    reading.records = [one for place, one in enumerate(reading.records) if place not in bad]


def expanded(reading: Reading) -> Reading:
    """Cells that hold JSON objects, as many loggers write them, become nested fields."""
    for column in reading.columns:
        values = [one.fields.get(column) for one in reading.records]
        objects = [_object(value) for value in values]
        there = sum(value not in (None, "") for value in values)
        if there and sum(one is not None for one in objects) >= OBJECTS_SHARE * there:
            _expand(reading, column, objects)
            reading.notes.append(f"column {quoted(column)} holds JSON objects: read as fields")
    return reading


def _object(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _expand(reading: Reading, column: str, objects: list[dict[str, Any] | None]) -> None:
    names: dict[str, None] = {}
    records = []
    for record, found in zip(reading.records, objects, strict=True):
        fields = {name: one for name, one in record.fields.items() if name != column}
        inner = {f"{column}.{path}": one for path, one in flat_fields(found or {})}
        names.update(dict.fromkeys(inner))
        records.append(Record(record.line, fields | inner))
    place = reading.columns.index(column)
    others = [name for name in names if name not in reading.columns]
    reading.columns = (*reading.columns[:place], *others, *reading.columns[place + 1 :])
    reading.records = records
