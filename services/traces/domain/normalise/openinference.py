"""OpenInference: the names of this family are the canonical ones.

Spec: github.com/Arize-ai/openinference, `spec/semantic_conventions.md`. Lists are flattened into
names. `llm.token_count.prompt` holds cached tokens; `prompt_details.cache_read` and `cache_write`
say how many of it. Some tracers leave them out of `prompt`: then they are more than it, and added.
"""

from functools import lru_cache
from typing import Any

from services.traces.domain.normalise import fields, indexed, usage
from services.traces.domain.normalise.indexed import Record
from services.traces.domain.normalise.messages import Message, shown
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.normalise.values import json_text
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
    told = _messages(row, lists, "llm.input_messages", "user")
    if told is None:
        told = _completions(row, lists, "llm.prompts", "user")
    if told is not None:
        row.messages_input_json = json_text(told)
        row.input = row.input if row.input is not None else shown(told)
    said = _messages(row, lists, "llm.output_messages", "assistant")
    if said is None:
        said = _completions(row, lists, "llm.choices", "assistant")
    if said is not None:
        row.messages_output_json = json_text(said)
        row.output = row.output if row.output is not None else shown(said)
    if "llm.tools" in lists:
        row.tools_json = tools_json(indexed.values(lists["llm.tools"], row.attributes))
    for root in ("retrieval.documents", "reranker.output_documents", "reranker.input_documents"):
        if root in lists and not row.documents_json:
            row.documents_json = json_text(
                [_document(found) for found in indexed.values(lists[root], row.attributes)]
            )


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


def tools_json(found: list[dict[str, Any]]) -> str:
    """Tools offered, each as {name, description?, parameters?} when its schema can be read."""
    schemas = tuple(text for item in found if isinstance(text := item.get("json_schema"), str))
    if len(schemas) == len(found) and sum(map(len, schemas)) < 50_000:
        return _tools_json(schemas)
    return json_text([tool(fields.loose(item.get("json_schema", item))) for item in found])


@lru_cache(maxsize=256)
def _tools_json(schemas: tuple[str, ...]) -> str:
    # Every call of an agent offers the same tools.
    return json_text([tool(fields.loose(schema)) for schema in schemas])


def tool(schema: Any) -> Any:
    """A tool as OpenAI, Anthropic, OTel or Vercel define one; anything else as it is."""
    if not isinstance(schema, dict):
        return schema
    inner = schema.get("function")
    inner = inner if isinstance(inner, dict) else schema
    if not inner.get("name"):
        return schema
    parameters = next(
        (inner[k] for k in ("parameters", "input_schema", "inputSchema") if inner.get(k)), None
    )
    told = {
        "name": inner["name"],
        "description": inner.get("description"),
        "parameters": parameters,
    }
    return {key: value for key, value in told.items() if value is not None}


def _document(found: dict[str, Any]) -> dict[str, Any]:
    return {
        key: fields.loose(value) if key in PARSED_DOCUMENT_FIELDS else value
        for key, value in found.items()
    }


FAMILY = Family("openinference", PREFIXES, fill, TEXTS, COUNTS)
