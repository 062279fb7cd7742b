"""Facts as a trace records them: what rules read, here as on the platform, is this and no more."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any


def as_json(value: Any) -> str:
    """JSON text that UTF-8 can hold; what JSON does not know is written as text. Never raises."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=_known)
    except Exception:  # a cycle, a key that is no text, a `__str__` that fails: the agent goes on
        text = json.dumps(_repr(value), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def as_recorded(facts: Any) -> dict[str, Any] | None:
    """Facts as the platform reads them back; None where they cannot be written as an object."""
    return read_back(as_json(facts))


def read_back(text: str) -> dict[str, Any] | None:
    """What the platform reads of a record; None where it is no object."""
    read = json.loads(text, parse_int=_integer, parse_constant=lambda _: None)
    return read if isinstance(read, dict) else None


def _known(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__name__} that has no text>"


def _integer(digits: str) -> int | None:
    return int(digits) if isfinite(float(digits)) else None
