"""Model calls as OpenInference attributes."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from openinference.semconv.trace import MessageAttributes, SpanAttributes, ToolCallAttributes

_ROLES = {"human": "user", "ai": "assistant"}


def asked(prompt: str, messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """`llm.input_messages`: the system prompt and the conversation so far."""
    attributes: dict[str, Any] = {}
    head = f"{SpanAttributes.LLM_INPUT_MESSAGES}.0."
    attributes[head + MessageAttributes.MESSAGE_ROLE] = "system"
    attributes[head + MessageAttributes.MESSAGE_CONTENT] = prompt
    for index, message in enumerate(messages, start=1):
        attributes |= _message(f"{SpanAttributes.LLM_INPUT_MESSAGES}.{index}.", message)
    return attributes


def replied(reply: AIMessage) -> dict[str, Any]:
    """`llm.output_messages`, the model that answered and its tokens."""
    attributes = _message(f"{SpanAttributes.LLM_OUTPUT_MESSAGES}.0.", reply)
    model = reply.response_metadata.get("model_name") or reply.response_metadata.get("model")
    if model:
        attributes[SpanAttributes.LLM_MODEL_NAME] = str(model)
        attributes[SpanAttributes.LLM_PROVIDER] = "anthropic"
        attributes[SpanAttributes.LLM_SYSTEM] = "anthropic"
    usage = reply.usage_metadata
    if usage:
        details = usage.get("input_token_details", {})
        attributes |= {
            SpanAttributes.LLM_TOKEN_COUNT_PROMPT: usage["input_tokens"],
            SpanAttributes.LLM_TOKEN_COUNT_COMPLETION: usage["output_tokens"],
            SpanAttributes.LLM_TOKEN_COUNT_TOTAL: usage["total_tokens"],
            SpanAttributes.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ: details.get("cache_read", 0),
            SpanAttributes.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE: details.get(
                "cache_creation", 0
            ),
        }
    return attributes


def tokens_of(messages: Sequence[BaseMessage]) -> int:
    """Input and output tokens of every reply in a conversation."""
    usages = [m.usage_metadata for m in messages if isinstance(m, AIMessage) and m.usage_metadata]
    return sum(usage["total_tokens"] for usage in usages)


def _message(head: str, message: BaseMessage) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        head + MessageAttributes.MESSAGE_ROLE: _ROLES.get(message.type, message.type),
        head + MessageAttributes.MESSAGE_CONTENT: message.text,
    }
    if message.type == "tool":
        call_id = getattr(message, "tool_call_id", "")
        attributes[head + MessageAttributes.MESSAGE_TOOL_CALL_ID] = call_id
    if isinstance(message, AIMessage):
        attributes |= dict(_tool_calls(head, message))
    return attributes


def _tool_calls(head: str, message: AIMessage) -> Iterator[tuple[str, str]]:
    for index, call in enumerate(message.tool_calls):
        place = f"{head}{MessageAttributes.MESSAGE_TOOL_CALLS}.{index}."
        yield place + ToolCallAttributes.TOOL_CALL_ID, call["id"] or ""
        yield place + ToolCallAttributes.TOOL_CALL_FUNCTION_NAME, call["name"]
        arguments = json.dumps(call["args"], sort_keys=True)
        yield place + ToolCallAttributes.TOOL_CALL_FUNCTION_ARGUMENTS_JSON, arguments
