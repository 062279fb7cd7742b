"""Literals of a rule that pick single examples out, or that no known case meets."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.experiments.domain.gaming.cel_tree import Node
from services.experiments.domain.gaming.comparisons import Comparison, Pick, picks_of
from services.experiments.domain.gaming.lesson import Flag, Lesson, Severity, shown
from services.experiments.domain.gaming.reach import Reach
from services.experiments.domain.gaming.values import Values, folded

ENTRIES_MAX = 24
"""A longer list is a table, and belongs into context data."""
GROUPS_MIN = 2
WORDS_MAX = 6
FREE_LITERALS = 4
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2})?|\d{10,13}$")


@dataclass(frozen=True)
class Asked:
    """The rule that is looked at: its edit, its place and where its condition holds."""

    edit_index: int
    place: str
    reach: Reach
    values: Values

    def flag(
        self,
        kind: str,
        reason: str,
        clause: str,
        severity: Severity = "refuse",
        part: bool = False,
    ) -> Flag:
        text = f"{self.place}: `{shown(clause)}` {reason}"
        return Flag(self.edit_index, kind, severity, text, clause, part)


def literal_flags(asked: Asked, tests: Sequence[Comparison]) -> Iterator[Flag]:
    """One finding for each literal, and one for each test that reads an identifier."""
    for test in tests:
        named = sorted(path for path in test.node.paths() if asked.values.singles_out(path))
        if named:
            yield asked.flag(
                "literal",
                f"reads {named[0]}, whose values tell single examples apart: say what they have "
                "in common",
                test.text,
            )
            continue
        picks = picks_of(test)
        if len(picks) > ENTRIES_MAX:
            reason = f"lists {len(picks)} values: put a table into context data"
            yield asked.flag("literal", reason, test.text)
            continue
        for pick in picks:
            yield from _of_pick(asked, pick)
        yield from _of_texts(asked, test)
        yield from _of_days(asked, test)


def _of_pick(asked: Asked, pick: Pick) -> Iterator[Flag]:
    met = asked.reach.where(pick.asks)
    groups = {lesson.group for lesson in met}
    verb = "excepts" if pick.of.excludes else "picks"
    if not groups:
        yield asked.flag(
            "dormant",
            f"asks for {shown(pick.literal)}, which no known case has: nothing shows what it does; "
            "leave it out",
            pick.literal,
            part=True,
        )
    elif len(groups) < GROUPS_MIN:
        said = said_by_reviewer(pick.literal, met)
        yield asked.flag(
            "literal",
            f"{verb} one single case out, by {shown(pick.literal)}: "
            + ("a reviewer named it; look at that case" if said else "say what such cases share"),
            pick.literal,
            "flag" if said else "refuse",
        )


def said_by_reviewer(literal: str, met: Sequence[Lesson]) -> bool:
    """Whether a person's reason names what the literal says: then it was not picked to fit."""
    words = re.findall(r"[^\W_]{3,}", folded(literal.strip("\"'")))
    return bool(words) and any(
        all(word in folded(lesson.reason) for word in words) for lesson in met
    )


def _of_texts(asked: Asked, test: Comparison) -> Iterator[Flag]:
    """A list hidden in one text, a text put together of parts, an identifier within a text."""
    for node in test.node.walk():
        said = node.value if node.kind == "literal" and isinstance(node.value, str) else ""
        if len(said.split()) >= WORDS_MAX:
            reason = "asks for a whole text: say which of its words matter"
            yield asked.flag("literal", reason, test.text)
        if found := asked.values.identified_in(said):
            reason = f"names the example {shown(found)}: say what such cases share"
            yield asked.flag("literal", reason, test.text)
        if node.kind == "call" and node.method and node.parts[0].kind == "literal":
            reason = "looks a fact up in a text: write what is meant as a list"
            yield asked.flag("obscure", reason, test.text)
        if node.kind == "arithmetic" and node.name == "+" and _texts_only(node):
            yield asked.flag("obscure", "puts a text together: write it out", test.text)


def _texts_only(node: Node) -> bool:
    return any(isinstance(part.value, str) for part in node.walk() if part.kind == "literal")


def _of_days(asked: Asked, test: Comparison) -> Iterator[Flag]:
    """A date that no known case tells apart: the rule begins or ends by itself some day."""
    if test.node.kind != "relation" or test.node.name in ("==", "!=", "in"):
        return
    literals = [one for one in test.node.walk() if one.kind == "literal"]
    if not any(_DAY.search(str(one.value)) for one in literals if one.value is not None):
        return
    truths = set(asked.reach.truths(test.text))
    if len(truths) < 2:
        reason = "is the same for all known cases and turns round on a date: leave it out"
        yield asked.flag("date", reason, test.text)
