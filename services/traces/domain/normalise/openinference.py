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
    "llm.input_messages",
    "llm.output_messages",
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
    if shape.lists or not WHOLE.isdisjoint(shape.names):
        _lists(row, shape)
    if counts := shape.counts[FAMILY.name]:
        usage.read(row, counts)
    if not COSTS.isdisjoint(shape.names):
        row.cost_usd = _cost(row)
    if row.input is None and "tool.parameters" in shape.names:
        row.input = fields.text(row, "tool.parameters")


SIDES = (
    ("llm.input_messages", "llm.prompts", "user", fields.keep_told),
    ("llm.output_messages", "llm.choices", "assistant", fields.keep_said),
)
WHOLE = frozenset({"llm.input_messages", "llm.output_messages"})
"""Some tracers write the list as one JSON text."""
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


def _lists(row: SpanRow, shape: Shape) -> None:
    lists = shape.lists
    for root, older, role, keep in SIDES:
        if root in lists:
            keep(row, root, _messages(row, shape, root, role))
        elif root in shape.names:
            keep(row, root, fields.messages(row, root, role))
        elif older in lists:
            keep(row, root, _completions(row, lists[older], role))
    if "llm.tools" in lists:
        schemas = [tool.get("json_schema", tool) for tool in _values(row, lists["llm.tools"])]
        tools.keep_schemas(row, "llm.tools", schemas)
    for root in DOCUMENTS:
        if root in lists:
            found = [_document(document) for document in _values(row, lists[root])]
            fields.keep(row, "documents_json", root, found)


def _messages(row: SpanRow, shape: Shape, root: str, role: str) -> list[Message] | None:
    values = _values(row, shape.lists[root])
    if root in shape.messages:
        for value in values:
            if type(value.get("content", "")) is not str:
                break
        else:
            return values
    return fields.readable(row, root, values, role)


def _completions(row: SpanRow, found: tuple[Record, ...], role: str) -> list[Message]:
    """Texts of a completions API: `llm.prompts.N.prompt.text`."""
    return [{"role": role, "content": str(v.get("text", ""))} for v in _values(row, found)]


def _values(row: SpanRow, found: tuple[Record, ...]) -> list[dict[str, Any]]:
    return indexed.values(found, row.attributes)


def _document(found: dict[str, Any]) -> dict[str, Any]:
    return {
        key: fields.loose(value) if key in PARSED_DOCUMENT_FIELDS else value
        for key, value in found.items()
    }


FAMILY = Family("openinference", PREFIXES, fill, TEXTS, COUNTS)
