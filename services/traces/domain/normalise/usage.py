"""Token counts, cached ones counted once.

In a row `tokens_input` is everything the model read. Senders count in two ways: OpenAI's numbers
and the OTel and OpenInference specs put cached tokens inside the input count; Anthropic's own
numbers, Langfuse and some tracers leave them out. The caller says which (`disjoint`); and whatever
it says, cached tokens that are more than the input cannot be part of it.
"""

from services.traces.domain.normalise.fields import TOKENS_MAX, count
from services.traces.domain.normalise.shapes import Columns
from services.traces.domain.span import SpanRow


def read(row: SpanRow, counts: Columns, disjoint: bool = False) -> None:
    """Set the token columns from these attributes: parameters of `fill` by attribute."""
    attributes = row.attributes
    parts: dict[str, int | None] = {}
    for part, names in counts:
        value = attributes[names[0]]
        if type(value) is int and 0 <= value <= TOKENS_MAX:
            parts[part] = value
        else:
            parts[part] = count(row, *names)
    fill(row, **parts, disjoint=disjoint)


def fill(
    row: SpanRow,
    total_input: int | None = None,
    output: int | None = None,
    cache_read: int | None = None,
    cache_write: int | None = None,
    reasoning: int | None = None,
    disjoint: bool = False,
) -> None:
    """Set the token columns, unless an earlier family did."""
    if row.tokens_input is not None or row.tokens_output is not None:
        return
    if cache_read or cache_write:
        cached = (cache_read or 0) + (cache_write or 0)
        if disjoint or cached > (total_input or 0):
            total_input = (total_input or 0) + cached
    row.tokens_input = total_input
    row.tokens_output = output
    row.tokens_cache_read = cache_read
    row.tokens_cache_write = cache_write
    row.tokens_reasoning = reasoning
