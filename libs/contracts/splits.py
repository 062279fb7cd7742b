"""Which split an example belongs to: a pure function, so that every service agrees."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Split = Literal["mine", "select", "sealed"]

MINE_SHARE = 0.45
SELECT_SHARE = 0.15


def split_of(agent: str, group: str, salt: str = "") -> Split:
    """Assign by group, so that near-copies never sit on both sides. Shares 45/15/40."""
    digest = hashlib.sha256(f"{salt}\x00{agent}\x00{group}".encode("utf-8", "replace")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < MINE_SHARE:
        return "mine"
    if position < MINE_SHARE + SELECT_SHARE:
        return "select"
    return "sealed"


def group_of(document: Any, paths: Sequence[str]) -> str:
    """The group of an input: what stands at `task.group_by`, as canonical JSON text.

    Paths are dotted. Without any of them in the input the whole input is the group, so that at
    least exact copies stay together.
    """
    values = [_at(document, path) for path in paths]
    found = values if any(value is not None for value in values) else document
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _at(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document
