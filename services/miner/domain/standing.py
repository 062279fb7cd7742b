"""Rules of people and models that do harm: what was learned is learned anew in every run."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pawl_sdk.bundle import Bundle

from libs.contracts.api import ExampleView
from libs.learning.standing import kept_rules
from services.miner.domain.checking import EditCheck, check_edits

HARM_MIN = 2
"""Cases that must get better without a rule before it is taken out: one may be a slip."""


def harmful_rules(
    bundle: Bundle, files: Mapping[str, str], examples: Sequence[ExampleView], today: date
) -> list[EditCheck]:
    """The removal that puts most reviewed cases right, if any puts more right than wrong."""
    removals: list[dict[str, Any]] = [
        {"op": "remove_rule", "rule_id": rule.id} for rule in kept_rules(bundle)
    ]
    checks = [
        check_edits(bundle.agent, files, [removal], examples, today)[0] for removal in removals
    ]
    harmful = [check for check in checks if check.gain >= HARM_MIN]
    return sorted(harmful, key=lambda check: (-check.gain, str(check.edit["rule_id"])))[:1]
