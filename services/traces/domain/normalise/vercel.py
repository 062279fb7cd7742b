"""Vercel AI SDK telemetry (`ai.*`).

`ai.generateText` and its like span a whole loop; `.doGenerate`, `.doStream` and `.doEmbed` inside
are the model calls. Only those count tokens: the outer spans repeat the sum.

Cached tokens: since version 6 `inputTokens` holds them for every provider, and
`ai.usage.inputTokenDetails.*` is there to tell. Before, Anthropic and Bedrock left them out and all
others held them in. Cache writes were only in `ai.response.providerMetadata` then.
"""

from typing import Any

from services.traces.domain.normalise import fields, tools, usage
from services.traces.domain.normalise.messages import Message
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.span import SpanRow

PREFIXES = (
    "ai.operationId",
    "ai.model.",
    "ai.prompt",
    "ai.response.",
    "ai.result.",
    "ai.usage.",
    "ai.toolCall.",
    "ai.settings.",
    "ai.telemetry.",
    "ai.value",
    "ai.embedding",
)
CALLS = (".doGenerate", ".doStream")
METADATA = "ai.telemetry.metadata."
TEXTS = (
    ("input", ("ai.toolCall.args", "ai.prompt", "ai.value", "ai.values")),
    ("output", ("ai.toolCall.result", "ai.response.text", "ai.response.object", "ai.result.text")),
    ("session_id", (METADATA + "sessionId", METADATA + "session_id", METADATA + "threadId")),
    ("user_id", (METADATA + "userId", METADATA + "user_id")),
    ("model", ("ai.response.model", "ai.model.id")),
    ("provider", ("ai.model.provider",)),
    ("tool_name", ("ai.toolCall.name",)),
)
COUNTS = (
    ("total_input", ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")),
    ("output", ("ai.usage.outputTokens", "ai.usage.completionTokens")),
    (
        "cache_read",
        ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"),
    ),
    ("cache_write", ("ai.usage.inputTokenDetails.cacheWriteTokens",)),
    (
        "reasoning",
        ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
    ),
)
DISJOINT_PROVIDERS = ("anthropic", "amazon-bedrock", "bedrock")


def fill(row: SpanRow, shape: Shape) -> None:
    """AI SDK attributes into columns."""
    operation = str(row.attributes.get("ai.operationId") or row.name.partition(" ")[0])
    if row.kind == "UNKNOWN":
        row.kind = _kind(operation)
    if row.provider:
        row.provider = row.provider.partition(".")[0]
    if row.kind == "LLM":
        _messages(row)
        if "ai.prompt.tools" in shape.names:
            tools.keep(row, "ai.prompt.tools", row.attributes["ai.prompt.tools"])
    if row.kind in ("LLM", "EMBEDDING"):
        _usage(row, shape)


def _kind(operation: str) -> str:
    if operation.endswith(CALLS):
        return "LLM"
    if operation.endswith(".doEmbed"):
        return "EMBEDDING"
    if operation.endswith(".doRerank"):
        return "RERANKER"
    if operation == "ai.toolCall":
        return "TOOL"
    return "CHAIN" if operation.startswith("ai.") else "UNKNOWN"


def _messages(row: SpanRow) -> None:
    told = fields.messages(row, "ai.prompt.messages", "user")
    if told:
        row.input = None  # `ai.prompt` is shorter than what the model was told
        fields.keep_told(row, "ai.prompt.messages", told)
    said: Message = {"role": "assistant"}
    if text := fields.text(row, "ai.response.text", "ai.response.object", "ai.result.text"):
        said["content"] = text
    for name in ("ai.response.toolCalls", "ai.result.toolCalls"):
        if name in row.attributes:
            said["tool_calls"] = fields.parsed(row, name)
    if reasoning := fields.text(row, "ai.response.reasoning"):
        said["parts"] = [
            {"type": "reasoning", "text": reasoning},
            *([{"type": "text", "text": text}] if text else []),
        ]
    if len(said) > 1:
        part = "ai.response.toolCalls"
        fields.keep_said(row, part, fields.readable(row, part, said, "assistant"))


def _usage(row: SpanRow, shape: Shape) -> None:
    details = any(name.startswith("ai.usage.inputTokenDetails.") for name in shape.names)
    left_out = not details and (row.provider or "").startswith(DISJOINT_PROVIDERS)
    usage.read(row, shape.counts[FAMILY.name], disjoint=left_out)
    if left_out and row.tokens_cache_write is None and row.tokens_input is not None:
        written = _written(row)
        if written:
            row.tokens_cache_write = written
            row.tokens_input += written


def _written(row: SpanRow) -> int | None:
    name = "ai.response.providerMetadata"
    found: Any = fields.parsed(row, name) if name in row.attributes else None
    anthropic = found.get("anthropic") if isinstance(found, dict) else None
    if not isinstance(anthropic, dict):
        return None
    count = anthropic.get("cacheCreationInputTokens")
    return None if count is None else fields.tokens(row, name, count)


FAMILY = Family("vercel", PREFIXES, fill, TEXTS, COUNTS)
