"""A conversation, read from whatever a span holds of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    """`parts` are texts or JSON values, in order."""

    role: str
    role_class: str
    """The role as a CSS class may hold it."""
    parts: tuple[Any, ...]


def messages_of(said: Any) -> tuple[Message, ...]:
    """Messages of a list of objects; nothing when it is anything else."""
    if not isinstance(said, list) or not all(isinstance(one, Mapping) for one in said):
        return ()
    return tuple(_message(one) for one in said)


def _message(one: Mapping[str, Any]) -> Message:
    role = str(one.get("role") or "message")
    name = f" {one['name']}" if one.get("name") else ""
    parts = tuple(_parts(one)) or ("",)
    return Message(role + name, re.sub(r"[^a-z]", "", role.lower())[:20], parts)


def _parts(one: Mapping[str, Any]) -> Iterator[Any]:
    content = one.get("content")
    for item in content if isinstance(content, list) else [content]:
        is_text = isinstance(item, Mapping) and isinstance(item.get("text"), str)
        if item not in (None, ""):
            yield item["text"] if is_text else item
    if one.get("tool_calls"):
        yield one["tool_calls"]
