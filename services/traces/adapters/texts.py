"""Spans as texts, to be searched or handed to jq, without building views of them."""

from collections.abc import Sequence
from typing import Any

from services.traces.adapters.spans import NO_PARENT
from services.traces.domain.texts import PLAIN, SpanTexts

TEXT_COLUMNS = f"""
    lower(hex(span_id)), lower(hex(parent_span_id)), toUnixTimestamp64Nano(started_at),
    toUnixTimestamp64Nano(ended_at), input, output, attributes, toString(resource), events, links,
    {", ".join(f"toString({name})" for name in PLAIN)}
"""
TEXT_NAMES = (
    *("span", "parent", "start_ns", "end_ns", "input", "output", "attributes", "resource"),
    *("events", "links", *PLAIN),
)


def span_texts(row: Sequence[Any]) -> SpanTexts:
    """A row of `TEXT_COLUMNS`."""
    return SpanTexts(
        span_id=row[0],
        parent_span_id=row[1] if row[1] != NO_PARENT else None,
        start_ns=row[2],
        end_ns=row[3],
        input=row[4],
        output=row[5],
        attributes=row[6],
        resource=row[7],
        events=row[8],
        links=row[9],
        plain=dict(zip(PLAIN, row[10:], strict=True)),
    )
