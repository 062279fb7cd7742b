"""The decision list in the system prompt, as the deterministic reasoner reads it.

A model reads the whole prompt. Without one, the lines `<situation>: <decision>` are read in their
order, and the first whose situation holds decides: a changed line changes the answers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Situation:
    """`named` finds it in a line of the prompt, `holds` in the results of the tools."""

    basis: str
    named: re.Pattern[str]
    holds: Callable[[Results], bool]
    says: str


def _situation(basis: str, named: str, tool: str, field: str, wanted: Any, says: str) -> Situation:
    return Situation(basis, re.compile(named), lambda r: r[tool].get(field) == wanted, says)


SITUATIONS: tuple[Situation, ...] = (
    _situation(
        "suspended-vendor",
        r"suspended",
        "lookup_vendor",
        "status",
        "suspended",
        "the vendor is suspended",
    ),
    _situation(
        "unlisted-vendor",
        r"not (?:on the (?:vendor )?list|listed)|unlisted",
        "lookup_vendor",
        "listed",
        False,
        "the vendor is not on the list",
    ),
    _situation(
        "over-budget",
        r"budget",
        "check_budget",
        "over_budget",
        True,
        "it does not fit what is left of the department's budget",
    ),
    _situation(
        "emergency",
        r"emergency",
        "check_policy",
        "emergency_bypass",
        True,
        "emergency purchases are reviewed afterwards",
    ),
    _situation(
        "other-vendor-preferred",
        r"another vendor|other vendor|existing vendor",
        "lookup_vendor",
        "has_preferred_rival",
        True,
        "another vendor is preferred in this category",
    ),
    _situation(
        "vp-tier",
        r"\bvp\b|vice president",
        "check_policy",
        "tier",
        "vp",
        "the amount needs a VP's approval",
    ),
    _situation(
        "manager-tier",
        r"manager",
        "check_policy",
        "tier",
        "manager",
        "the amount needs a manager's approval",
    ),
    Situation(
        "within-policy",
        re.compile(r"anything else|otherwise|else"),
        lambda _: True,
        "it is within policy",
    ),
)

_LINE = re.compile(r"^\s*(?:\d+[.)]|[-*])\s*(.+?):\s*(approve|reject|flag-for-review)\b", re.M)
NOTHING_SAID = Situation("no-guidance", re.compile(""), lambda _: True, "the prompt does not say")


@lru_cache(maxsize=64)
def decision_list(prompt: str) -> tuple[tuple[Situation, str], ...]:
    """Situations and their decisions in the prompt's order; what is not understood is left out."""
    found = []
    for words, decision in _LINE.findall(prompt):
        named = [one for one in SITUATIONS if one.named.search(words.lower())]
        if named:
            found.append((named[0], decision))
    return tuple(found)


def first_that_holds(prompt: str, results: Results) -> tuple[Situation, str]:
    """What decides this request; where the prompt says nothing a person has to look."""
    for situation, decision in decision_list(prompt):
        if situation.holds(results):
            return situation, decision
    return NOTHING_SAID, "flag-for-review"
