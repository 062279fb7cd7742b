"""Logfire and Pydantic AI: GenAI names, and a few of their own.

Pydantic AI writes current GenAI names; its agent span has `pydantic_ai.all_messages`, before
version 2 lists of events in `events` and `all_messages_events`. Logfire's own OpenAI and Anthropic
instrumentations keep `request_data` and `response_data`. Input tokens hold cached ones.
An agent's span may carry the sum of its calls as `gen_ai.usage.*`: the GenAI family leaves it out.
"""

from services.traces.domain.normalise import fields, genai_older, payloads
from services.traces.domain.normalise.genai import KINDS, system_message
from services.traces.domain.normalise.messages import Message
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.span import SpanRow

PREFIXES = (
    "logfire.",
    "pydantic_ai.",
    "all_messages_events",
    "model_request_parameters",
    "request_data",
)
ALL_MESSAGES = "pydantic_ai.all_messages"
TEXTS = (
    ("agent", ("gen_ai.agent.name", "agent_name")),
    ("model", ("gen_ai.response.model", "gen_ai.request.model", "model_name")),
)


def fill(row: SpanRow, shape: Shape) -> None:
    """Logfire and Pydantic AI attributes into columns."""
    names = shape.names
    if row.kind == "UNKNOWN":
        row.kind = KINDS.get(str(row.attributes.get("gen_ai.operation.name")), "UNKNOWN")
    if row.kind == "UNKNOWN" and not names.isdisjoint({"all_messages_events", ALL_MESSAGES}):
        row.kind = "AGENT"
    if "tool_arguments" in names or "tool_response" in names:
        row.kind = "TOOL" if row.kind == "UNKNOWN" else row.kind
        row.input = row.input or fields.text(row, "tool_arguments")
        row.output = row.output or fields.text(row, "tool_response")
    if ALL_MESSAGES in names:
        _all_messages(row)
    for name in ("all_messages_events", "events"):
        if name in names and not row.messages_input_json:
            _keep(row, name, *genai_older.from_event_list(row, name, fields.parsed(row, name)))
    if "request_data" in names:
        _request(row)
    if "final_result" in names:
        row.output = fields.text(row, "final_result")
    if "operation.cost" in names:
        row.cost_usd = fields.money(row, "operation.cost", row.attributes["operation.cost"])


def _all_messages(row: SpanRow) -> None:
    """The run's messages: what came after the last one from outside is the answer."""
    found = fields.messages(row, ALL_MESSAGES, "user")
    if not found:
        return
    end = len(found)
    while end and found[end - 1]["role"] == "assistant":
        end -= 1
    system = system_message(row)
    _keep(row, ALL_MESSAGES, [*([system] if system else []), *found[:end]], found[end:])


def _request(row: SpanRow) -> None:
    request, response = fields.parsed(row, "request_data"), fields.parsed(row, "response_data")
    _keep(row, "request_data", payloads.told(request) or [], payloads.said(response) or [])
    if row.model is None and isinstance(request, dict) and isinstance(request.get("model"), str):
        row.model = request["model"]
    if row.kind == "UNKNOWN" and row.messages_input_json:
        row.kind = "LLM"


def _keep(row: SpanRow, part: str, told: list[Message], said: list[Message]) -> None:
    fields.keep_told(row, part, told)
    fields.keep_said(row, part, said)


FAMILY = Family("logfire", PREFIXES, fill, TEXTS)
