"""The Anthropic Messages API: bodies and server-sent events."""

import json
from collections.abc import Iterator
from typing import Any

from libs.testkit.fake_providers.reply import Reply

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


def error_body(reply: Reply) -> dict[str, Any]:
    """The error envelope of the Messages API."""
    kind = ERROR_TYPES.get(reply.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": reply.error}}


def last_user_text(body: dict[str, Any]) -> str:
    """Text of the last user message, for the reply when nothing is scripted."""
    for message in reversed(body.get("messages", [])):
        if message.get("role") != "user":
            continue
        content = message.get("content")
        if isinstance(content, str):
            return content
        return " ".join(part.get("text", "") for part in content if part.get("type") == "text")
    return ""


def message(reply: Reply, body: dict[str, Any], number: int) -> dict[str, Any]:
    """A whole `Message`."""
    return {
        "id": f"msg_{number:06d}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", "claude-sonnet-4-5"),
        "content": _blocks(reply),
        "stop_reason": "tool_use" if reply.finish == "tool" else "end_turn",
        "stop_sequence": None,
        "usage": _usage(reply),
    }


def stream(reply: Reply, body: dict[str, Any], number: int) -> Iterator[bytes]:
    """The same message as server-sent events, text in two deltas."""
    whole = message(reply, body, number)
    started = {**whole, "content": [], "stop_reason": None}
    started["usage"] = {**whole["usage"], "output_tokens": 1}
    yield _event("message_start", message=started)
    for index, block in enumerate(whole["content"]):
        yield from _block_events(index, block)
    yield _event(
        "message_delta",
        delta={"stop_reason": whole["stop_reason"], "stop_sequence": None},
        usage={"output_tokens": reply.usage.output},
    )
    yield _event("message_stop")


def _blocks(reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    for call_id, tool in reply.called():
        blocks.append({"type": "tool_use", "id": call_id, "name": tool.name, "input": tool.input})
    return blocks


def _usage(reply: Reply) -> dict[str, Any]:
    # Anthropic's input_tokens leaves cached tokens out.
    used = reply.usage
    return {
        "input_tokens": used.input - used.cache_read - used.cache_write,
        "cache_read_input_tokens": used.cache_read,
        "cache_creation_input_tokens": used.cache_write,
        "output_tokens": used.output,
        "service_tier": "standard",
    }


def _block_events(index: int, block: dict[str, Any]) -> Iterator[bytes]:
    if block["type"] == "text":
        text = block["text"]
        empty: dict[str, Any] = {"type": "text", "text": ""}
        half = len(text) // 2
        deltas = [{"type": "text_delta", "text": part} for part in (text[:half], text[half:])]
    else:
        empty = {**block, "input": {}}
        written = json.dumps(block["input"])
        deltas = [{"type": "input_json_delta", "partial_json": written}]
    yield _event("content_block_start", index=index, content_block=empty)
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
