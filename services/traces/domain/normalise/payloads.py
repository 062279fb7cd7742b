"""Messages in whole requests and responses of model APIs, as some families record them."""

from typing import Any

from services.traces.domain.normalise.messages import Message, UnreadableError, canonical


def told(request: Any) -> list[Message] | None:
    """Messages of a request: OpenAI (chat and responses), Anthropic, LangChain, or a bare list."""
    if isinstance(request, list) and request and all(_is_message(item) for item in request):
        return _read(request, "user")
    if not isinstance(request, dict):
        return None
    messages = request.get("messages", request.get("input"))
    if isinstance(messages, list) and messages and isinstance(messages[0], list):
        messages = messages[0]  # LangChain: one list a prompt
    if not isinstance(messages, list | str):
        return None
    found = _read(messages, "user")
    system = request.get("system") or request.get("instructions")
    if found is not None and system:
        found = [*(_read([{"role": "system", "content": system}], "system") or []), *found]
    return found


def said(response: Any) -> list[Message] | None:
    """Messages of a response: OpenAI (chat and responses), Anthropic, or a message itself."""
    if isinstance(response, list) and response and all(_is_message(item) for item in response):
        return _read(response, "assistant")
    if not isinstance(response, dict):
        return None
    choices = response.get("choices")
    if isinstance(choices, list):
        chosen = [choice.get("message") for choice in choices if isinstance(choice, dict)]
        return _read([message for message in chosen if message], "assistant")
    if isinstance(response.get("message"), dict):
        return _read(response["message"], "assistant")
    if isinstance(response.get("output"), list):
        return _read([item for item in response["output"] if _is_message(item)], "assistant")
    return _read(response, "assistant") if _is_message(response) else None


def _is_message(item: Any) -> bool:
    return isinstance(item, dict) and "role" in item and ("content" in item or "parts" in item)


def _read(found: Any, role: str) -> list[Message] | None:
    try:
        return canonical(found, role) or None
    except UnreadableError:
        return None
