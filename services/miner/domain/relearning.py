"""From the learned list to edits: what of the config's learned rules goes, stays and comes."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from pawl_sdk.bundle import Bundle
from pydantic import JsonValue

from libs.facts import in_words, to_cel
from libs.learning import LearnedRule
from libs.learning.standing import is_learned, rule_id

ADDED = "added"


def words_of_rule(rule: LearnedRule) -> str:
    """In plain words, for a reviewer."""
    return f"Answer {rule.answer} when " + in_words(rule.conditions)


def edits_to(
    bundle: Bundle,
    rules: Sequence[LearnedRule],
    labels: Mapping[str, JsonValue],
    today: str,
    *,
    anew: bool = True,
) -> list[dict[str, Any]]:
    """Edits that make these the config's learned rules, in this order, before all others.

    Not `anew`: in front of those that are there.

    A rule that says the same stays where it stands. Each new one is placed by a rule that stays,
    so that leaving out any one edit leaves the others valid.
    """
    assert bundle.spec.task is not None
    label = bundle.spec.task.label
    old = [rule.id for rule in bundle.rules if is_learned(rule.id)]
    new = [rule_id(rule) for rule in rules] + ([] if anew else old)
    staying = _staying(old, new)
    others = [rule.id for rule in bundle.rules if not is_learned(rule.id)]
    removed = [{"op": "remove_rule", "rule_id": one} for one in old if one not in staying]
    added = []
    for index, (name, rule) in enumerate(zip(new, rules, strict=False)):
        if name in staying:
            continue
        behind = [one for one in new[index + 1 :] if one in staying] + others[:1]
        added.append(
            {
                "op": "add_rule",
                "rule": _rule(name, rule, label, labels, today),
                "before": behind[0] if behind else None,
            }
        )
    return [*removed, *added]


def _staying(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The longest run of rules that keep their order."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return {
        old[block.a + offset]
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }


def _rule(
    name: str, rule: LearnedRule, label: str, labels: Mapping[str, JsonValue], today: str
) -> dict[str, Any]:
    return {
        "id": name,
        "when": to_cel(rule.conditions, rule.optional),
        "then": {label: labels.get(rule.answer, rule.answer)},
        "because": words_of_rule(rule),
        "evidence": [],
        ADDED: today,
        "expires": None,
    }
