"""Rows of a JSON Lines file: each checked, each error with its line and field."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from examples.procurement.data.errors import DataError
from examples.procurement.data.faults import Faults

R = TypeVar("R", bound=BaseModel)


@dataclass
class Rows(Generic[R]):
    """`found` holds each row with its line, by key; `lost` the keys of rows that were skipped."""

    path: Path
    found: dict[str, tuple[int, R]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def drop(self, key: str) -> None:
        """Without a word: what it belongs to was skipped."""
        self.lost.add(key)
        del self.found[key]

    @property
    def values(self) -> tuple[R, ...]:
        return tuple(row for _, row in self.found.values())


def read_bytes(path: Path) -> bytes:
    """The file as it is, or a `DataError` that says what to put there."""
    try:
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError as error:
        raise DataError("the file is missing", file=path) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=path) from error


def read_rows(path: Path, kind: type[R], key: str, faults: Faults) -> Rows[R]:
    """Every row that can be used; `key` is the field that may stand only once in a file."""
    rows = Rows[R](path)
    for line, text in enumerate(read_bytes(path).split(b"\n"), start=1):
        if not text.strip():
            continue
        faults.count(path)
        try:
            data = _object(text, path, line)
            _take(rows, _row(data, kind, path, line, rows, key), key, line)
        except DataError as error:
            faults.skip(error)
    return rows


def _object(text: bytes, path: Path, line: int) -> dict[str, Any]:
    try:
        data = json.loads(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"expected UTF-8 text: {error.reason}", file=path, line=line) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"expected a JSON object: {error}", file=path, line=line) from error
    if not isinstance(data, dict):
        kind = type(data).__name__
        raise DataError(f"expected a JSON object, came {kind}", file=path, line=line)
    return data


def _row(data: dict[str, Any], kind: type[R], path: Path, line: int, rows: Rows[R], key: str) -> R:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        rows.lost.add(str(data.get(key)).strip())
        raise row_error(error, path, line) from error


def _take(rows: Rows[R], row: R, key: str, line: int) -> None:
    value = getattr(row, key)
    if value in rows.found:
        message = f"{value!r} stands already in line {rows.found[value][0]}"
        raise DataError(message, file=rows.path, line=line, field=key)
    rows.found[value] = (line, row)


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
    came = json.dumps(item["input"], default=repr)
    return f"{item['msg'][:1].lower()}{item['msg'][1:]}, came {came[:200]}"


def lines_of(rows: Rows[R]) -> Iterator[tuple[str, int]]:
    """Each key with its line; rows may be dropped meanwhile."""
    for key, (line, _) in list(rows.found.items()):
        yield key, line
