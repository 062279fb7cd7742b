"""The smallest diff: no edit is kept whose removal would lose nothing (1-minimality).

Source of the notion: Zeller and Hildebrandt, IEEE Trans. Softw. Eng. 28:183 (2002).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from libs.contracts.events import HunkResult

Subset = tuple[int, ...]
"""Indices into the proposal's edits, ascending."""


@dataclass(frozen=True)
class Tally:
    """Wins and losses against the baseline on mine and select."""

    wins: int
    losses: int

    @property
    def gain(self) -> int:
        return self.wins - self.losses


Measure = Callable[[Subset], Awaitable[Tally | None]]
"""The tally of a candidate with only these edits; None when they do not fit together."""


@dataclass(frozen=True)
class Minimal:
    kept: Subset
    tally: Tally
    hunks: tuple[HunkResult, ...]
    """One for every edit of the proposal, in its order."""


async def minimise(edit_count: int, full: Tally, measure: Measure) -> Minimal:
    """Drop edits, later ones first, until leaving out any single kept one loses gain.

    Later first: a proposal lists its strongest edits first. The gain never falls on the way.
    """
    kept, tally = tuple(range(edit_count)), full
    hunks: dict[int, HunkResult] = {}
    settled: set[int] = set()  # tried against the present `kept` and found needed
    while pending := [edit for edit in kept if edit not in settled]:
        edit = pending[-1]
        rest = tuple(other for other in kept if other != edit)
        without = Tally(0, 0) if not rest else await measure(rest)
        hunks[edit] = _hunk(edit, tally, without)
        if without is None or hunks[edit].needed:
            settled.add(edit)
        else:
            kept, tally, settled = rest, without, set()
    return Minimal(kept, tally, tuple(hunks[edit] for edit in range(edit_count)))


def _hunk(edit: int, tally: Tally, without: Tally | None) -> HunkResult:
    if without is None:  # other edits stand on this one: without it there is no candidate
        return HunkResult(
            edit_index=edit, wins_lost=tally.wins, losses_avoided=tally.losses, needed=True
        )
    return HunkResult(
        edit_index=edit,
        wins_lost=tally.wins - without.wins,
        losses_avoided=tally.losses - without.losses,
        needed=without.gain < tally.gain,
    )
