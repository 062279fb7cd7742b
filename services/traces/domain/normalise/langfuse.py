"""Langfuse SDK (version 3 and later): observations as spans (`langfuse.*`).

`langfuse.observation.usage_details` is JSON whose keys are buckets without overlap: `input` leaves
cached tokens out, which have buckets of their own. Only OpenAI's shape (`prompt_tokens`), which the
SDK also lets through, holds them in.
"""

from collections.abc import Callable
from typing import Any

from services.traces.domain.normalise import fields, payloads, tools, usage
from services.traces.domain.normalise.messages import Message, canonical
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.span import SpanRow

KINDS = {
    "generation": "LLM",
    "embedding": "EMBEDDING",
    "agent": "AGENT",
    "tool": "TOOL",
    "chain": "CHAIN",
    "retriever": "RETRIEVER",
    "evaluator": "EVALUATOR",
    "guardrail": "GUARDRAIL",
    "span": "CHAIN",
    "event": "CHAIN",
}
INPUT, OUTPUT = "langfuse.observation.input", "langfuse.observation.output"
USAGE, COST = "langfuse.observation.usage_details", "langfuse.observation.cost_details"
TEXTS = (
    ("input", (INPUT, "langfuse.trace.input")),
    ("output", (OUTPUT, "langfuse.trace.output")),
    ("session_id", ("session.id", "langfuse.session.id")),
    ("user_id", ("user.id", "langfuse.user.id")),
    ("model", ("langfuse.observation.model.name",)),
)


def fill(row: SpanRow, shape: Shape) -> None:
    """Langfuse attributes into columns."""
    names = shape.names
    kind = row.attributes.get("langfuse.observation.type")
    if kind is not None and row.kind == "UNKNOWN":
        fields.kind(row, "langfuse.observation.type", KINDS.get(str(kind), kind))
    if row.kind == "LLM":
        _messages(row)
    elif row.kind == "TOOL":
        row.tool_name = row.tool_name or row.name
    elif row.kind == "RETRIEVER":
        found = fields.loose(row.attributes.get(OUTPUT))
        if isinstance(found, list):
            documents = [tools.document(item) for item in found]
            fields.keep(row, "documents_json", OUTPUT, documents)
    if USAGE in names:
        _usage(row, fields.parsed(row, USAGE))
    if COST in names:
        _cost(row, fields.parsed(row, COST))


def _messages(row: SpanRow) -> None:
    fields.keep_told(row, INPUT, payloads.told(fields.loose(row.attributes.get(INPUT))))
    found = fields.loose(row.attributes.get(OUTPUT))
    said: list[Message] | None = payloads.said(found)
    if said is None and isinstance(found, str):
        said = canonical(found, "assistant")
    fields.keep_said(row, OUTPUT, said)


def _usage(row: SpanRow, found: Any) -> None:
    if not isinstance(found, dict):
        fields.flag(row, USAGE)
        return
    read = {key: fields.tokens(row, USAGE, n) for key, n in found.items() if type(n) is not dict}
    counts = {key: number for key, number in read.items() if number is not None}
    if "prompt_tokens" in counts:
        details = found.get("prompt_tokens_details")
        cached = details.get("cached_tokens") if isinstance(details, dict) else None
        cached = None if cached is None else fields.tokens(row, USAGE, cached)
        usage.fill(row, counts["prompt_tokens"], counts.get("completion_tokens"), cached)
        return
    usage.fill(
        row,
        total_input=_sum(counts, lambda key: key.startswith("input") and not _is_cache(key)),
        output=_sum(counts, lambda key: key.startswith("output")),
        cache_read=_sum(counts, lambda key: _is_cache(key) and not _is_write(key)),
        cache_write=_sum(counts, _is_write),
        reasoning=counts.get("output_reasoning_tokens", counts.get("output_reasoning")),
        disjoint=True,
    )


def _sum(counts: dict[str, int], wanted: Callable[[str], bool]) -> int | None:
    """Buckets of one sort together; None when there is none."""
    chosen = [number for key, number in counts.items() if wanted(key)]
    return sum(chosen) if chosen else None


def _is_cache(key: str) -> bool:
    return "cache" in key


def _is_write(key: str) -> bool:
    return "cache" in key and ("creation" in key or "write" in key)


def _cost(row: SpanRow, found: Any) -> None:
    if not isinstance(found, dict):
        fields.flag(row, COST)
        return
    if "total" in found:
        row.cost_usd = fields.money(row, COST, found["total"])
        return
    parts = [fields.money(row, COST, value) for value in found.values()]
    known = [part for part in parts if part is not None]
    row.cost_usd = sum(known) if known else None


FAMILY = Family("langfuse", ("langfuse.",), fill, TEXTS)
