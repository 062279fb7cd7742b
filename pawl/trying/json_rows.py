"""Rows of JSONL and of a JSON array."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pawl.trying.errors import Unusable
from pawl.trying.plain_text import quoted
from pawl.trying.records import BadRow, Reading, Record

DEPTH_MAX = 16
EXPECTED = "expected one JSON object a line, or one array of objects"


def looks_like_json(text: str) -> bool:
    """An array, or an object a line: never the header of a CSV file that anybody wrote."""
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] == "[":
        return start[1:].lstrip()[:1] in ("{", "]", "")
    return start[:1] == "{" and start[1:].lstrip()[:1] in ('"', "}")


def read_json_rows(text: str) -> Reading:
    """Nested objects become dotted paths; lists stay. Raises `Unusable`."""
    if text.lstrip("\ufeff \t\r\n")[:1] == "[":
        items = ((place, *one) for place, one in enumerate(_array(text), 1))
        return _of_items("a JSON array", "item", items)
    first = next(line for line in text.split("\n") if line.strip())
    if _parsed(first.lstrip("\ufeff"))[1]:
        whole, problem = _parsed(text.lstrip("\ufeff"))
        if not problem and isinstance(whole, Mapping):
            return _of_object(whole)
    return _of_items("JSONL", "line", _lines(text))


def _of_object(whole: Mapping[str, Any]) -> Reading:
    """`{"rows": [...]}`: the one list of objects in it."""
    lists = {
        key: value
        for key, value in whole.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    }
    if len(lists) != 1:
        raise Unusable(f"{EXPECTED}; came one object that holds {len(lists)} lists of objects")
    [(key, rows)] = lists.items()
    reading = _of_items("JSON", "item", ((n, row, "") for n, row in enumerate(rows, 1)))
    reading.notes.append(f"rows are the list under {quoted(key)}")
    return reading


def _array(text: str) -> Iterator[tuple[Any, str]]:
    decoder, place, line, counted = json.JSONDecoder(), _skip(text, 0) + 1, 1, 0
    if text[_skip(text, place) : _skip(text, place) + 1] == "]":
        return
    while True:
        place = _skip(text, place)
        line += text.count("\n", counted, place)
        counted = place
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise Unusable(f"{EXPECTED}; line {line} of the array is not JSON: {error}") from error
        yield value, ""
        place = _skip(text, place)
        mark = text[place : place + 1]
        if mark == "]":
            return
        if mark != ",":
            at = line + text.count("\n", counted, place)
            raise Unusable(f"{EXPECTED}; the array breaks off or lacks a comma at line {at}")
        place += 1


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n\ufeff":
        place += 1
    return place


def _lines(text: str) -> Iterator[tuple[int, Any, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, *_parsed(line.lstrip("\ufeff"))


def _parsed(text: str) -> tuple[Any, str]:
    """The value, or what is wrong."""
    try:
        return json.loads(text), ""
    except RecursionError:
        return None, "expected JSON, came one that is nested too deep"
    except ValueError as error:
        return None, f"expected JSON: {error}"


def _of_items(form: str, unit: str, items: Iterator[tuple[int, Any, str]]) -> Reading:
    reading = Reading(form=form, unit=unit)
    columns: dict[str, None] = {}
    for line, value, problem in items:
        if not problem and not isinstance(value, Mapping):
            problem = f"expected an object, came {type(value).__name__}"
        if problem:
            reading.bad.append(BadRow(line, problem))
            continue
        fields = dict(flat_fields(value))
        columns.update(dict.fromkeys(fields))
        reading.records.append(Record(line, fields))
    reading.columns = tuple(columns)
    return reading


def flat_fields(
    value: Mapping[str, Any], before: str = "", depth: int = 0
) -> Iterator[tuple[str, Any]]:
    """Paths and values. What is nested too deep to be a fact of anything is left out."""
    for key, one in value.items():
        path = f"{before}{key}"
        if isinstance(one, Mapping):
            if depth < DEPTH_MAX:
                yield from flat_fields(one, f"{path}.", depth + 1)
        else:
            yield path, one
