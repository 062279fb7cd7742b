"""Every check of one rule that an edit adds, changes or takes out."""

from collections.abc import Iterator
from datetime import date

from pawl_sdk.bundle import Rule

from services.experiments.domain.gaming.cel_tokens import Unreadable
from services.experiments.domain.gaming.cel_tree import Node, parse
from services.experiments.domain.gaming.changes import Change
from services.experiments.domain.gaming.comparisons import Comparison, comparisons, picks_of
from services.experiments.domain.gaming.lesson import Flag, shown
from services.experiments.domain.gaming.normal import normal
from services.experiments.domain.gaming.rule_form import form_flags, range_flags
from services.experiments.domain.gaming.rule_literals import (
    FREE_LITERALS,
    Asked,
    literal_flags,
    said_by_reviewer,
)
from services.experiments.domain.gaming.rule_support import (
    GROUPS_MIN,
    Standing,
    removal_flags,
    support_flags,
)
from services.experiments.domain.gaming.values import Values


def rule_flags(
    change: Change, standing: Standing, values: Values, today: date | None
) -> Iterator[Flag]:
    """Findings about a rule; `standing` holds the lists before and after all edits."""
    if change.new is None:
        yield from removal_flags(change, standing.reach, standing.label, standing.before)
        return
    rule: Rule = change.new
    asked = Asked(change.edit_index, change.place, standing.reach, values)
    yield from _days(asked, rule, today)
    yield from _then(asked, rule, standing.label)
    if change.old is not None and change.old.when == rule.when and change.old.then == rule.then:
        return
    try:
        plain = normal(rule.when)
        tests = comparisons(plain)
    except Unreadable as error:
        reason = f"cannot be read ({error}): write it plainly"
        yield asked.flag("obscure", reason, rule.when)
        return
    if not any(test.node.paths() for test in tests):
        yield asked.flag("catch_all", "asks for no fact: say when it applies", rule.when)
        return
    yield from form_flags(asked, tests)
    yield from range_flags(asked, parse(plain), plain)
    yield from literal_flags(asked, tests)
    yield from _clauses(asked, plain)
    yield from _too_many(asked, rule, tests, standing)
    yield from support_flags(change, standing, _named(asked, tests))


def _named(asked: Asked, tests: list[Comparison]) -> bool:
    picks = [pick for test in tests for pick in picks_of(test)]
    return any(said_by_reviewer(one.literal, asked.reach.where(one.asks)) for one in picks)


def _clauses(asked: Asked, plain: str) -> Iterator[Flag]:
    """Each side of an `||` must earn its place: the rule with that side alone, on the lessons."""
    for node in parse(plain).walk():
        if node.kind != "or" or _inside_macro(node, plain):
            continue
        for part in node.parts:
            alone = plain[: node.start] + f"({part.text(plain)})" + plain[node.end :]
            groups = asked.reach.groups(alone)
            clause = part.text(plain)
            if not groups:
                reason = "is true of no known case there: nothing shows what it does; leave it out"
                yield asked.flag("dormant", reason, clause, part=True)
            elif len(groups) < GROUPS_MIN:
                reason = "covers one single case: say what such cases share"
                yield asked.flag("literal", reason, clause)


def _inside_macro(node: Node, plain: str) -> bool:
    tests = comparisons(plain)
    return any(one.base < node.start and node.end <= one.base + len(one.text) for one in tests)


def _too_many(
    asked: Asked, rule: Rule, tests: list[Comparison], standing: Standing
) -> Iterator[Flag]:
    """A rule that says more values than it changes answers for is a list of examples."""
    literals = sum(1 for test in tests for node in test.node.walk() if _counts(node))
    _, changed = standing.changed_by(rule)
    groups = len({lesson.group for lesson in changed})
    if literals > FREE_LITERALS and 2 * literals > groups > 0:
        reason = (
            f"says {literals} values to change {groups} independent cases: a rule has to be "
            "shorter than the list of its cases"
        )
        yield asked.flag("literal", reason, rule.when)


def _counts(node: Node) -> bool:
    return node.kind == "literal" and not isinstance(node.value, bool) and node.value is not None


def _days(asked: Asked, rule: Rule, today: date | None) -> Iterator[Flag]:
    if today is not None and rule.added > today:
        reason = f"{asked.place}: added on {rule.added}, which is yet to come: write the real day"
        yield Flag(asked.edit_index, "date", "refuse", reason)
    if rule.expires is None:
        return
    over = today is not None and rule.expires < today
    reason = f"{asked.place}: it ends on {rule.expires}" + (
        ", which is past: leave it out" if over else "; what is measured now is not served then"
    )
    yield Flag(asked.edit_index, "date", "refuse" if over else "flag", reason)


def _then(asked: Asked, rule: Rule, label: str) -> Iterator[Flag]:
    others = sorted(set(rule.then) - {label})
    if label not in rule.then or others:
        reason = (
            f"{asked.place}: it also writes {shown(', '.join(others))} of the answer, which nobody "
            "judges"
            if others
            else f"{asked.place}: it does not write {label}, which is what people judge"
        )
        severity = "flag" if label in rule.then else "refuse"
        yield Flag(
            asked.edit_index, "unjudged", "refuse" if severity == "refuse" else "flag", reason
        )
