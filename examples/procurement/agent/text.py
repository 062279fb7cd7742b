"""Values as text."""

import json
from typing import Any


def as_json(value: Any) -> str:
    """The same value gives the same text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
