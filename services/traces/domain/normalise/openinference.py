"""OpenInference: the names of this family are the canonical ones.

Spec: github.com/Arize-ai/openinference, `spec/semantic_conventions.md`. Lists are flattened into
names. `llm.token_count.prompt` holds cached tokens; `prompt_details.cache_read` and `cache_write`
say how many of it. Some tracers leave them out of `prompt`: then they are more than it, and added.
"""

from typing import Any

from services.traces.domain.normalise import fields, indexed, tools, usage
from services.traces.domain.normalise.indexed import Record
from services.traces.domain.normalise.messages import Message
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.span import SpanRow

PREFIXES = (
    "openinference.",
    "llm.model_name",
    "llm.token_count.",
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.cost.",
    "retrieval.documents.",
    "reranker.",
    "embedding.",
    "input.value",
    "output.value",
    "tool.name",
    "decision.",
)
PARSED_DOCUMENT_FIELDS = ("metadata",)
DOCUMENTS = ("retrieval.documents", "reranker.output_documents", "reranker.input_documents")


TEXTS = (
    ("input", ("input.value",)),
    ("output", ("output.value",)),
    ("session_id", ("session.id",)),
    ("user_id", ("user.id",)),
    (
        "model",
        (
            "llm.model_name",
            "llm.response.model_name",
            "llm.request.model_name",
            "embedding.model_name",
            "reranker.model_name",
            "decision.model_name",
            "decision.response.model_name",
            "decision.request.model_name",
        ),
    ),
    ("provider", ("llm.provider", "llm.system", "decision.provider", "decision.system")),
    ("tool_name", ("tool.name",)),
)
COUNTS = (
    ("total_input", ("llm.token_count.prompt", "decision.token_count.input")),
    ("output", ("llm.token_count.completion", "decision.token_count.output")),
    (
        "cache_read",
        (
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
        ),
    ),
    ("cache_write", ("llm.token_count.prompt_details.cache_write",)),
    ("reasoning", ("llm.token_count.completion_details.reasoning",)),
)


def fill(row: SpanRow, shape: Shape) -> None:
    """OpenInference attributes into columns."""
    kind = row.attributes.get("openinference.span.kind")
    if kind is not None:
        fields.kind(row, "openinference.span.kind", kind)
    if shape.lists:
        _lists(row, shape.lists)
    if counts := shape.counts[FAMILY.name]:
        usage.read(row, counts)
    if not COSTS.isdisjoint(shape.names):
        row.cost_usd = _cost(row)
    if row.input is None and "tool.parameters" in shape.names:
        row.input = fields.text(row, "tool.parameters")


COSTS = frozenset({"llm.cost.total", "llm.cost.prompt", "llm.cost.completion"})


def _cost(row: SpanRow) -> float | None:
    get = row.attributes.get
    if (total := get("llm.cost.total")) is not None:
        return fields.money(row, "llm.cost.total", total)
    parts = [
        fields.money(row, name, value)
        for name in ("llm.cost.prompt", "llm.cost.completion")
        if (value := get(name)) is not None
    ]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def _lists(row: SpanRow, lists: dict[str, tuple[Record, ...]]) -> None:
    for root, older, role, keep in (
        ("llm.input_messages", "llm.prompts", "user", fields.keep_told),
        ("llm.output_messages", "llm.choices", "assistant", fields.keep_said),
    ):
        found = _messages(row, lists, root, role)
        if found is None:
            found = _completions(row, lists, older, role)
        keep(row, root, found)
    if "llm.tools" in lists:
        found = indexed.values(lists["llm.tools"], row.attributes)
        schemas = tuple(item.get("json_schema", item) for item in found)
        tools.keep_schemas(row, "llm.tools", schemas)
    for root in DOCUMENTS:
        if root in lists:
            documents = indexed.values(lists[root], row.attributes)
            fields.keep(row, "documents_json", root, [_document(found) for found in documents])


def _messages(
    row: SpanRow, lists: dict[str, tuple[Record, ...]], root: str, role: str
) -> list[Message] | None:
    found = lists.get(root)
    if found is None:
        return fields.messages(row, root, role) if root in row.attributes else None
    values = indexed.values(found, row.attributes)
    if all(record.is_message for record in found):
        for value in values:
            if type(value.get("content", "")) is not str:
                break
        else:
            return values
    return fields.readable(row, root, values, role)


def _completions(
    row: SpanRow, lists: dict[str, tuple[Record, ...]], root: str, role: str
) -> list[Message] | None:
    """Texts of a completions API: `llm.prompts.N.prompt.text`."""
    found = lists.get(root)
    if found is None:
        return None
    values = indexed.values(found, row.attributes)
    return [{"role": role, "content": str(value.get("text", ""))} for value in values]


def _document(found: dict[str, Any]) -> dict[str, Any]:
    return {
        key: fields.loose(value) if key in PARSED_DOCUMENT_FIELDS else value
        for key, value in found.items()
    }


FAMILY = Family("openinference", PREFIXES, fill, TEXTS, COUNTS)
