"""Cases as the learner needs them: what the config would answer without what was learned before.

The learner always learns the whole list anew, from every review. So its cases carry the answers of
the config less its learned rules: those can be told from a recorded run, since rules go over the
draft that stands in its facts.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from pawl_sdk.bundle import Bundle, Rule, RuleSet
from pydantic import JsonValue

from libs.contracts.api import ExampleView
from libs.facts import flatten, to_cel
from libs.learning.case import Case
from libs.learning.learn import LearnedRule

_LEARNED = re.compile(r"r-[0-9a-f]{10}x*")


def is_learned(rule_id: str) -> bool:
    """Whether the learner made this rule; people and models name theirs otherwise."""
    return _LEARNED.fullmatch(rule_id) is not None


def rule_id(rule: LearnedRule) -> str:
    """From what the rule says: the same rule has the same id in every run."""
    said = [[one.fact, one.op, one.value, one.of_list] for one in rule.conditions]
    text = json.dumps([said, rule.answer], sort_keys=True)
    return "r-" + hashlib.sha256(text.encode()).hexdigest()[:10]


def says(rule: LearnedRule, label: str, labels: Mapping[str, JsonValue]) -> tuple[str, str]:
    """`when` and `then` as text: two rules that say the same are equal."""
    then = {label: labels.get(rule.answer, rule.answer)}
    return to_cel(rule.conditions, rule.optional), json.dumps(then, sort_keys=True)


def labels_of(examples: Iterable[ExampleView]) -> dict[str, JsonValue]:
    """Each label under its text, as the learner knows it."""
    return {str(one.expected): one.expected for one in examples if one.expected is not None}


def cases_of(
    rules: Sequence[Rule], label: str, examples: Iterable[ExampleView], today: date
) -> list[Case]:
    """In the order of the log; of an example that was reviewed again only the last word counts.

    `rules` are those of the config that stay whatever is learned.
    """
    last = {one.example_key: one for one in examples if one.expected is not None}
    ordered = sorted(last.values(), key=lambda one: one.position)
    compiled = RuleSet(rules)
    return [_case(one, compiled, label, today) for one in ordered]


def kept_rules(bundle: Bundle) -> list[Rule]:
    """Those that the learner did not make."""
    return [rule for rule in bundle.rules if not is_learned(rule.id)]


def has_draft(example: ExampleView, label: str) -> bool:
    """Whether the run says what the agent would answer by itself."""
    draft = example.facts.get("draft")
    return isinstance(draft, Mapping) and draft.get(label) is not None


def _case(example: ExampleView, rules: RuleSet, label: str, today: date) -> Case:
    said: JsonValue = example.answered
    outcome = rules.evaluate(example.facts, today)
    if has_draft(example, label) or outcome.fired is not None:
        said = outcome.answer.get(label)
    return Case(
        key=example.example_key,
        trace_id=example.trace_id,
        facts=flatten(example.facts),
        inputs=example.input if isinstance(example.input, Mapping) else {},
        answered="" if said is None else str(said),
        expected=str(example.expected),
        precedent=example.precedent,
        reason=example.reason,
    )
