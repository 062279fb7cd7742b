"""Messages of every provider and family into one form.

`{role, content, name?, tool_calls?: [{id, name, arguments}], tool_call_id?, parts?}`: `content` is
the text, `arguments` is JSON text, `parts` is there when a message holds more than text and tools.
A tool's answer is a message of its own with the role `tool`, as OpenInference and OpenAI have it.
"""

from collections.abc import Iterable
from typing import Any

from services.traces.domain.normalise.values import json_text

Message = dict[str, Any]

TEXT_TYPES = frozenset({"text", "input_text", "output_text"})
CALL_TYPES = frozenset({"tool_call", "tool_use", "tool-call", "function_call", "server_tool_use"})
ANSWER_TYPES = frozenset(
    {"tool_call_response", "tool_result", "tool-result", "function_call_output"}
)
ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool"}


class UnreadableError(Exception):
    """Not a message in any known form."""


def canonical(found: Any, role: str = "user") -> list[Message]:
    """Messages from a list of them, one of them, or plain text; raise `UnreadableError`."""
    if isinstance(found, str):
        return [{"role": role, "content": found}]
    if isinstance(found, dict):
        found = found["messages"] if isinstance(found.get("messages"), list) else [found]
    if not isinstance(found, list):
        raise UnreadableError
    messages: list[Message] = []
    for item in found:
        if isinstance(item, str):
            messages.append({"role": role, "content": item})
        elif isinstance(item, dict):
            messages.extend(_message(item, role))
        else:
            raise UnreadableError
    return messages


def _message(item: dict[str, Any], role: str) -> Iterable[Message]:
    """One message; its tool answers come out as messages before it."""
    parts = item.get("parts")
    if parts is None:
        parts = item.get("contents")
    content = item.get("content")
    if parts is None and isinstance(content, list):
        parts, content = content, None
    if parts is not None and not isinstance(parts, list):
        raise UnreadableError
    said = str(item.get("role") or item.get("type") or role)
    message: Message = {"role": ROLES.get(said, said)}
    answers: list[Message] = []
    calls = [_call(call) for call in _list(item.get("tool_calls") or item.get("toolCalls"))]
    if parts is not None:
        _read_parts(parts, message, calls, answers)
    if content is not None:
        message["content"] = content if isinstance(content, str) else json_text(content)
    _rest(item, message, calls)
    if not answers or len(message) > 1:
        answers.append(message)
    return answers


def _read_parts(
    parts: list[Any], message: Message, calls: list[Message], answers: list[Message]
) -> None:
    texts: list[str] = []
    shown: list[Any] = []
    known = {call["id"] for call in calls if call["id"]}
    plain = True
    for part in parts:
        kind, text = _kind_and_text(part)
        if kind in CALL_TYPES:
            call = _call(part)
            if call["id"] not in known:
                calls.append(call)
        elif kind in ANSWER_TYPES:
            answers.append(_answer(part))
        elif kind in TEXT_TYPES and text is not None:
            texts.append(text)
            shown.append({"type": "text", "text": text})
        else:
            plain = False
            shown.append(_part(part))
    if texts:
        message["content"] = "\n".join(texts)
    if not plain:
        message["parts"] = shown


def _part(part: Any) -> Any:
    """OpenInference says `image.image.url` for the url of an image part."""
    if not isinstance(part, dict):
        return part
    return {key.rpartition(".")[2]: value for key, value in part.items()}


def _kind_and_text(part: Any) -> tuple[str, str | None]:
    if isinstance(part, str):
        return "text", part
    if not isinstance(part, dict):
        return "", None
    text = part.get("text")
    if text is None:
        text = part.get("content")
    return str(part.get("type") or ("text" if "text" in part else "")), (
        text if isinstance(text, str) else None
    )


def _rest(item: dict[str, Any], message: Message, calls: list[Message]) -> None:
    if calls:
        message["tool_calls"] = calls
    call_id = item.get("tool_call_id") or item.get("toolCallId") or item.get("tool_use_id")
    if call_id:
        message["tool_call_id"] = str(call_id)
    if item.get("name"):
        message["name"] = str(item["name"])
    if function := item.get("function_call_name"):
        arguments = text_of(item.get("function_call_arguments_json"))
        message["tool_calls"] = [{"id": "", "name": str(function), "arguments": arguments}]
    if reason := item.get("finish_reason"):
        message["finish_reason"] = str(reason)


def _call(part: Any) -> Message:
    """A tool call of any provider."""
    if not isinstance(part, dict):
        raise UnreadableError
    function = part.get("function")
    inner = function if isinstance(function, dict) else part
    name = inner.get("name") or inner.get("toolName") or inner.get("tool_name") or ""
    arguments = next(
        (inner[key] for key in ("arguments", "args", "input") if inner.get(key) is not None), None
    )
    call_id = part.get("id") or part.get("toolCallId") or part.get("call_id") or ""
    return {"id": str(call_id), "name": str(name), "arguments": text_of(arguments)}


def _answer(part: dict[str, Any]) -> Message:
    """What a tool gave back."""
    call_id = next(
        (part[key] for key in ("tool_use_id", "toolCallId", "call_id", "id") if part.get(key)), ""
    )
    content = next(
        (
            part[key]
            for key in ("response", "result", "content", "output")
            if part.get(key) is not None
        ),
        "",
    )
    message = {"role": "tool", "content": _answer_text(content), "tool_call_id": str(call_id)}
    if name := part.get("name") or part.get("toolName"):
        message["name"] = str(name)
    return message


def _answer_text(content: Any) -> str:
    """Text of an answer; Anthropic and Vercel may wrap it in typed parts."""
    if isinstance(content, dict) and content.get("type") in ("text", "json") and "value" in content:
        content = content["value"]
    if isinstance(content, list) and content:
        texts = [_kind_and_text(part) for part in content]
        if all(kind in TEXT_TYPES and text is not None for kind, text in texts):
            return "\n".join(text for _, text in texts if text is not None)
    return text_of(content)


def text_of(value: Any) -> str:
    """Text as it is, anything else as JSON, nothing as empty."""
    if isinstance(value, str):
        return value
    return "" if value is None else json_text(value)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnreadableError
    return value


def shown(messages: list[Message], as_json: str) -> str:
    """One plain message as its text, anything more as JSON: what `input` and `output` hold."""
    told = [message for message in messages if message.get("role") != "system"]
    if len(told) == 1 and not told[0].keys() - {"role", "content", "finish_reason", "name"}:
        content = told[0].get("content")
        if isinstance(content, str):
            return content
    return as_json
