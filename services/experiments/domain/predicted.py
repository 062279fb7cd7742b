"""What rules alone make of a recorded run: no replay is needed to tell.

Rules read the facts of a run and go over its draft (`pawl_sdk.bundle.rules`), so where the draft is
recorded a change of rules can be tried on the record. It only chooses what is replayed: figures
that a person reads are of replays.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pawl_sdk.bundle import Bundle, RuleSet
from pydantic import JsonValue

from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replayed, Replays

RULE_EDITS = frozenset({"add_rule", "remove_rule"})


def only_rules(edits: Sequence[Mapping[str, JsonValue]]) -> bool:
    return all(edit.get("op") in RULE_EDITS for edit in edits)


def has_draft(case: Case, label: str) -> bool:
    """Whether the record says what the agent would answer by itself."""
    draft = case.facts.get("draft")
    return isinstance(draft, Mapping) and draft.get(label) is not None


def predicted(bundle: Bundle, cases: Sequence[Case], label: str, today: date) -> Replays:
    """By example key; for cases with a draft."""
    rules = RuleSet(bundle.rules)
    found = {}
    for case in cases:
        answer: JsonValue = rules.evaluate(case.facts, today).answer.get(label)
        found[case.example_key] = Replayed(output={label: answer})
    return found
