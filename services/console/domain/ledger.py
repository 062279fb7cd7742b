"""Tests of an agent's life as lines of a table, and how near an open one is to its bar."""

import math
from dataclasses import dataclass

from libs.contracts.api import LedgerEntry, LedgerView
from libs.contracts.events import EvidenceResult


@dataclass(frozen=True)
class TestLine:
    """`near` is 0 before the first review that counts and 1 at the bar."""

    __test__ = False  # no class of tests, whatever its name

    entry: LedgerEntry
    near: float

    @property
    def is_open(self) -> bool:
        return self.entry.outcome == "open"


def test_lines(ledger: LedgerView | None) -> tuple[TestLine, ...]:
    """Newest first."""
    entries = ledger.entries if ledger else ()
    ordered = sorted(entries, key=lambda one: -one.test_number)
    return tuple(TestLine(one, nearness(one.evidence)) for one in ordered)


def nearness(evidence: EvidenceResult | None) -> float:
    """Share of the way in the logarithm: each review multiplies what was found."""
    if evidence is None or not 0 < evidence.level < 1:
        return 0.0
    found = evidence.e_value
    if found is None and evidence.p_value:
        found = 1 / evidence.p_value
    if not found or found <= 1:
        return 0.0
    return min(1.0, math.log(found) / -math.log(evidence.level))
