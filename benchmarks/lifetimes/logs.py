"""Small logs of a reviewer's decisions: by hidden rules, by rules that turn round, or at random."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.acceptance import Played, PlayTerms, play
from libs.facts import flatten
from libs.learning import Case

VENDORS = ("Acme", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Gale", "Heron")
TEAMS = ("Design", "Legal", "Platform", "Support")
AMOUNTS = (500, 1200, 2500, 4800, 7000, 9000, 15000, 30000)
ANSWERS = ("approve", "reject", "flag")
AGENT = "flag"


def _request(chance: random.Random) -> dict[str, Any]:
    return {
        "vendor": chance.choice(VENDORS),
        "team": chance.choice(TEAMS),
        "amount": chance.choice(AMOUNTS),
        "urgency": chance.choice(("routine", "urgent")),
    }


@dataclass(frozen=True)
class Reviewer:
    """Four rules; two of them turn round when `turned`: one to what the agent says anyway, so
    that the old rule does harm, and one to the opposite."""

    vendors: tuple[str, str]
    team: str
    amount: int

    @classmethod
    def drawn(cls, chance: random.Random) -> "Reviewer":
        first, second = chance.sample(VENDORS, 2)
        return cls((first, second), chance.choice(TEAMS), chance.choice(AMOUNTS[1:3]))

    def decides(self, request: dict[str, Any], turned: bool) -> str:
        """The first rule that speaks; else as the agent says."""
        if request["vendor"] in self.vendors:
            return AGENT if turned else "reject"
        if request["team"] == self.team:
            return "reject" if turned else "approve"
        if request["amount"] < self.amount:
            return "approve"
        if request["urgency"] == "urgent" and request["amount"] >= 15000:
            return "reject"
        return AGENT


def log_by_rules(seed: int, rows: int, turns_at: int | None, flips: float = 0.03) -> list[Case]:
    """Rows by one reviewer, some of them by mistake; two rules turn round at a row."""
    chance = random.Random(seed)
    reviewer = Reviewer.drawn(chance)
    cases = []
    for number in range(rows):
        request = _request(chance)
        turned = turns_at is not None and number >= turns_at
        expected = reviewer.decides(request, turned)
        if chance.random() < flips:
            expected = chance.choice(ANSWERS)
        cases.append(_case(number, request, expected))
    return cases


def log_at_random(seed: int, rows: int) -> list[Case]:
    """Corrections that follow nothing: some share of the rows, each to any other answer."""
    chance = random.Random(seed)
    share = chance.uniform(0.05, 0.5)
    cases = []
    for number in range(rows):
        corrected = chance.random() < share
        expected = chance.choice(("approve", "reject")) if corrected else AGENT
        cases.append(_case(number, _request(chance), expected))
    return cases


def _case(number: int, request: dict[str, Any], expected: str) -> Case:
    return Case(
        key=f"q{number:05d}",
        trace_id="",
        facts=flatten({"request": request}),
        inputs=request,
        answered=AGENT,
        expected=expected,
        precedent=None,
        reason="",
    )


@dataclass(frozen=True)
class Turned:
    """A log whose reviewer turned round: agreement right after, and from 200 reviews after on."""

    recorded_late: float
    served_before: float
    served_soon: float
    served_late: float
    replaced: bool
    """A later promotion took rules out."""


def play_turned(seed: int, turns_at: int = 300, after: int = 350) -> Turned:
    """Play one; `late` is what comes after 200 reviews under the new habits."""
    played = play(log_by_rules(seed, turns_at + after, turns_at), PlayTerms())
    late = slice(turns_at + 200, None)
    later = [one for one in played.promotions if one.after > turns_at]
    return Turned(
        recorded_late=_share(played.recorded[late]),
        served_before=_share(played.served[turns_at - 100 : turns_at]),
        served_soon=_share(played.served[turns_at : turns_at + 50]),
        served_late=_share(played.served[late]),
        replaced=any(one.removed for one in later),
    )


def play_random(seed: int, rows: int = 150) -> Played:
    """Play a log in which nothing can be learned."""
    return play(log_at_random(seed, rows), PlayTerms())


def _share(rights: Sequence[bool]) -> float:
    return sum(rights) / len(rights)
