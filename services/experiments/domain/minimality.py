"""The smallest diff: nothing is kept whose removal would lose nothing (1-minimality).

Source of the notion and of the search by halves: Zeller and Hildebrandt, IEEE Trans. Softw. Eng.
28:183 (2002). Of what gains the same the shorter is preferred (minimum description length:
Rissanen, Automatica 14:465, 1978).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from libs.contracts.events import HunkResult

Subset = tuple[int, ...]
"""Indices of units (edits, or atoms of edits), ascending."""
MEASURES_MAX = 120
"""Each measure may be a replay of all lessons."""
_HALVES_FROM = 6


@dataclass(frozen=True)
class Tally:
    """Wins and losses against the incumbent on the lessons."""

    wins: int
    losses: int

    @property
    def gain(self) -> int:
        return self.wins - self.losses


Measure = Callable[[Subset], Awaitable[Tally | None]]
"""The tally of a candidate with only these units; None when they do not fit together."""


@dataclass(frozen=True)
class Unit:
    """What can be left out. `cost` is its description length; see `Atom` for `broadens`."""

    cost: int = 1
    broadens: bool = False


@dataclass(frozen=True)
class Minimal:
    """`dormant` are units whose removal changed nothing at all: no lesson shows what they do.

    `complete` is false when the measures ran out: what is kept then holds its gain, and may hold
    more than is needed.
    """

    kept: Subset
    tally: Tally
    hunks: tuple[HunkResult, ...]
    """One for every unit, in their order."""
    dormant: Subset = ()
    measures: int = 0
    complete: bool = True


async def minimise(
    edit_count: int,
    full: Tally,
    measure: Measure,
    units: Sequence[Unit] = (),
    measures_max: int = MEASURES_MAX,
) -> Minimal:
    """Drop units until leaving out any single kept one loses gain.

    Blocks by halves first, when there are many; then one by one, the longer first and of equals
    the later: a proposal lists its strongest first. The gain never falls on the way. A unit whose
    removal makes a rule reach further goes only when that makes no lesson worse.
    """
    known = tuple(units) or (Unit(),) * edit_count
    if len(known) != edit_count:
        raise ValueError(f"expected {edit_count} units, came {len(known)}")
    search = _Search(known, full, measure, measures_max)
    if edit_count >= _HALVES_FROM:
        await search.by_halves(search.kept)
    await search.one_by_one()
    return search.found()


class _Search:
    def __init__(
        self, units: Sequence[Unit], full: Tally, measure: Measure, measures_max: int
    ) -> None:
        self._units, self._measure, self._left = units, measure, measures_max
        self._max = measures_max
        self.kept: Subset = tuple(range(len(units)))
        self._tally = full
        self._hunks: dict[int, HunkResult] = {}
        self._known: dict[Subset, Tally | None] = {self.kept: full, (): Tally(0, 0)}
        self._dormant: set[int] = set()
        self._complete = True

    def found(self) -> Minimal:
        whole = range(len(self._units))
        hunks = tuple(self._hunks.get(unit) or self._unmeasured(unit) for unit in whole)
        return Minimal(
            self.kept,
            self._tally,
            hunks,
            tuple(sorted(self._dormant)),
            self._max - self._left,
            self._complete,
        )

    def _unmeasured(self, unit: int) -> HunkResult:
        return HunkResult(edit_index=unit, wins_lost=0, losses_avoided=0, needed=unit in self.kept)

    async def by_halves(self, block: Subset) -> None:
        """Try to leave out each half, and what cannot go by its own halves; a third of the
        measures at most. What is needed in most places is cheaper to try one by one."""
        blocks = [half for half in _halves(block) if len(half) > 1]
        while blocks and self._max - self._left < self._max // 3:
            tried = blocks.pop()
            rest = tuple(unit for unit in self.kept if unit not in tried)
            without = await self._measured(rest) if rest else None
            if without is not None and self._may_go(tried, without):
                self._drop(tried, rest, without)
            else:
                blocks += [half for half in _halves(tried) if len(half) > 1]

    def _drop(self, units: Subset, rest: Subset, without: Tally) -> None:
        if without == self._tally:
            self._dormant.update(units)
        for unit in units:
            self._hunks[unit] = HunkResult(
                edit_index=unit, wins_lost=0, losses_avoided=0, needed=False
            )
        self.kept, self._tally = rest, without

    async def one_by_one(self) -> None:
        settled: set[int] = set()  # tried against the present `kept` and found needed
        while pending := [unit for unit in self.kept if unit not in settled]:
            unit = max(pending, key=lambda one: (self._units[one].cost, one))
            rest = tuple(other for other in self.kept if other != unit)
            if self._left <= 0 and rest not in self._known:
                self._complete = False
                settled.add(unit)
                continue
            without = await self._measured(rest)
            goes = without is not None and self._may_go((unit,), without)
            self._hunks[unit] = _hunk(unit, self._tally, without, goes)
            if without is None or not goes:
                settled.add(unit)
                continue
            if without == self._tally:
                self._dormant.add(unit)
            self.kept, self._tally, settled = rest, without, set()

    def _may_go(self, units: Subset, without: Tally) -> bool:
        widens = any(self._units[unit].broadens for unit in units)
        worse = widens and without.losses > self._tally.losses
        return without.gain >= self._tally.gain and not worse

    async def _measured(self, subset: Subset) -> Tally | None:
        if subset not in self._known:
            self._left -= 1
            self._known[subset] = await self._measure(subset)
        return self._known[subset]


def _halves(block: Subset) -> tuple[Subset, Subset]:
    """The first half last, so that a stack takes it after the other."""
    middle = (len(block) + 1) // 2
    return block[:middle], block[middle:]


def _hunk(unit: int, tally: Tally, without: Tally | None, goes: bool) -> HunkResult:
    if without is None:  # others stand on this one: without it there is no candidate
        return HunkResult(
            edit_index=unit, wins_lost=tally.wins, losses_avoided=tally.losses, needed=True
        )
    return HunkResult(
        edit_index=unit,
        wins_lost=tally.wins - without.wins,
        losses_avoided=tally.losses - without.losses,
        needed=not goes,
    )


def of_edits(minimal: Minimal, origins: Sequence[int], edit_count: int) -> tuple[HunkResult, ...]:
    """Reports by atoms as reports by edits: `origins` says of each atom which edit it is part of.

    An edit is needed when one of its atoms is; its figures are those of the atom that counts most.
    """
    found = []
    for edit in range(edit_count):
        mine = [hunk for hunk, origin in zip(minimal.hunks, origins, strict=True) if origin == edit]
        kept = [hunk for hunk in mine if hunk.needed]
        most = max(kept or mine, key=lambda hunk: hunk.wins_lost - hunk.losses_avoided)
        found.append(most.model_copy(update={"edit_index": edit, "needed": bool(kept)}))
    return tuple(found)
