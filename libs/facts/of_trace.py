"""What a trace's spans say that its run knew."""

from typing import Any

from libs.contracts.api import TraceTree
from libs.contracts.attributes import FACTS
from libs.facts.plain_json import plain, read_json


def facts_of(tree: TraceTree) -> dict[str, Any]:
    """What rules could read: from the root span, else from the first span that says it.

    Raises `TooDeep`.
    """
    for span in sorted(tree.spans, key=lambda one: one.parent_span_id is not None):
        raw = span.attributes.get(FACTS)
        facts = plain(read_json(raw) if isinstance(raw, str) else raw)
        if isinstance(facts, dict):
            return facts
    return {}
