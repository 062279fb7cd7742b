"""From the model's ideas to edits. Ids, dates, paths and evidence are not the model's to choose."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from services.miner.adapters.claude.answers import (
    AddRule,
    Idea,
    Ideas,
    RemoveRule,
    ReplaceText,
    SetContext,
)


def edits_of(ideas: Ideas, label: str, known: Sequence[str], today: date) -> list[dict[str, Any]]:
    """Edits of the agent's own folder: the types of ideas can name no other place.

    A rule goes before the one it names, else before all earlier rules, which it was seen to miss.
    """
    return [_edit(idea, label, known, today) for idea in ideas.edits]


def _edit(idea: Idea, label: str, known: Sequence[str], today: date) -> dict[str, Any]:
    if isinstance(idea, AddRule):
        before = idea.before if idea.before in known else (known[0] if known else None)
        return {"op": "add_rule", "rule": _rule(idea, label, today), "before": before}
    if isinstance(idea, RemoveRule):
        return {"op": "remove_rule", "rule_id": idea.rule_id}
    if isinstance(idea, SetContext):
        return idea.model_dump()
    if isinstance(idea, ReplaceText):
        path = f"prompts/{idea.prompt}.md"
        return {
            "op": "replace_text",
            "path": path,
            "before": idea.before,
            "after": idea.after,
        }
    return {"op": "set_parameter", "path": f"parameters.{idea.name}", "value": idea.value}


def _rule(idea: AddRule, label: str, today: date) -> dict[str, Any]:
    text = json.dumps([idea.when, idea.answer])
    return {
        "id": "c-" + hashlib.sha256(text.encode()).hexdigest()[:10],
        "when": idea.when,
        "then": {label: idea.answer},
        "because": idea.because,
        "evidence": [],
        "added": today.isoformat(),
        "expires": None,
    }


def words_of_edit(edit: dict[str, Any]) -> str:
    """In plain words, for a reviewer."""
    match edit["op"]:
        case "add_rule":
            return str(edit["rule"]["because"])
        case "remove_rule":
            return f"Take out the rule {edit['rule_id']}"
        case "set_context":
            return f"Say of {edit['key']} in context/{edit['name']}: {json.dumps(edit['value'])}"
        case "replace_text":
            return f"Other words in {edit['path']}"
        case _:
            return f"Set {edit['path']} to {json.dumps(edit['value'])}"
