"""What edits do to the mined cases: whether they apply, and which answers they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pawl_sdk.bundle import Bundle, BundleError, RuleSet, apply_edits, compile_bundle

from libs.contracts.api import ExampleView

MEASURED = ("add_rule", "remove_rule")
"""Rules are all that the miner can try by itself; the acceptor replays everything."""


@dataclass
class EditCheck:
    """`fault` says why the edit cannot be applied; won and lost are cases it changes."""

    edit: dict[str, Any]
    fault: str = ""
    won: list[ExampleView] = field(default_factory=list)
    lost: list[ExampleView] = field(default_factory=list)
    neutral: list[ExampleView] = field(default_factory=list)

    @property
    def measured(self) -> bool:
        return not self.fault and self.edit.get("op") in MEASURED

    @property
    def gain(self) -> int:
        return len(self.won) - len(self.lost)

    @property
    def useful(self) -> bool:
        """Measured to help, or beyond measuring here."""
        return not self.fault and (self.gain > 0 or not self.measured)


def check_edits(
    agent: str,
    files: Mapping[str, str],
    edits: Sequence[dict[str, Any]],
    examples: Sequence[ExampleView],
    today: date,
) -> list[EditCheck]:
    """One check an edit, in order; an edit that cannot be applied is left out for those after."""
    base = compile_bundle(agent, files)
    checks: list[EditCheck] = []
    changed = dict(files)
    for edit in edits:
        check = EditCheck(edit)
        checks.append(check)
        try:
            after = apply_edits(changed, [edit])
            compile_bundle(agent, after)
        except BundleError as error:
            check.fault = str(error)
        else:
            changed = after
    _measure(base, compile_bundle(agent, changed), checks, examples, today)
    return checks


def _measure(
    base: Bundle,
    candidate: Bundle,
    checks: Sequence[EditCheck],
    examples: Sequence[ExampleView],
    today: date,
) -> None:
    if base.spec.task is None:
        return
    label = base.spec.task.label
    owners = {rule: check for check in checks if not check.fault for rule in _rules_of(check)}
    old, new = RuleSet(base.rules), RuleSet(candidate.rules)
    for example in sorted(examples, key=lambda one: one.example_key):
        before, after = old.evaluate(example.facts, today), new.evaluate(example.facts, today)
        said_before, said_after = before.answer.get(label), after.answer.get(label)
        owner = owners.get(after.fired or "") or owners.get(before.fired or "")
        if said_before == said_after or owner is None:
            continue
        wanted = example.expected
        changes = owner.won if said_after == wanted else owner.neutral
        (owner.lost if said_before == wanted else changes).append(example)


def _rules_of(check: EditCheck) -> list[str]:
    """The rule that an edit adds or removes."""
    if check.edit["op"] == "add_rule":
        return [str(check.edit["rule"]["id"])]
    return [str(check.edit["rule_id"])] if check.edit["op"] == "remove_rule" else []
