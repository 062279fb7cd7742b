"""MLflow tracing: every attribute is JSON text, a plain string too (`"TOOL"` with its quotes).

Inputs and outputs of a model call are the request and response of its API. `mlflow.chat.tokenUsage`
holds cached tokens inside `input_tokens`, for Anthropic too.
"""

from services.traces.domain.normalise import fields, payloads, tools, usage
from services.traces.domain.normalise.messages import text_of
from services.traces.domain.normalise.shapes import Family, Shape
from services.traces.domain.span import SpanRow

KINDS = {
    "CHAT_MODEL": "LLM",
    "PARSER": "CHAIN",
    "MEMORY": "CHAIN",
    "WORKFLOW": "CHAIN",
    "TASK": "CHAIN",
}
TEXTS = (("provider", ("mlflow.llm.provider",)), ("model", ("mlflow.llm.model",)))
INPUTS, OUTPUTS = "mlflow.spanInputs", "mlflow.spanOutputs"
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
    asked = fields.loose(row.attributes.get(INPUTS))
    answered = fields.loose(row.attributes.get(OUTPUTS))
    row.input = row.input or (asked if isinstance(asked, str) else fields.text(row, INPUTS))
    row.output = row.output or (
        answered if isinstance(answered, str) else fields.text(row, OUTPUTS)
    )
    if row.kind == "LLM":
        fields.keep_told(row, INPUTS, payloads.told(asked))
        fields.keep_said(row, OUTPUTS, payloads.said(answered))
    elif row.kind == "RETRIEVER" and isinstance(answered, list):
        documents = [tools.document(item) for item in answered]
        fields.keep(row, "documents_json", OUTPUTS, documents)
    elif row.kind == "TOOL":
        function = fields.loose(row.attributes.get("mlflow.spanFunctionName"))
        row.tool_name = row.tool_name or text_of(function) or row.name
    if "mlflow.chat.tokenUsage" in names:
        _usage(row)
    if "mlflow.chat.tools" in names:
        tools.keep(row, "mlflow.chat.tools", row.attributes["mlflow.chat.tools"])
    if "mlflow.llm.cost" in names:
        cost = fields.parsed(row, "mlflow.llm.cost")
        if isinstance(cost, dict) and "total_cost" in cost:
            row.cost_usd = fields.money(row, "mlflow.llm.cost", cost["total_cost"])


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


FAMILY = Family("mlflow", ("mlflow.",), fill, TEXTS)
