"""What a rule decides on the lessons: never, only for a few, or for everything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pawl_sdk.bundle import Rule

from services.experiments.domain.gaming.changes import Change
from services.experiments.domain.gaming.lesson import Flag, Lesson, shown
from services.experiments.domain.gaming.reach import Reach, RuleLists

GROUPS_MIN = 2
GROUPS_FIRM = 3
"""Fewer independent groups than this are told to the reviewer; fewer than two are too few."""
EVERYTHING_MIN = 10
RIGHT_SHARE = 0.9


@dataclass(frozen=True)
class Standing:
    """The lists of rules before and after, on the same lessons."""

    reach: Reach
    label: str
    before: Sequence[Rule]
    after: Sequence[Rule]

    def changed_by(self, rule: Rule) -> tuple[list[Lesson], list[Lesson]]:
        """The lessons that the rule decides, and of them those whose answer it changes.

        Changed is what comes out otherwise than from the config before, or than without the rule:
        an exception in front of a wider rule changes only the latter.
        """
        lists = RuleLists(self.reach, self.label)
        fired, now = lists.fired(self.after), lists.answers(self.after)
        was = lists.answers(self.before)
        without = lists.answers([one for one in self.after if one.id != rule.id])
        decided, changed = [], []
        for place, lesson in enumerate(self.reach.lessons):
            if fired[place] == rule.id:
                decided.append(lesson)
                if now[place] != was[place] or now[place] != without[place]:
                    changed.append(lesson)
        return decided, changed


def support_flags(change: Change, standing: Standing, names_said: bool) -> Iterator[Flag]:
    """For a rule that is added or changed. `names_said`: a reviewer named what it asks for.

    One changed answer is enough where the rule says what people wanted in other groups, too.
    """
    rule: Rule = change.new
    decided, changed = standing.changed_by(rule)
    groups = {lesson.group for lesson in changed}
    if not decided:
        yield _dormant(change, standing, rule)
    elif not groups:
        yield Flag(
            change.edit_index,
            "no_effect",
            "refuse",
            f"{change.place}: it decides {len(decided)} known cases and changes the answer of none:"
            " leave it out",
        )
    elif len(groups) < GROUPS_FIRM:
        then = rule.then.get(standing.label)
        agree = {lesson.group for lesson in decided if lesson.expected == then}
        thin = len(groups) < GROUPS_MIN and len(agree) < GROUPS_FIRM and not names_said
        yield Flag(
            change.edit_index,
            "few_groups",
            "refuse" if thin else "flag",
            f"{change.place}: it changes the answer in only {len(groups)} independent "
            f"{'case' if len(groups) == 1 else 'cases'} (of {shown(changed[0].group)}"
            f"{' …' if len(groups) > 1 else ''}): "
            + ("wait for another one like it" if thin else "look at them before you approve"),
        )
    yield from _everything(change, standing)


def _dormant(change: Change, standing: Standing, rule: Rule) -> Flag:
    why = (
        "rules before it decide all cases that it is true of"
        if any(standing.reach.truths(rule.when))
        else "it is true of no known case, so that nothing shows what it would do"
    )
    return Flag(
        change.edit_index, "dormant", "refuse", f"{change.place}: {why}: leave it out", rule.when
    )


def _everything(change: Change, standing: Standing) -> Iterator[Flag]:
    held = standing.reach.where(change.new.when)
    if len(held) < EVERYTHING_MIN or len(held) < len(standing.reach.lessons):
        return
    then: Any = change.new.then.get(standing.label)
    right = sum(lesson.expected == then for lesson in held) / len(held)
    yield Flag(
        change.edit_index,
        "catch_all",
        "flag" if right >= RIGHT_SHARE else "refuse",
        f"{change.place}: `{shown(change.new.when)}` is true of all {len(held)} known cases, and "
        f"people wanted {shown(then)} in {right:.0%} of them: say when it applies",
    )


def removal_flags(change: Change, reach: Reach, label: str, before: Sequence[Rule]) -> list[Flag]:
    """A rule that no known case reached may be the one that guards against the next."""
    if change.old.id in RuleLists(reach, label).fired(before):
        return []
    reason = (
        f"{change.place}: it goes, yet it decides no known case, so that nothing shows that it is "
        "not needed: keep it, or have a person take it out"
    )
    return [Flag(change.edit_index, "dormant", "refuse", reason)]
