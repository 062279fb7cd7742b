"""Asking Claude for an answer of a given type."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import anthropic
from pydantic import BaseModel, ValidationError

from libs.llm.budget import Budget
from libs.llm.errors import LlmError
from libs.llm.recording import Recording
from libs.llm.settings import LlmSettings

T = TypeVar("T", bound=BaseModel)
ANSWER_TOOL = "answer"
REPAIRS_MAX = 2
Message = dict[str, Any]


@dataclass(frozen=True)
class Answer(Generic[T]):
    """`model` is the one that answered, as it names itself."""

    value: T
    model: str
    tokens: int


class Claude:
    """One piece of work: all its calls share one budget. Close it when the work is done."""

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self.budget = Budget(settings.calls_max, settings.tokens_max)
        folder = settings.replies_dir
        if settings.replies != "live" and folder is None:
            raise LlmError(f"replies are to be {settings.replies}ed: set PAWL_LLM_REPLIES_DIR")
        self._recording = Recording(folder) if folder is not None else None
        self._client = anthropic.AsyncAnthropic(
            # A local gateway needs no key, the client insists on one.
            api_key=settings.api_key.get_secret_value() or "none",
            base_url=settings.base_url or None,
            timeout=settings.timeout_seconds,
            max_retries=settings.retries_max,
        )

    async def close(self) -> None:
        await self._client.close()

    async def ask(self, system: str, messages: Sequence[Message], kind: type[T]) -> Answer[T]:
        """An answer of type `kind`; what does not validate goes back to the model, twice at most.

        Raises `LlmError`; `BudgetSpent` and `ReplyMissing` are such.
        """
        said = [dict(one) for one in messages]
        spent = 0
        for _ in range(REPAIRS_MAX + 1):
            reply = await self._reply(self._request(system, said, kind))
            spent += _tokens(reply)
            given = _given(reply)
            try:
                return Answer(kind.model_validate(given), str(reply.get("model", "")), spent)
            except ValidationError as error:
                last = error
                said += _repair(reply, error)
        raise LlmError(f"no valid {kind.__name__} after {REPAIRS_MAX + 1} tries: {last}")

    def _request(self, system: str, messages: list[Message], kind: type[T]) -> dict[str, Any]:
        tool = {
            "name": ANSWER_TOOL,
            "description": kind.__doc__ or "Give the answer.",
            "input_schema": kind.model_json_schema(),
        }
        return {
            "model": self._settings.model,
            "max_tokens": self._settings.output_tokens_max,
            "system": system,
            "messages": messages,
            "tools": [tool],
            "tool_choice": {"type": "tool", "name": ANSWER_TOOL},
        }

    async def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        self.budget.begin()
        recording = self._recording
        if self._settings.replies == "replay" and recording is not None:
            return await asyncio.to_thread(recording.find, request)
        try:
            answer = await self._client.messages.create(**request)
        except anthropic.AnthropicError as error:
            raise LlmError(f"Claude could not be asked: {error}") from error
        reply: dict[str, Any] = answer.model_dump(mode="json")
        self.budget.spend(_tokens(reply))
        if self._settings.replies == "record" and recording is not None:
            await asyncio.to_thread(recording.keep, request, reply)
        return reply


def _tokens(reply: dict[str, Any]) -> int:
    used = reply.get("usage") or {}
    names = (
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    )
    return sum(int(used.get(name) or 0) for name in names)


def _tool_use(reply: dict[str, Any]) -> dict[str, Any] | None:
    for block in reply.get("content") or []:
        if block.get("type") == "tool_use" and block.get("name") == ANSWER_TOOL:
            return cast(dict[str, Any], block)
    return None


def _given(reply: dict[str, Any]) -> Any:
    """What the model put into the answer; an answer that was cut off is none."""
    block = _tool_use(reply)
    return (
        block["input"] if block is not None and reply.get("stop_reason") != "max_tokens" else None
    )


def _repair(reply: dict[str, Any], error: ValidationError) -> list[Message]:
    """The model's reply and what is wrong with it."""
    told = "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'answer'}: {item['msg']}"
        for item in error.errors()[:10]
    )
    text = f"That is not a valid answer: {told}. Call `{ANSWER_TOOL}` again, with all fields."
    block = _tool_use(reply)
    if block is None:
        said = [one for one in reply.get("content") or [] if one.get("type") == "text"]
        reply_text = " ".join(one["text"] for one in said) or "(no answer)"
        return [
            {"role": "assistant", "content": reply_text},
            {"role": "user", "content": text},
        ]
    used = {key: block[key] for key in ("type", "id", "name", "input")}
    result = {"type": "tool_result", "tool_use_id": block["id"], "content": text, "is_error": True}
    return [
        {"role": "assistant", "content": [used]},
        {"role": "user", "content": [result]},
    ]
