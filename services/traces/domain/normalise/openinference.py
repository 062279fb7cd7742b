"""OpenInference: the canonical names."""

from services.traces.domain.span import SpanRow


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def apply(row: SpanRow) -> None:
    """Fill the row from OpenInference attributes."""
    get = row.attributes.get
    row.kind = (_text(get("openinference.span.kind")) or "UNKNOWN").upper()
    row.session_id = _text(get("session.id"))
    row.user_id = _text(get("user.id"))
    row.model = _text(get("llm.model_name"))
    row.provider = _text(get("llm.provider"))
    row.tokens_input = _count(get("llm.token_count.prompt"))
    row.tokens_output = _count(get("llm.token_count.completion"))
    row.tokens_cache_read = _count(get("llm.token_count.prompt_details.cache_read"))
    row.tokens_cache_write = _count(get("llm.token_count.prompt_details.cache_write"))
    row.input = _text(get("input.value"))
    row.output = _text(get("output.value"))
