"""How a family writes into a row: first come, first kept; what makes no sense is flagged."""

from typing import Any

import orjson

from services.traces.domain.normalise.messages import Message, UnreadableError, canonical, shown
from services.traces.domain.normalise.shapes import Columns
from services.traces.domain.normalise.values import json_text
from services.traces.domain.span import SpanRow

TOKENS_MAX = 2**53
"""Above this a JSON reader may lose digits; no model reads so much."""
KINDS = frozenset(
    {
        "LLM",
        "TOOL",
        "CHAIN",
        "AGENT",
        "RETRIEVER",
        "EMBEDDING",
        "RERANKER",
        "GUARDRAIL",
        "EVALUATOR",
        "PROMPT",
        "DECISION",
        "UNKNOWN",
    }
)


def flag(row: SpanRow, part: str) -> None:
    """Say that a part was kept raw."""
    if part not in row.flags:
        row.flags = (*row.flags, part)


def text(row: SpanRow, *names: str) -> str | None:
    """The first of these attributes that is there, as text."""
    get = row.attributes.get
    for name in names:
        value = get(name)
        if value is not None and value != "":
            return value if isinstance(value, str) else json_text(value)
    return None


def fill_texts(row: SpanRow, columns: Columns) -> None:
    """Text columns that are still empty."""
    attributes = row.attributes
    for column, names in columns:
        value = attributes[names[0]]
        if type(value) is not str or not value:
            value = text(row, *names)
        setattr(row, column, value)


def parsed(row: SpanRow, name: str) -> Any:
    """JSON in an attribute; flagged, and None, when it is not JSON."""
    value = row.attributes.get(name)
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        flag(row, name)
        return None


def loose(value: Any) -> Any:
    """JSON when the text is JSON, else the text: for attributes that may hold either."""
    if isinstance(value, str) and value[:1] in ("[", "{", '"'):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def count(row: SpanRow, *names: str) -> int | None:
    """The first of these attributes that is there, as a number of tokens."""
    get = row.attributes.get
    for name in names:
        value = get(name)
        if value is not None:
            return tokens(row, name, value)
    return None


def tokens(row: SpanRow, name: str, value: Any) -> int | None:
    """A number of tokens; flagged, and None, when it is none."""
    if type(value) is int and 0 <= value <= TOKENS_MAX:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, float) and value.is_integer() and 0 <= value <= TOKENS_MAX:
        return int(value)
    flag(row, name)
    return None


def money(row: SpanRow, name: str, value: Any) -> float | None:
    """US dollars; flagged, and None, when it is no amount."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            flag(row, name)
            return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    flag(row, name)
    return None


def kind(row: SpanRow, name: str, value: Any) -> None:
    """Set the kind unless a more specific family did; flagged when there is no such kind."""
    if row.kind != "UNKNOWN":
        return
    if value in KINDS:
        row.kind = value
    elif isinstance(value, str) and value.upper() in KINDS:
        row.kind = value.upper()
    else:
        flag(row, name)


def keep(row: SpanRow, column: str, part: str, value: Any) -> None:
    """A value as JSON in an empty column; flagged when it nests too deep for JSON."""
    if getattr(row, column):
        return
    try:
        setattr(row, column, json_text(value))
    except TypeError:
        flag(row, part)


def keep_told(row: SpanRow, part: str, told: list[Message] | None) -> None:
    """What a model was told, unless an earlier family said."""
    if told and not row.messages_input_json:
        keep(row, "messages_input_json", part, told)
        row.input = row.input or shown(told, row.messages_input_json) or None


def keep_said(row: SpanRow, part: str, said: list[Message] | None) -> None:
    """What a model answered, unless an earlier family said."""
    if said and not row.messages_output_json:
        keep(row, "messages_output_json", part, said)
        row.output = row.output or shown(said, row.messages_output_json) or None


def messages(row: SpanRow, name: str, role: str) -> list[Message] | None:
    """Messages in a JSON attribute; flagged, and None, when they cannot be read."""
    value = row.attributes.get(name)
    if value is None or value == "":
        return None
    found = parsed(row, name)
    return None if found is None else readable(row, name, found, role)


def readable(row: SpanRow, name: str, found: Any, role: str) -> list[Message] | None:
    """Messages in any known form; flagged, and None, when they cannot be read."""
    try:
        return canonical(found, role)
    except (UnreadableError, TypeError):  # in no known form, or nested too deep for JSON
        flag(row, name)
        return None
