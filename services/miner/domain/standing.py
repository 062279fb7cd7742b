"""The config as it stands: what it answers to the mined cases, and which of its rules do harm."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pawl_sdk.bundle import Bundle, RuleSet

from libs.contracts.api import ExampleView
from services.miner.domain.checking import EditCheck, check_edits

HARM_MIN = 2
"""Cases that must get better without a rule before it is taken out: one may be a slip."""


def answers_of(bundle: Bundle, examples: Sequence[ExampleView], today: date) -> list[ExampleView]:
    """Examples with what the config would answer now.

    The last run of an example may be older than the last release. Where the facts hold no draft
    of the answer, what was answered then stays.
    """
    if bundle.spec.task is None:
        return list(examples)
    label, rules = bundle.spec.task.label, RuleSet(bundle.rules)
    found = []
    for example in examples:
        answer = rules.evaluate(example.facts, today).answer.get(label, example.answered)
        found.append(example.model_copy(update={"answered": answer}))
    return found


def harmful_rules(
    bundle: Bundle, files: Mapping[str, str], examples: Sequence[ExampleView], today: date
) -> list[EditCheck]:
    """Removals that put more mined cases right than wrong, the worst rule first."""
    removals: list[dict[str, Any]] = [
        {"op": "remove_rule", "rule_id": rule.id} for rule in bundle.rules
    ]
    checks = [
        check_edits(bundle.agent, files, [removal], examples, today)[0] for removal in removals
    ]
    harmful = [check for check in checks if check.gain >= HARM_MIN]
    return sorted(harmful, key=lambda check: (-check.gain, str(check.edit["rule_id"])))[:1]
