"""OTel GenAI semantic conventions, the current names, and what the older ones share with them.

Spec: github.com/open-telemetry/semantic-conventions-genai. Messages, system instructions and tool
definitions are JSON text on spans and structured values in events. `gen_ai.usage.input_tokens`
holds cached tokens ("SHOULD include all types of input tokens, including cached").

An agent's or workflow's span may repeat the sum of its model calls: it is not read, or a trace
would count it twice; except where the span is a client's, since then the calls are elsewhere.
"""

from typing import Any

from services.traces.domain.normalise import fields, genai_older, tools, usage
from services.traces.domain.normalise.messages import Message
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.span import SpanRow

CLIENT = 3
TOOLS = "gen_ai.tool.definitions"
KINDS = {
    "chat": "LLM",
    "generate_content": "LLM",
    "text_completion": "LLM",
    "completion": "LLM",
    "response": "LLM",
    "embeddings": "EMBEDDING",
    "rerank": "RERANKER",
    "retrieval": "RETRIEVER",
    "execute_tool": "TOOL",
    "create_agent": "AGENT",
    "invoke_agent": "AGENT",
    "invoke_workflow": "CHAIN",
    "execute_task": "CHAIN",
}
OWN_USAGE_KINDS = frozenset({"LLM", "EMBEDDING", "RERANKER", "UNKNOWN"})
TEXTS = (
    ("session_id", ("gen_ai.conversation.id",)),
    ("agent", ("gen_ai.agent.name",)),
    ("model", ("gen_ai.response.model", "gen_ai.request.model")),
    ("provider", ("gen_ai.provider.name", "gen_ai.system")),
    ("tool_name", ("gen_ai.tool.name",)),
)
COUNTS = (
    ("total_input", ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")),
    ("output", ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")),
    (
        "cache_read",
        (
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.cache_read_tokens",
            "gen_ai.usage.input_tokens.cached",
            "gen_ai.usage.details.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
        ),
    ),
    (
        "cache_write",
        (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.cache_write_tokens",
            "gen_ai.usage.details.cache_creation_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
        ),
    ),
    (
        "reasoning",
        (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
        ),
    ),
)


def fill(row: SpanRow, shape: Shape) -> None:
    """GenAI attributes and events into columns."""
    _kind(row, shape)
    events = genai_older.events_of(row)
    _model_messages(row, shape, events)
    if row.kind in OWN_USAGE_KINDS or (row.kind == "AGENT" and row.otel_kind == CLIENT):
        usage.read(row, shape.counts[FAMILY.name])
    if "gen_ai.tool.definitions" in shape.names:
        tools.keep(row, TOOLS, row.attributes[TOOLS])
    if row.kind == "TOOL":
        row.input = row.input or fields.text(row, "gen_ai.tool.call.arguments")
        row.output = row.output or fields.text(row, "gen_ai.tool.call.result")
    if row.kind == "RETRIEVER":
        _retrieval(row)
    if events:
        genai_older.read_evaluations(row, events)


def _kind(row: SpanRow, shape: Shape) -> None:
    if row.kind != "UNKNOWN":
        return
    kind = KINDS.get(str(row.attributes.get("gen_ai.operation.name")))
    if kind is None:
        names = shape.names
        if "gen_ai.tool.name" in names or "gen_ai.tool.call.id" in names:
            kind = "TOOL"
        elif "gen_ai.request.model" in names or "gen_ai.response.model" in names:
            kind = "LLM"
        elif "gen_ai.agent.name" in names:
            kind = "AGENT"
    row.kind = kind or "UNKNOWN"


def _model_messages(row: SpanRow, shape: Shape, events: list[dict[str, Any]]) -> None:
    if not row.messages_input_json:
        told = fields.messages(row, "gen_ai.input.messages", "user")
        if told is None:
            told = genai_older.told(row, shape, events)
        system = system_message(row)
        if system is not None:
            told = [system, *(told or [])]
        fields.keep_told(row, "gen_ai.input.messages", told)
    if not row.messages_output_json:
        said = fields.messages(row, "gen_ai.output.messages", "assistant")
        if said is None:
            said = genai_older.said(row, shape, events)
        fields.keep_said(row, "gen_ai.output.messages", said)


def system_message(row: SpanRow) -> Message | None:
    """System instructions: parts on their own, outside the messages."""
    name = "gen_ai.system_instructions"
    value = row.attributes.get(name)
    if value is None or value == "":
        return None
    found = fields.loose(value)
    if isinstance(found, list) and all(isinstance(p, dict) and "role" not in p for p in found):
        found = [{"role": "system", "parts": found}]
    messages = fields.readable(row, name, found, "system")
    return messages[0] if messages else None


def _retrieval(row: SpanRow) -> None:
    row.input = row.input or fields.text(row, "gen_ai.retrieval.query.text")
    if "gen_ai.retrieval.documents" in row.attributes and not row.documents_json:
        found = fields.parsed(row, "gen_ai.retrieval.documents")
        if isinstance(found, list):
            fields.keep(row, "documents_json", "gen_ai.retrieval.documents", found)
            row.output = row.output or row.documents_json or None


FAMILY = Family("genai", ("gen_ai.",), fill, TEXTS, COUNTS)
