"""GenAI messages where older instrumentations put them, and events of every generation.

- `gen_ai.prompt.N.*` and `gen_ai.completion.N.*` (OpenLLMetry), `gen_ai.prompt` as one JSON text
- span events `gen_ai.{system,user,assistant,tool}.message` and `gen_ai.choice`; their content lies
  in `content`, in `message` or, as JSON, in `gen_ai.event.content`
- span events `gen_ai.content.prompt` and `gen_ai.content.completion`
- `gen_ai.client.inference.operation.details`: the current form, for content too large for a span
- `gen_ai.evaluation.result`: what an evaluator said of the span
"""

from typing import Any

import orjson

from libs.contracts.attributes import LOG_BODY
from services.traces.domain.normalise import fields, indexed
from services.traces.domain.normalise.messages import Message
from services.traces.domain.normalise.shapes import Shape
from services.traces.domain.span import SpanRow

Event = dict[str, Any]

DETAILS = "gen_ai.client.inference.operation.details"
EVALUATION = "gen_ai.evaluation.result"
CHOICE = "gen_ai.choice"
ROLES = {f"gen_ai.{role}.message": role for role in ("system", "user", "assistant", "tool")}
EVALUATION_FIELDS = {
    "name": "gen_ai.evaluation.name",
    "label": "gen_ai.evaluation.score.label",
    "score": "gen_ai.evaluation.score.value",
    "explanation": "gen_ai.evaluation.explanation",
    "response_id": "gen_ai.response.id",
}


def events_of(row: SpanRow) -> list[Event]:
    """GenAI events of a span: {name, attributes}."""
    if '"gen_ai.' not in row.events_json:
        return []
    return [e for e in orjson.loads(row.events_json) if e["name"].startswith("gen_ai.")]


def told(row: SpanRow, shape: Shape, events: list[Event]) -> list[Message] | None:
    """What the model was told."""
    found = _listed(row, shape, "gen_ai.prompt", "user")
    if found is None and events:
        found = _detailed(row, events, "gen_ai.input.messages", "user")
        if found is None:
            found = _from_events(row, events, ROLES)
        if found is None:
            found = _content(row, events, "gen_ai.content.prompt", "gen_ai.prompt", "user")
    return found


def said(row: SpanRow, shape: Shape, events: list[Event]) -> list[Message] | None:
    """What the model answered."""
    role = "assistant"
    found = _listed(row, shape, "gen_ai.completion", role)
    if found is None and events:
        found = _detailed(row, events, "gen_ai.output.messages", role)
        if found is None:
            found = _from_events(row, events, {CHOICE: role})
        if found is None:
            found = _content(row, events, "gen_ai.content.completion", "gen_ai.completion", role)
    return found


def read_evaluations(row: SpanRow, events: list[Event]) -> None:
    """`gen_ai.evaluation.result` events into `evaluations_json`."""
    results = [
        {
            field: event["attributes"][name]
            for field, name in EVALUATION_FIELDS.items()
            if name in event["attributes"]
        }
        for event in events
        if event["name"] == EVALUATION
    ]
    if results:
        row.evaluations_json = ""
        fields.keep(row, "evaluations_json", EVALUATION, results)


def from_event_list(row: SpanRow, name: str, found: Any) -> tuple[list[Message], list[Message]]:
    """Told and said, from events written as one JSON list (Pydantic AI before version 2)."""
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        fields.flag(row, name)
        return [], []
    events = [{"name": item.get("event.name", ""), "attributes": item} for item in found]
    asked = _from_events(row, events, ROLES) or []
    answered = _from_events(row, events, {CHOICE: "assistant"}) or []
    return asked, answered


def _listed(row: SpanRow, shape: Shape, root: str, role: str) -> list[Message] | None:
    if root in shape.lists:
        values = indexed.values(shape.lists[root], row.attributes)
        for value in values:
            value["content"] = fields.loose(value.get("content"))
        return fields.readable(row, root, values, role)
    if root in row.attributes:
        return fields.readable(row, root, fields.loose(row.attributes[root]), role)
    return None


def _detailed(row: SpanRow, events: list[Event], name: str, role: str) -> list[Message] | None:
    for event in events:
        if event["name"] == DETAILS and name in event["attributes"]:
            return fields.readable(row, name, fields.loose(event["attributes"][name]), role)
    return None


def _content(
    row: SpanRow, events: list[Event], event_name: str, name: str, role: str
) -> list[Message] | None:
    for event in events:
        if event["name"] == event_name and name in event["attributes"]:
            return fields.readable(row, event_name, fields.loose(event["attributes"][name]), role)
    return None


def _from_events(row: SpanRow, events: list[Event], roles: dict[str, str]) -> list[Message] | None:
    messages: list[Message] = []
    for event in events:
        role = roles.get(event["name"])
        if role is None:
            continue
        message = _message(event["attributes"], role)
        messages.extend(fields.readable(row, event["name"], message, role) or [])
    return messages or None


def _message(attributes: Event, role: str) -> Any:
    """The message in an event, wherever its writer put it."""
    body = fields.loose(attributes.get("gen_ai.event.content", attributes.get(LOG_BODY)))
    if body is None and "message" in attributes:
        body = fields.loose(attributes["message"])
    if isinstance(body, dict) and isinstance(body.get("message"), dict):
        body = {**body["message"], "finish_reason": body.get("finish_reason")}
    if isinstance(body, list | str):
        body = {"content": body}
    if body is None:
        body = {key: fields.loose(value) for key, value in attributes.items()}
    message = {"role": role, **body}
    if "finish_reason" in attributes:
        message.setdefault("finish_reason", attributes["finish_reason"])
    if role == "tool" and "tool_call_id" not in message:
        message["tool_call_id"] = message.get("id")
    return message
