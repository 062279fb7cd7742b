"""What a label is, so that every service compares answers in the same way."""

from collections.abc import Mapping
from typing import Any


def label_of(value: Any, field: str) -> Any:
    """The bare label of an answer or of what a person expected: `{field: label}` or the label."""
    return value.get(field) if isinstance(value, Mapping) else value
