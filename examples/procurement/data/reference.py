"""Reads `reference.json`: what the company writes down."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from examples.procurement.data.errors import DataError
from examples.procurement.data.model import Reference
from examples.procurement.data.rows import field_of, read_bytes, tell


def load_reference(path: Path) -> Reference:
    """Read and check `reference.json`; raises `DataError`."""
    text = _text(path)
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


def _text(path: Path) -> str:
    raw = read_bytes(path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"expected UTF-8 text: {error.reason}", file=path, line=line) from error


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
