"""Which examples are near-copies of each other: a pure function, so that every service agrees."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

GROUP_CHARS_MAX = 200


def group_of(document: Any, paths: Sequence[str]) -> str:
    """The group of an input: what stands at `task.group_by`, as canonical JSON text.

    Paths are dotted. Without any of them in the input the whole input is the group, so that at
    least exact copies stay together. Longer texts are named by their hash: a group has to fit into
    a column and into an event.
    """
    values = [_at(document, path) for path in paths]
    found = values if any(value is not None for value in values) else document
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if len(text) <= GROUP_CHARS_MAX:
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _at(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document
