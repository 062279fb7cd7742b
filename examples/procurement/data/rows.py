"""Rows of a JSON Lines file: each checked, each error with its line and field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from examples.procurement.data.errors import DataError

R = TypeVar("R", bound=BaseModel)


def read_text(path: Path) -> str:
    """The file's text, or a `DataError` that says what to put there."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError("the file is missing", file=path) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(f"expected UTF-8 text: {error.reason}", file=path, line=line) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def read_rows(path: Path, kind: type[R], key: str) -> dict[str, tuple[int, R]]:
    """Every row, checked, with its line; `key` is the field that may stand only once in a file."""
    rows: dict[str, tuple[int, R]] = {}
    for line, data in _objects(path):
        try:
            row = kind.model_validate(data)
        except ValidationError as error:
            raise row_error(error, path, line) from error
        value = getattr(row, key)
        if value in rows:
            message = f"{value!r} stands already in line {rows[value][0]}"
            raise DataError(message, file=path, line=line, field=key)
        rows[value] = (line, row)
    if not rows:
        raise DataError("expected at least one JSON object a line, came none", file=path, line=1)
    return rows


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in enumerate(read_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(f"expected a JSON object: {error}", file=path, line=line) from error
        if not isinstance(data, dict):
            kind = type(data).__name__
            raise DataError(f"expected a JSON object, came {kind}", file=path, line=line)
        yield line, data


def row_error(error: ValidationError, path: Path, line: int | None) -> DataError:
    """The first thing pydantic found, told as file, line, field, expected and came."""
    return DataError(tell(error), file=path, line=line, field=field_of(error))


def field_of(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors()[0]["loc"])


def tell(error: ValidationError) -> str:
    """Expected and came, in one sentence."""
    item = error.errors()[0]
    if item["type"] == "missing":
        return "the field is missing"
    came = json.dumps(item["input"], default=repr, ensure_ascii=False)
    return f"{item['msg'][:1].lower()}{item['msg'][1:]}, came {came[:200]}"
