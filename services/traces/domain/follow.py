"""Where a value appears first in a trace and where it travels."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from services.traces.domain.texts import SpanTexts

AT_END = frozenset({"output", "status_message", "status"})
"""What a span knows only when it ends; everything else it had when it began."""


@dataclass(frozen=True)
class Sighting:
    """The value in one field of one span. `at_ns`: when the span had it."""

    span_id: str
    parent_span_id: str | None
    span_name: str
    field: str
    offset: int
    count: int
    at_ns: int
    role: str
    """origin: seen first; read: handed in; produced: came out."""


def follow(spans: Iterable[SpanTexts], value: str) -> list[Sighting]:
    """Sightings in order of time; the first is the origin. Empty when it appears nowhere."""
    needles = forms(value)
    found: list[Sighting] = []
    for span in spans:
        for field, text in span.fields():
            hit = _first(text, needles)
            if hit is None:
                continue
            produced = field in AT_END or field.startswith("attributes.llm.output_messages")
            found.append(
                Sighting(
                    span_id=span.span_id,
                    parent_span_id=span.parent_span_id,
                    span_name=span.plain.get("name", ""),
                    field=field,
                    offset=hit[0],
                    count=hit[1],
                    at_ns=span.end_ns if produced else span.start_ns,
                    role="produced" if produced else "read",
                )
            )
    found.sort(key=lambda one: (one.at_ns, one.span_id, one.field))
    return [_as_origin(found[0]), *found[1:]] if found else []


def forms(value: str) -> tuple[str, ...]:
    """The value as it is and as it stands inside JSON, once and twice encoded."""
    once = orjson.dumps(value).decode()[1:-1]
    twice = orjson.dumps(once).decode()[1:-1]
    return tuple(dict.fromkeys((value, once, twice)))


def _first(text: str, needles: tuple[str, ...]) -> tuple[int, int] | None:
    for needle in needles:
        offset = text.find(needle)
        if offset >= 0:
            return offset, text.count(needle)
    return None


def _as_origin(first: Sighting) -> Sighting:
    return Sighting(
        first.span_id,
        first.parent_span_id,
        first.span_name,
        first.field,
        first.offset,
        first.count,
        first.at_ns,
        "origin",
    )
