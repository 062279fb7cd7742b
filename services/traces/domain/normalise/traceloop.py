"""Traceloop's OpenLLMetry: workflow and task spans, and `llm.*` names that came before `gen_ai.*`.

Model calls carry `gen_ai.*` as well (current names since 0.60, `gen_ai.prompt.N` before), which the
GenAI family reads. Its input tokens hold cached ones, for Anthropic too.
"""

from services.traces.domain.normalise import fields, indexed, tools, usage
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.span import SpanRow

PREFIXES = ("traceloop.", "llm.request.", "llm.usage.", "llm.is_streaming", "llm.headers")
KINDS = {"workflow": "CHAIN", "task": "CHAIN", "agent": "AGENT", "tool": "TOOL"}
REQUEST_KINDS = {
    "chat": "LLM",
    "completion": "LLM",
    "embedding": "EMBEDDING",
    "rerank": "RERANKER",
}
ASSOCIATION = "traceloop.association.properties."
TEXTS = (
    ("input", ("traceloop.entity.input",)),
    ("output", ("traceloop.entity.output",)),
    (
        "session_id",
        (
            ASSOCIATION + "session_id",
            ASSOCIATION + "chat_id",
            ASSOCIATION + "conversation_id",
            ASSOCIATION + "thread_id",
        ),
    ),
    ("user_id", (ASSOCIATION + "user_id", "llm.user")),
)
COUNTS = (
    ("total_input", ("llm.usage.prompt_tokens",)),
    ("output", ("llm.usage.completion_tokens",)),
    ("cache_read", ("llm.usage.cache_read_input_tokens",)),
    ("cache_write", ("llm.usage.cache_creation_input_tokens",)),
    ("reasoning", ("llm.usage.reasoning_tokens",)),
)


def fill(row: SpanRow, shape: Shape) -> None:
    """Traceloop attributes into columns."""
    get = row.attributes.get
    kind = KINDS.get(str(get("traceloop.span.kind"))) or REQUEST_KINDS.get(
        str(get("llm.request.type"))
    )
    if kind and row.kind == "UNKNOWN":
        row.kind = kind
    if row.kind == "TOOL" and row.tool_name is None:
        row.tool_name = fields.text(row, "traceloop.entity.name")
    if row.kind == "AGENT" and row.agent is None:
        row.agent = fields.text(row, "gen_ai.agent.name", "traceloop.entity.name")
    if counts := shape.counts[FAMILY.name]:
        usage.read(row, counts)
    functions = shape.lists.get("llm.request.functions")
    if functions:
        values = indexed.values(functions, row.attributes)
        for value in values:
            value["parameters"] = fields.loose(value.get("parameters"))
        tools.keep(row, "llm.request.functions", values)


FAMILY = Family("traceloop", PREFIXES, fill, TEXTS, COUNTS)
