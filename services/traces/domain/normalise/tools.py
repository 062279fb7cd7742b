"""Tool definitions and documents of every family into one form each."""

from functools import lru_cache
from typing import Any

from services.traces.domain.normalise import fields
from services.traces.domain.normalise.values import json_text
from services.traces.domain.span import SpanRow

REMEMBERED_CHARS_MAX = 50_000
COLUMN = "tools_json"


def keep(row: SpanRow, part: str, found: Any) -> None:
    """A list of definitions, as values or as JSON texts, into the row's tools."""
    if row.tools_json:
        return
    if isinstance(found, str) and len(found) <= REMEMBERED_CHARS_MAX:
        row.tools_json = _of_text(found)
        if not row.tools_json:
            fields.flag(row, part)
        return
    found = fields.loose(found)
    if isinstance(found, list):
        fields.keep(row, COLUMN, part, [definition(fields.loose(item)) for item in found])
    else:
        fields.flag(row, part)


def keep_schemas(row: SpanRow, part: str, schemas: list[Any]) -> None:
    """Definitions that came one by one, as JSON texts or as values."""
    texts = tuple(schemas)
    if all(type(text) is str for text in texts) and sum(map(len, texts)) <= REMEMBERED_CHARS_MAX:
        row.tools_json = _of_schemas(texts)
    else:
        fields.keep(row, COLUMN, part, [definition(fields.loose(schema)) for schema in schemas])


# Every call of an agent offers the same tools: read them once.


@lru_cache(maxsize=256)
def _of_text(text: str) -> str:
    found = fields.loose(text)
    if not isinstance(found, list):
        return ""
    try:
        return json_text([definition(fields.loose(item)) for item in found])
    except TypeError:  # nested too deep for JSON
        return ""


@lru_cache(maxsize=256)
def _of_schemas(schemas: tuple[str, ...]) -> str:
    try:
        return json_text([definition(fields.loose(schema)) for schema in schemas])
    except TypeError:
        return json_text(schemas)


def definition(schema: Any) -> Any:
    """A tool as OpenAI, Anthropic, OTel or Vercel define one; anything else as it is."""
    if not isinstance(schema, dict):
        return schema
    inner = schema.get("function")
    inner = inner if isinstance(inner, dict) else schema
    if not inner.get("name"):
        return schema
    parameters = next(
        (inner[k] for k in ("parameters", "input_schema", "inputSchema") if inner.get(k)), None
    )
    told = {"name": inner["name"], "description": inner.get("description")}
    return {k: v for k, v in {**told, "parameters": parameters}.items() if v is not None}


def document(found: Any) -> Any:
    """A LangChain document under the names that OpenInference uses; anything else as it is."""
    if not isinstance(found, dict) or "page_content" not in found:
        return found
    told = {"id": found.get("id"), "content": found["page_content"]}
    told["metadata"] = found.get("metadata")
    return {key: value for key, value in told.items() if value is not None}
