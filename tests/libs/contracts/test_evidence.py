"""Which evidence is enough depends on what is touched, and the answer says so in words."""

from typing import Any

import pytest

from libs.contracts.evidence import (
    EvidencePolicy,
    kinds_that_suffice,
    needs_exact,
    parts_touched,
)

DEFAULT = EvidencePolicy()
RULE: dict[str, Any] = {"op": "add_rule", "rule": {"id": "r"}, "before": None}
DROP: dict[str, Any] = {"op": "remove_rule", "rule_id": "r"}
TOOL: dict[str, Any] = {"op": "set_context", "name": "vendors", "key": "x", "value": {}}
PROMPT: dict[str, Any] = {
    "op": "replace_text",
    "path": "prompts/system.md",
    "before": "a",
    "after": "b",
}
MODEL: dict[str, Any] = {"op": "set_parameter", "path": "model", "value": "x"}
LIMIT: dict[str, Any] = {"op": "set_parameter", "path": "limits.tool_calls", "value": 9}
GUARD: dict[str, Any] = {"op": "replace_text", "path": "agent.yaml", "before": "a", "after": "b"}
JUDGE: dict[str, Any] = {
    "op": "replace_text",
    "path": "evaluators/tone.yaml",
    "before": "",
    "after": "b",
}
RULES_TEXT: dict[str, Any] = {
    "op": "replace_text",
    "path": "rules.yaml",
    "before": "a",
    "after": "b",
}


@pytest.mark.parametrize("edits", [[RULE], [DROP], [TOOL], [RULE, TOOL, DROP], [RULES_TEXT]])
def test_rules_and_context_may_change_on_either_kind(edits: list[dict[str, Any]]) -> None:
    assert kinds_that_suffice(edits, DEFAULT) == {"exact", "procedure"}
    assert needs_exact(edits, DEFAULT) is None


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([PROMPT], "this change edits the prompt: it needs exact evidence"),
        ([RULE, MODEL], "this change edits the model: it needs exact evidence"),
        ([LIMIT, JUDGE], "edits a limit and an evaluator: it"),
        ([GUARD], "edits agent.yaml: it"),
        ([{"op": "move_mountains"}], "edits agent.yaml: it"),
        ([], "edits nothing: it"),
    ],
)
def test_anything_else_needs_exact_evidence_and_says_why(
    edits: list[dict[str, Any]], words: str
) -> None:
    assert kinds_that_suffice(edits, DEFAULT) == {"exact"}
    assert words in (needs_exact(edits, DEFAULT) or "")


def test_a_policy_may_be_stricter_or_wider() -> None:
    assert kinds_that_suffice([RULE], EvidencePolicy.parse("")) == {"exact"}
    wide = EvidencePolicy.parse("rules, prompts")
    assert "procedure" in kinds_that_suffice([RULE, PROMPT], wide)
    assert needs_exact([TOOL], wide) == (
        "this change edits what a tool says: it needs exact evidence"
    )


def test_a_policy_with_a_part_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="promts: expected some of rules, context, prompts"):
        EvidencePolicy.parse("rules,promts")


def test_parts_come_once_each_in_order() -> None:
    assert parts_touched([PROMPT, RULE, DROP, TOOL]) == ("prompts", "rules", "context")
