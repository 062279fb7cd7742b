"""Spans for the overview: texts are cut in the store, so a large trace stays cheap."""

from collections.abc import Sequence
from typing import Any

from services.traces.adapters.spans import NO_PARENT
from services.traces.domain.preview import Glance


def glance_columns(chars: int) -> str:
    """Columns with that many characters of each text."""
    return f"""
        project, lower(hex(span_id)), lower(hex(parent_span_id)), name, kind, toString(status),
        substringUTF8(status_message, 1, {chars}), model, tool_name,
        toUnixTimestamp64Nano(started_at), toUnixTimestamp64Nano(ended_at),
        ifNull(tokens_input, 0) + ifNull(tokens_output, 0), ifNull(cost_usd, 0),
        substringUTF8(input, 1, {chars}), lengthUTF8(input),
        substringUTF8(output, 1, {chars}), lengthUTF8(output)
    """


def glance(row: Sequence[Any]) -> Glance:
    """A row of `glance_columns`."""
    _, span_id, parent, *rest = row
    return Glance(span_id, parent if parent != NO_PARENT else None, *rest)
