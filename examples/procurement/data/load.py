"""Reads a case from its five files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from examples.procurement.data.errors import DataError
from examples.procurement.data.model import Case, PurchaseRequest, Reference, Review
from examples.procurement.data.rows import field_of, read_rows, read_text, tell

REQUESTS, FRESH_REQUESTS = "requests.jsonl", "fresh_requests.jsonl"
REVIEWS, FRESH_REVIEWS = "reviews.jsonl", "fresh_reviews.jsonl"
REFERENCE = "reference.json"
Requests = dict[str, tuple[int, PurchaseRequest]]
"""By id, each with its line."""
FILES = (REQUESTS, FRESH_REQUESTS, REVIEWS, FRESH_REVIEWS, REFERENCE)


def load_case(folder: Path) -> Case:
    """Read and check all five files; raises `DataError`."""
    if not folder.is_dir():
        raise DataError(f"expected a folder with {', '.join(FILES)}", file=folder)
    requests = read_rows(folder / REQUESTS, PurchaseRequest, "id")
    fresh_requests = read_rows(folder / FRESH_REQUESTS, PurchaseRequest, "id")
    for key, (line, _) in fresh_requests.items():
        if key in requests:  # learned from and counted as fresh, it would make the count a lie
            message = f"{key!r} is also in {REQUESTS}: fresh requests need ids of their own"
            raise DataError(message, file=folder / FRESH_REQUESTS, line=line, field="id")
    reviews = _reviews(folder / REVIEWS, requests, folder / REQUESTS)
    fresh_reviews = _reviews(folder / FRESH_REVIEWS, fresh_requests, folder / FRESH_REQUESTS)
    return Case(
        requests=tuple(row for _, row in requests.values()),
        reviews=reviews,
        fresh_requests=tuple(row for _, row in fresh_requests.values()),
        fresh_reviews=fresh_reviews,
        reference=load_reference(folder / REFERENCE),
    )


def _reviews(path: Path, requests: Requests, requests_path: Path) -> dict[str, Review]:
    """Each request has exactly one review, and no review speaks of another."""
    reviews = read_rows(path, Review, "request_id")
    for key, (line, _) in reviews.items():
        if key not in requests:
            message = f"no request in {requests_path.name} has the id {key!r}"
            raise DataError(message, file=path, line=line, field="request_id")
    for key, (line, _) in requests.items():
        if key not in reviews:
            message = f"{path.name} holds no review of {key!r}"
            raise DataError(message, file=requests_path, line=line, field="id")
    return {key: row for key, (_, row) in reviews.items()}


def load_reference(path: Path) -> Reference:
    """Read and check `reference.json`; raises `DataError`."""
    text = read_text(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"expected JSON: {error.msg}", file=path, line=error.lineno) from error
    if not isinstance(data, dict):
        kind = type(data).__name__
        raise DataError(f"expected a JSON object, came {kind}", file=path, line=1)
    named = {key: _named_list(value) for key, value in data.items()}
    try:
        reference = Reference.model_validate(named)
    except ValidationError as error:
        line = _line_of(text, error.errors()[0]["loc"])
        raise DataError(tell(error), file=path, line=line, field=field_of(error)) from error
    _check_names(reference, text, path)
    return reference


def _named_list(value: Any) -> Any:
    """Objects by name are as good as a list of objects with names."""
    if isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
        return [{"name": name, **item} for name, item in value.items()]
    return value


def _check_names(reference: Reference, text: str, path: Path) -> None:
    for part in ("vendors", "departments"):
        seen: set[str] = set()
        for index, item in enumerate(getattr(reference, part)):
            if item.name.casefold() in seen:
                line = _line_of(text, (part, index))
                field = f"{part}.{index}.name"
                raise DataError(f"{item.name!r} stands twice", file=path, line=line, field=field)
            seen.add(item.name.casefold())


def _line_of(text: str, steps: Iterable[Any]) -> int:
    """The line where the deepest part that exists stands: JSON is YAML, whose nodes know it."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 1
    line = 1
    for step in steps:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, step: Any) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for position, (key, value) in enumerate(node.value):
            if step in (key.value, position):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item: yaml.Node = node.value[step]
        return item.start_mark.line + 1, item
    return None
