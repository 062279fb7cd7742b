"""Spans as texts, to be searched or handed to jq, without building views of them."""

from collections.abc import Sequence
from typing import Any

from services.traces.adapters.spans import NO_PARENT
from services.traces.domain.texts import PLAIN, SpanTexts

TEXT_COLUMNS = f"""
    project, lower(hex(span_id)), lower(hex(parent_span_id)), toUnixTimestamp64Nano(started_at),
    toUnixTimestamp64Nano(ended_at), input, output, attributes, toString(resource), events, links,
    {", ".join(f"toString({name})" for name in PLAIN)}
"""
RAW = ("start_ns", "end_ns", "input", "output", "attributes", "resource", "events", "links")
TEXT_NAMES = ("project", "span", "parent", *RAW, *PLAIN)


def span_texts(row: Sequence[Any]) -> SpanTexts:
    """A row of `TEXT_COLUMNS`."""
    got = dict(zip(TEXT_NAMES, row, strict=True))
    return SpanTexts(
        span_id=got["span"],
        parent_span_id=got["parent"] if got["parent"] != NO_PARENT else None,
        plain={name: got[name] for name in PLAIN},
        **{name: got[name] for name in RAW},
    )
