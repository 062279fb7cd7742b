"""MLflow tracing: every attribute is JSON text, a plain string too (`"TOOL"` with its quotes).

Inputs and outputs of a model call are the request and response of its API. `mlflow.chat.tokenUsage`
holds cached tokens inside `input_tokens`, for Anthropic too.
"""

from typing import Any

from services.traces.domain.normalise import fields, payloads, usage
from services.traces.domain.normalise.messages import text_of
from services.traces.domain.normalise.openinference import tool
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.normalise.values import json_text
from services.traces.domain.span import SpanRow

KINDS = {
    "CHAT_MODEL": "LLM",
    "PARSER": "CHAIN",
    "MEMORY": "CHAIN",
    "WORKFLOW": "CHAIN",
    "TASK": "CHAIN",
}
TEXTS = (("provider", ("mlflow.llm.provider",)), ("model", ("mlflow.llm.model",)))
QUOTED_COLUMNS = ("provider", "model", "session_id", "user_id")


def fill(row: SpanRow, shape: Shape) -> None:
    """MLflow attributes into columns."""
    names = shape.names
    for column in QUOTED_COLUMNS:
        if (value := getattr(row, column)) is not None and value.startswith('"'):
            setattr(row, column, text_of(fields.loose(value)))
    kind = fields.loose(row.attributes.get("mlflow.spanType"))
    if isinstance(kind, str):
        fields.kind(row, "mlflow.spanType", KINDS.get(kind, kind))
    asked = fields.loose(row.attributes.get("mlflow.spanInputs"))
    answered = fields.loose(row.attributes.get("mlflow.spanOutputs"))
    row.input = row.input or (None if asked is None else text_of(asked))
    row.output = row.output or (None if answered is None else text_of(answered))
    if row.kind == "LLM":
        _messages(row, asked, answered)
    elif row.kind == "RETRIEVER" and isinstance(answered, list):
        row.documents_json = json_text([_document(item) for item in answered])
    elif row.kind == "TOOL":
        function = fields.loose(row.attributes.get("mlflow.spanFunctionName"))
        row.tool_name = row.tool_name or text_of(function) or row.name
    if "mlflow.chat.tokenUsage" in names:
        _usage(row)
    if "mlflow.chat.tools" in names:
        found = fields.parsed(row, "mlflow.chat.tools")
        if isinstance(found, list):
            row.tools_json = json_text([tool(item) for item in found])
    if "mlflow.llm.cost" in names:
        cost = fields.parsed(row, "mlflow.llm.cost")
        if isinstance(cost, dict) and "total_cost" in cost:
            row.cost_usd = fields.money(row, "mlflow.llm.cost", cost["total_cost"])


def _messages(row: SpanRow, asked: Any, answered: Any) -> None:
    if told := payloads.told(asked):
        row.messages_input_json = json_text(told)
    if said := payloads.said(answered):
        row.messages_output_json = json_text(said)


def _usage(row: SpanRow) -> None:
    name = "mlflow.chat.tokenUsage"
    found = fields.parsed(row, name)
    if not isinstance(found, dict):
        fields.flag(row, name)
        return

    def of(key: str) -> int | None:
        return None if found.get(key) is None else fields.tokens(row, name, found[key])

    usage.fill(
        row,
        total_input=of("input_tokens"),
        output=of("output_tokens"),
        cache_read=of("cache_read_input_tokens"),
        cache_write=of("cache_creation_input_tokens"),
    )


def _document(item: Any) -> Any:
    """A LangChain document under the names that OpenInference uses."""
    if not isinstance(item, dict) or "page_content" not in item:
        return item
    told = {"id": item.get("id"), "content": item["page_content"], "metadata": item.get("metadata")}
    return {key: value for key, value in told.items() if value is not None}


FAMILY = Family("mlflow", ("mlflow.",), fill, TEXTS)
