"""The OpenAI API: chat completions (also streamed) and embeddings."""

import json
from collections.abc import Iterator
from typing import Any

from libs.testkit.fake_providers.reply import Reply

CREATED = 1_760_000_000


def error_body(reply: Reply) -> dict[str, Any]:
    """The error envelope of the OpenAI API."""
    kind = "rate_limit_exceeded" if reply.status == 429 else "server_error"
    return {"error": {"message": reply.error, "type": kind, "param": None, "code": kind}}


def completion(reply: Reply, body: dict[str, Any], number: int) -> dict[str, Any]:
    """A whole `ChatCompletion`."""
    answer: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.tools:
        answer["tool_calls"] = _tool_calls(reply)
    choice = {"index": 0, "message": answer, "finish_reason": _finish(reply)}
    return {**_head(body, number, "chat.completion"), "choices": [choice], "usage": _usage(reply)}


def chunks(reply: Reply, body: dict[str, Any], number: int) -> Iterator[bytes]:
    """The same as server-sent events; usage comes last when `stream_options` asks for it."""
    head = _head(body, number, "chat.completion.chunk")
    half = len(reply.text) // 2
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": part} for part in (reply.text[:half], reply.text[half:]) if part]
    if reply.tools:
        calls = [{"index": i, **call} for i, call in enumerate(_tool_calls(reply))]
        deltas.append({"tool_calls": calls})
    for delta in deltas:
        yield _data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    last = {"index": 0, "delta": {}, "finish_reason": _finish(reply)}
    yield _data({**head, "choices": [last]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _data({**head, "choices": [], "usage": _usage(reply)})
    yield b"data: [DONE]\n\n"


def embeddings(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """One vector of four numbers an input."""
    inputs = body.get("input", "")
    count = 1 if isinstance(inputs, str) else len(inputs)
    data = [
        {"object": "embedding", "index": i, "embedding": [0.25, -0.5, 0.75, 1.0]}
        for i in range(count)
    ]
    usage = {"prompt_tokens": reply.usage.input, "total_tokens": reply.usage.input}
    return {"object": "list", "model": body.get("model"), "data": data, "usage": usage}


def _head(body: dict[str, Any], number: int, kind: str) -> dict[str, Any]:
    model = body.get("model", "gpt-4o-mini")
    return {"id": f"chatcmpl-{number:06d}", "object": kind, "created": CREATED, "model": model}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.finish == "tool" else "stop"


def _tool_calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {
            "id": call_id,
            "type": "function",
            "function": {"name": tool.name, "arguments": json.dumps(tool.input)},
        }
        for call_id, tool in reply.called()
    ]


def _usage(reply: Reply) -> dict[str, Any]:
    # OpenAI's prompt_tokens holds cached tokens too.
    used = reply.usage
    return {
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.input + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cache_read},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning},
    }


def _data(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()
