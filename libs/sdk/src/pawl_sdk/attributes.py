"""Names of span attributes that this SDK writes: OpenInference's, and Pawl's own."""

AGENT = "pawl.agent"
CONFIG_DIGEST = "pawl.config.digest"
CONFIG_GENERATION = "pawl.config.generation"
FACTS = "pawl.facts"
RULES_FIRED = "pawl.rules.fired"

PROJECT = "openinference.project.name"
SPAN_KIND = "openinference.span.kind"
INPUT = "input.value"
INPUT_TYPE = "input.mime_type"
OUTPUT = "output.value"
OUTPUT_TYPE = "output.mime_type"
SESSION = "session.id"
USER = "user.id"
JSON_TYPE = "application/json"

VALUE_CHARS_MAX = 1_000_000
"""Of one value. Its span then stays below what the platform takes (16 MiB a span)."""


def shortened(text: str) -> str:
    """At most `VALUE_CHARS_MAX` characters, with a mark where it was cut."""
    if len(text) <= VALUE_CHARS_MAX:
        return text
    mark = f"... (cut: {len(text)} characters)"
    return text[: VALUE_CHARS_MAX - len(mark)] + mark
