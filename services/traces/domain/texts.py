"""Every text of a span, by the path under which a person or a program would look for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

PLAIN = (
    "name",
    "kind",
    "status",
    "status_message",
    "session_id",
    "user_id",
    "agent",
    "config_digest",
    "model",
    "provider",
    "tool_name",
    "scope_name",
    "scope_version",
)


@dataclass(frozen=True)
class SpanTexts:
    """A span as text: raw texts as stored, attributes still as one JSON text."""

    span_id: str
    parent_span_id: str | None
    plain: Mapping[str, str]
    start_ns: int
    end_ns: int
    input: str
    output: str
    attributes: str
    resource: str
    events: str
    links: str

    def fields(self) -> Iterator[tuple[str, str]]:
        """(path, text). Messages, tools and documents are parts of the attributes already."""
        for path, text in self.plain.items():
            if text:
                yield path, text
        if self.input:
            yield "input", self.input
        if self.output:
            yield "output", self.output
        yield from parsed(self.attributes, "attributes")
        yield from parsed(self.resource, "resource")
        if self.events:
            yield "events", self.events
        if self.links:
            yield "links", self.links


def parsed(text: str, prefix: str) -> Iterator[tuple[str, str]]:
    """The members of a JSON object; what is no text is shown as JSON."""
    if not text:
        return
    for key, value in orjson.loads(text).items():
        yield f"{prefix}.{key}", as_text(value)


def as_text(value: Any) -> str:
    """A text as it is, anything else as compact JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
